"""The outcome of a command is true: what was written stays written, and what is not known is said to be unknown."""

import json
from dataclasses import replace
from datetime import timedelta
from unittest.mock import create_autospec

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, ReadTimeoutError
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from standby.cli.main import cli
from standby.deployment.http_client import HTTP_SECONDS, HttpResponse
from standby.deployment.manifest import ROLES
from standby.deployment.routing_config import ConfigCopies, UnknownWriteError, write_copy
from standby.operations.execution import switch_steps
from standby.operations.facts.journal import RESULTS, Event, format_time, has_landed, new_event
from standby.operations.facts.state import State
from standby.operations.plans.plan import CopyEvents
from standby.operations.plans.reconcile import ABANDONED, plan_documents
from standby.operations.views.verdict import assess_state
from standby.rehearsal.emulator.emulator import Emulator
from tests.standby.helpers import COPIES, EAST, NOON, WEST, EmulatorConnection, World, changed, config, copy_of
from tests.standby.operations.plans.test_reconcile import reconcile_facts
from tests.standby.states import moved, region, state

LOST = ReadTimeoutError(endpoint_url="https://s3")
NOT_SENT = EndpointConnectionError(endpoint_url="https://s3")


def refused(status: int) -> ClientError:
    answer = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutObject")  # type: ignore[arg-type]  # the parts that are read


def run(connection: EmulatorConnection, *arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--json"], obj=lambda _: connection)


@pytest.mark.parametrize(
    "write, look, unknown",
    [
        (LOST, LOST, True),
        (LOST, refused(403), True),
        (refused(500), LOST, True),
        (refused(403), LOST, False),
        (NOT_SENT, NOT_SENT, False),
    ],
)
def test_a_write_is_unknown_only_if_it_may_have_landed_and_nobody_can_look(
    write: Exception, look: Exception, *, unknown: bool
) -> None:
    s3 = create_autospec(boto3.client("s3", region_name=EAST), spec_set=True)
    s3.put_object.side_effect, s3.get_object.side_effect = write, look
    seen = copy_of("failover", config("primary", 3))
    with pytest.raises(UnknownWriteError if unknown else (BotoCoreError, ClientError)):
        write_copy(s3, seen, "{}")


def test_a_failover_whose_write_may_have_landed_is_unknown_and_says_what_to_do(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World.make(emulator.endpoint)

    def write(*_: object) -> None:
        raise UnknownWriteError("does not answer", shown=False)

    with monkeypatch.context() as patch:
        patch.setattr(switch_steps, "write_copy", write)
        ended = run(world.connect(), "failover", "--yes")
    document = json.loads(ended.stdout)
    assert (ended.exit_code, document["result"]) == (1, "unknown")
    assert "the write may have landed" in document["error"]
    assert "`standby status` looks again" in document["error"]
    assert [event.result for event in world.events("failover")] == ["unknown"]
    assert run(world.connect(), "failover", "--yes").exit_code == 0
    assert {copy.generation for copy in world.copies().values()} == {6}  # above what pages may have seen


class SilentApi(EmulatorConnection):
    """A connection to APIs that are healthy, and whose `POST /docs` fails."""

    def request(
        self, method: str, url: str, *, body: bytes | None = None, seconds: float = HTTP_SECONDS, token: str = ""
    ) -> HttpResponse:
        if url.endswith("/docs"):
            return HttpResponse(status=502, body=b'{"error": {}}')
        return super().request(method, url, body=body, seconds=seconds)


def test_a_failover_after_which_no_question_is_answered_is_not_verified_and_never_failed(emulator: Emulator) -> None:
    world = World.make(emulator.endpoint)
    ended = run(SilentApi(world, (), {}), "failover", "--yes")
    document = json.loads(ended.stdout)
    assert (ended.exit_code, document["result"]) == (3, "not verified")
    assert "done, but not verified" in document["error"]
    assert "POST /docs answers 502" in document["error"]
    assert {(copy.config.role, copy.generation) for copy in world.copies().values() if copy.config} == {("failover", 4)}
    assert [event.result for event in world.events("failover")] == ["not verified"]
    assert run(world.connect(), "reconcile", "--yes").exit_code == 0
    assert world.events("failover")[0].result == "not verified"
    again = run(world.connect(), "failover", "--yes")
    assert json.loads(again.stdout)["result"] == "done"
    assert world.events("failover")[0].result == "done"


def switched(result: str, *, generation: int, age: timedelta) -> Event:
    begun = new_event(
        generation=generation, command="failover", actor="a", reason="", source=WEST, target=EAST, now=NOON - age
    )
    return changed(begun, result=result)


EVENTS = st.builds(
    switched,
    st.sampled_from(RESULTS),
    generation=st.integers(1, 9),
    age=st.sampled_from([timedelta(0), 2 * ABANDONED, -2 * ABANDONED]),
)


@given(event=EVENTS, copies=COPIES, landed=st.booleans())
def test_no_event_whose_config_a_bucket_has_is_ever_closed_as_failed(
    event: Event, copies: ConfigCopies, *, landed: bool
) -> None:
    mine = copy_of("failover", config("failover", event.generation, moment=event.started_at))
    found: ConfigCopies = {**copies, "failover": mine} if landed else copies
    known = state(*(region(role, copy=found[role]) for role in ROLES))
    plan = plan_documents(reconcile_facts(with_event(known, event), primary=(event,), failover=(event,)))
    written = [one for step in plan.steps if isinstance(step.action, CopyEvents) for one in step.action.events]
    closed = [one.result for one in written if one.key == event.key and one.result != event.result]
    if landed:
        assert event.result == "failed" or "failed" not in closed
    if has_landed(event, found) is False and event.result in {"started", "unknown"}:
        assert "done" not in closed


def with_event(known: State, event: Event) -> State:
    return replace(known, events=(event,))


def test_status_says_what_the_copies_show_of_an_unknown_write() -> None:
    event = switched("unknown", generation=4, age=timedelta(0))
    before = with_event(state(), event)
    after = with_event(
        moved(failover={"copy": copy_of("failover", config("failover", 4, moment=event.started_at))}), event
    )
    assert any("did not write config.json" in reason for reason in assess_state(before).reasons)
    assert any("wrote config.json" in reason for reason in assess_state(after).reasons)
    assert "`standby failover` again" in assess_state(before).next
    assert format_time(NOON) == event.started_at
