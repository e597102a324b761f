"""What the step that invalidates config.json in CloudFront sends, and which steps count as written."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.stub import Stubber

from standby.deployment.sessions import EmulatorSession
from standby.operations.execution.run import PlanRun
from standby.operations.execution.switch_steps import SwitchSteps, _has_written
from standby.operations.facts.journal import Event, StepTaken, new_event
from standby.operations.plans.plan import Plan
from tests.standby.helpers import EAST, MANIFEST, NOON, WEST

EVENT = new_event(generation=4, command="failover", actor="a", reason="", source=WEST, target=EAST, now=NOON)


@pytest.mark.parametrize(
    "event,reference", [(EVENT, EVENT.id), (None, "20261124T120000000000")], ids=["an event", "no event"]
)
def test_one_path_is_invalidated_once_for_each_event(event: Event | None, reference: str) -> None:
    client = EmulatorSession(region=EAST, endpoint="http://127.0.0.1:9").client("cloudfront")
    clients: Any = SimpleNamespace(cloudfront=lambda: client, clock=SimpleNamespace(now=lambda: NOON))
    connection: Any = SimpleNamespace(clients=clients)
    run = PlanRun(plan=Plan(command="failover", summary=""), event=event)
    with Stubber(client) as stubber:
        stubber.add_response(
            "create_invalidation",
            {},
            {
                "DistributionId": MANIFEST.site.distribution_id,
                "InvalidationBatch": {
                    "Paths": {"Quantity": 1, "Items": ["/config.json"]},
                    "CallerReference": reference,
                },
            },
        )
        assert SwitchSteps(connection, MANIFEST).invalidate(run) == ""
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    "step,result,detail,written",
    [
        ("Write config.json in us-east-1", "done", "generation 4", True),
        ("Bring config.json to generation 4 in us-east-1", "done", "generation 4", True),
        ("Write config.json in us-east-1", "done", "pending: us-east-1 answers AccessDenied", False),
        ("Write config.json in us-east-1", "failed", "generation 4", False),
        ("Write the intent into the journal in us-east-1", "done", "", False),
    ],
)
def test_only_a_done_write_of_config_json_has_changed_something(
    step: str, result: str, detail: str, *, written: bool
) -> None:
    run = PlanRun(plan=Plan(command="failover", summary=""), event=None)
    assert not _has_written(run)
    run.steps.append(StepTaken(step=step, result=result, detail=detail))
    assert _has_written(run) == written
