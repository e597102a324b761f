import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import create_autospec

import boto3
import pytest
from botocore.exceptions import ClientError

from controller import readiness, vantage
from controller import round as controller_round
from controller.checkers import see_from_the_checkers
from controller.clients import Clients
from controller.move import move_users
from controller.objects import read_buckets
from controller.round import Controller
from controller.settings import Settings
from controller.state import parse_looks, render_state
from shared.environment import Environment
from shared.logs import Log
from standby.deployment.routing_config import parse_config
from standby.operations.facts.journal import Event, parse_event
from standby_protocol.automatic import DRILL_KEY, SWITCH_KEY, Decision, Look
from standby_protocol.journal import PREFIX
from tests.lambdas.helpers import EmulatedRegion

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
PRIMARY, FAILOVER = "frontend-primary", "frontend-failover"
CHECK = "01234567-89ab-cdef-0123-456789abcdef"
PARAMETER = "/warm-standby/test/automatic"
APIS = {"primary": "https://primary.example.com/prod/", "failover": "https://failover.example.com/prod/"}
FIRST = {"apiUrl": APIS["primary"], "region": "us-east-1", "role": "primary", "generation": 1, "updatedAt": "2026"}


def put(bucket: str, key: str, document: object) -> None:
    boto3.client("s3", region_name="us-west-2").put_object(Bucket=bucket, Key=key, Body=json.dumps(document).encode())


def read(bucket: str, key: str = "config.json") -> str:
    return boto3.client("s3", region_name="us-west-2").get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def events() -> list[Event]:
    s3 = boto3.client("s3", region_name="us-west-2")
    found = s3.list_objects_v2(Bucket=FAILOVER, Prefix=PREFIX).get("Contents", [])
    return [parse_event(read(FAILOVER, entry["Key"])) for entry in found]


@pytest.fixture
def controller(emulated: EmulatedRegion, monkeypatch: pytest.MonkeyPatch) -> Controller:
    s3 = boto3.client("s3", region_name="us-west-2")
    for bucket in (PRIMARY, FAILOVER):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        put(bucket, "config.json", FIRST)
    regions = {
        role: {"region": region, "api_url": APIS[role], "frontend_bucket": bucket}
        for role, region, bucket in (("primary", "us-east-1", PRIMARY), ("failover", "us-west-2", FAILOVER))
    }
    site = {"url": "https://site.example.com", "api_fallback": True}
    rules = {"failed_looks": 2, "of_looks": 3, "dwell_minutes": 60, "when_behind": "wait", "lag_seconds": 900}
    variables = {
        "AWS_REGION": "us-west-2",
        "DEPLOYMENT": json.dumps({**regions, "site": site}),
        "RULES": json.dumps(rules),
        "STATE_PARAMETER": PARAMETER,
        "DOCUMENTS_BUCKET": emulated.bucket,
        "KNOWLEDGE_BASE_ID": emulated.knowledge_base_id,
        "DATA_SOURCE_ID": emulated.data_source_id,
    }
    settings = Settings.read(Environment(variables=variables))
    deployment = settings.read_deployment()
    made = Controller(
        settings=settings,
        deployment=deployment,
        rules=settings.read_rules(),
        clients=Clients.make(deployment),
        name="test-controller",
    )
    made.clients.ssm.put_parameter(Name=PARAMETER, Value="{}", Type="String")
    see(monkeypatch, "failed", "failed")
    monkeypatch.setattr(
        controller_round, "describe_unhealthy", create_autospec(readiness.describe_unhealthy, return_value="")
    )
    return made


def see(monkeypatch: pytest.MonkeyPatch, here: str, there: str) -> None:
    for name, value in (("see_from_here", here), ("see_from_the_edge", there)):
        original = getattr(vantage, name)
        monkeypatch.setattr(controller_round, name, create_autospec(original, return_value=value))


def run(controller: Controller, *, rounds: int = 2) -> Decision:
    decisions = [controller.run(NOW + timedelta(minutes=number), Log()) for number in range(rounds)]
    return decisions[-1]


def test_a_lost_region_is_answered_with_a_config_that_the_command_reads(controller: Controller) -> None:
    assert run(controller).action == "move"
    config = parse_config(read(FAILOVER))
    assert (config.role, config.generation, config.api_url) == ("failover", 2, APIS["failover"])
    assert config.fallback_api_url == APIS["primary"]


def test_the_journal_has_the_controller_as_actor_and_the_other_regions_write_as_pending(controller: Controller) -> None:
    run(controller)
    (event,) = events()
    assert event.actor == "controller (test-controller in us-west-2)"
    assert (event.command, event.result, event.source, event.target) == (
        "failover",
        "incomplete",
        "us-east-1",
        "us-west-2",
    )
    assert [(part.region, part.what) for part in event.pending_writes] == [("us-east-1", "config.json")]
    assert "2 of the last 2 looks failed" in event.reason
    assert event.started_at == parse_config(read(FAILOVER)).updated_at


def test_the_controller_writes_nothing_in_the_primary_region(controller: Controller) -> None:
    run(controller)
    assert json.loads(read(PRIMARY)) == FIRST


def test_after_a_move_the_controller_does_nothing(controller: Controller) -> None:
    run(controller)
    before = read(FAILOVER)
    assert run(controller, rounds=5).action == "done"
    assert read(FAILOVER) == before
    assert len(events()) == 1


def test_of_two_controllers_with_the_same_facts_one_wins_and_the_other_says_that_it_lost(
    controller: Controller,
) -> None:
    buckets = read_buckets(controller.clients.s3, controller.deployment.regions)
    moves = [
        move_users(
            controller.clients.writing_s3,
            controller.deployment,
            buckets,
            reason="test",
            actor=f"c{number}",
            now=NOW + timedelta(seconds=number),
        )
        for number in range(2)
    ]
    assert [move.outcome for move in moves] == ["moved", "lost"]
    assert sorted(event.result for event in events()) == ["incomplete", "lost"]


@pytest.mark.parametrize("bucket", [PRIMARY, FAILOVER])
def test_off_in_either_region_moves_nobody(controller: Controller, bucket: str) -> None:
    put(bucket, SWITCH_KEY, {"enabled": False})
    assert run(controller, rounds=4).action == "off"
    assert json.loads(read(FAILOVER)) == FIRST


def test_a_switch_that_nobody_can_read_counts_as_off(controller: Controller) -> None:
    put(FAILOVER, SWITCH_KEY, ["on"])
    assert run(controller).action == "off"


@pytest.mark.parametrize("minutes,action", [(30, "wait"), (-30, "move")])
def test_a_drill_stops_the_controller_until_its_mark_expires(controller: Controller, minutes: int, action: str) -> None:
    put(FAILOVER, DRILL_KEY, {"until": (NOW + timedelta(minutes=minutes)).isoformat()})
    assert run(controller).action == action


def test_a_command_of_a_minute_ago_stops_the_controller(controller: Controller) -> None:
    put(FAILOVER, f"{PREFIX}{2:012d}-20261128T115900000000Z-0a.json", {})
    assert run(controller).action == "wait"


def test_an_edge_that_reaches_the_primary_region_stops_the_controller(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(monkeypatch, "failed", "healthy")
    assert run(controller, rounds=5).action == "watch"


def test_looks_are_remembered_between_instances(controller: Controller) -> None:
    controller.run(NOW, Log())
    again = replace(controller, looks=())
    assert again.run(NOW + timedelta(minutes=1), Log()).action == "move"


def test_without_its_state_the_instance_uses_its_own_looks(controller: Controller) -> None:
    controller.run(NOW, Log())
    controller.clients.ssm.delete_parameter(Name=PARAMETER)
    assert controller.run(NOW + timedelta(minutes=1), Log()).action == "move"


def test_a_knowledge_base_without_a_job_for_its_documents_stops_the_controller(
    controller: Controller, emulated: EmulatedRegion
) -> None:
    boto3.client("s3", region_name="us-west-2").put_object(Bucket=emulated.bucket, Key="uploads/a.txt", Body=b"a")
    decisions = [controller.run(NOW + timedelta(days=30, minutes=number), Log()) for number in range(2)]
    assert decisions[-1].action == "wait"
    assert "Knowledge Base" in decisions[-1].reason


@pytest.mark.parametrize("text", ["", "[]", "null", '{"looks":[1]}', '{"looks":[{"at":"x"}]}'])
def test_a_state_that_is_none_has_no_looks(text: str) -> None:
    assert parse_looks(text) == ()


def test_a_state_is_read_as_it_was_written() -> None:
    looks: tuple[Any, ...] = (Look(at=NOW, here="failed", there="healthy"),)
    decision = Decision(action="watch", reason="why")
    assert parse_looks(render_state(looks, decision, second="edge")) == looks


def test_without_a_health_check_the_edge_is_the_second_vantage_point(controller: Controller) -> None:
    controller.run(NOW, Log())
    assert state(controller)["secondVantagePoint"] == "edge"


@pytest.mark.parametrize("verdict, action", [("failed", "move"), ("healthy", "watch"), ("unknown", "watch")])
def test_with_a_health_check_its_checkers_decide_and_the_edge_is_not_asked(
    controller: Controller, monkeypatch: pytest.MonkeyPatch, verdict: str, action: str
) -> None:
    see(monkeypatch, "failed", "healthy" if verdict == "failed" else "failed")
    checkers = see_checkers(monkeypatch, return_value=verdict)
    assert run(with_check(controller)).action == action
    last = NOW + timedelta(minutes=1)
    checkers.assert_called_with(controller.clients.cloudwatch, CHECK, now=last, minute=controller.rules.minute)
    assert state(controller)["secondVantagePoint"] == "checkers"


def test_the_checkers_result_is_read_while_the_region_is_healthy_too(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(monkeypatch, "healthy", "failed")
    see_checkers(monkeypatch, return_value="healthy")
    run(with_check(controller), rounds=1)
    assert state(controller)["looks"][-1]["there"] == "healthy"


@pytest.mark.parametrize("edge, action", [("failed", "move"), ("healthy", "watch"), ("unknown", "watch")])
def test_a_controller_that_cannot_read_the_primary_region_s_bucket_needs_the_edge_to_see_the_loss(
    controller: Controller, monkeypatch: pytest.MonkeyPatch, edge: str, action: str
) -> None:
    see(monkeypatch, "failed", edge)
    see_checkers(monkeypatch, return_value="failed")
    boto3.client("s3", region_name="us-west-2").delete_object(Bucket=PRIMARY, Key="config.json")
    boto3.client("s3", region_name="us-west-2").delete_bucket(Bucket=PRIMARY)
    assert run(with_check(controller)).action == action
    assert state(controller)["looks"][-1]["here"] == ("failed" if action == "move" else "unknown")


def test_a_metric_that_cannot_be_read_moves_nobody_and_is_logged(
    controller: Controller, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    see_checkers(monkeypatch, side_effect=ClientError({"Error": {"Code": "AccessDenied"}}, "GetMetricData"))
    assert run(with_check(controller), rounds=5).action == "watch"
    assert "checkers_not_read" in capsys.readouterr().out


def see_checkers(monkeypatch: pytest.MonkeyPatch, **behavior: Any) -> Any:  # noqa: ANN401 - a mock
    """Let Route 53's checkers give this answer, and return the mock that gives it."""
    mock = create_autospec(see_from_the_checkers, **behavior)
    monkeypatch.setattr(controller_round, "see_from_the_checkers", mock)
    return mock


def with_check(controller: Controller) -> Controller:
    """Return the controller with a health check in its settings."""
    return replace(controller, settings=replace(controller.settings, health_check_id=CHECK))


def state(controller: Controller) -> dict[str, Any]:
    """Return the controller's state."""
    value = controller.clients.ssm.get_parameter(Name=PARAMETER)["Parameter"]["Value"]
    found: dict[str, Any] = json.loads(value)
    return found


def test_a_journal_that_cannot_be_written_ends_the_move_and_is_logged(
    controller: Controller, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")
    monkeypatch.setattr(controller_round, "move_users", create_autospec(move_users, side_effect=denied))
    decision = run(controller)
    assert (decision.action, decision.reason) == ("wait", "the move ended as failed: the journal cannot be written")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["message"] for line in lines if line["level"] != "INFO"] == ["journal_not_written", "not_moved"]
