"""Every time that the tool compares is the time of AWS, so a wrong clock of an operator's machine misleads nobody."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from standby.deployment.clients import Clients
from standby.deployment.clock import MAX_OFFSET, TOLERANCE, Clock
from standby.deployment.concurrency import explain
from standby.deployment.sessions import EmulatorSession
from standby.operations.facts.collect import collect_state
from standby.operations.facts.documents import FULL_DEPTH
from standby.operations.facts.journal import new_event, write_event
from standby.operations.facts.reconcile_facts import collect_config_facts
from standby.operations.plans.reconcile import plan_config
from tests.standby.helpers import EAST, NOON, WEST, World
from tests.standby.manifests import REGIONS

WRONG = timedelta(minutes=10)


def clock_after(*dates: object, local: datetime = NOON) -> Clock:
    clock = Clock(lambda: local)
    for date in dates:
        clock.observe(date)
    return clock


@given(st.timedeltas(-MAX_OFFSET + timedelta(seconds=1), MAX_OFFSET - timedelta(seconds=1)))
def test_the_clock_shows_the_time_of_aws_to_a_few_seconds(wrong: timedelta) -> None:
    shown = clock_after(format_datetime(NOON), local=NOON + wrong).now()
    assert abs(shown - NOON) <= TOLERANCE + timedelta(seconds=1)


@pytest.mark.parametrize(
    "date", [None, 7, "", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2359", "\udcf6"]
)
def test_a_date_that_aws_would_not_send_changes_nothing(date: object) -> None:
    assert clock_after(date).now() == NOON


def test_a_difference_that_an_answer_s_way_explains_is_not_corrected() -> None:
    assert clock_after(format_datetime(NOON + timedelta(seconds=3))).now() == NOON


@pytest.mark.parametrize(
    "code,message",
    [
        ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
        ("InvalidSignatureException", "Signature expired: 20261127T010000Z is now earlier than 20261127T020000Z"),
        ("SignatureDoesNotMatch", "Signature not yet current: 20261127T030000Z is still later than 20261127T020000Z"),
    ],
)
def test_a_clock_that_aws_refuses_is_named_as_the_reason(code: str, message: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": message}}, "GetObject")
    assert str(explain(error)) == f"answers {code}: this machine's clock is wrong"


@pytest.fixture(params=[WRONG, -WRONG], ids=["ahead", "behind"])
def wrong_clock(request: pytest.FixtureRequest, world: World) -> Any:  # noqa: ANN401 - the connection of the tests
    """A connection from a machine whose clock is ten minutes wrong; S3 has told it the time."""
    connection = world.connect()
    connection.clients = Clients(
        lambda region: EmulatorSession(region=region, endpoint=world.endpoint),
        endpoints=dict.fromkeys(REGIONS.values(), world.endpoint),
    )
    real = connection.clients.clock
    connection.clients.clock = Clock(lambda: real.now() + request.param)
    connection.clients.s3(EAST).list_buckets()
    return connection


def test_a_command_of_another_operator_is_not_abandoned_because_of_our_clock(world: World, wrong_clock: Any) -> None:  # noqa: ANN401 - see above
    began = Clock().now() - timedelta(minutes=2)
    running = new_event(generation=4, command="failover", actor="b", reason="", source=WEST, target=EAST, now=began)
    for role, region in world.manifest.regions.items():
        write_event(world.s3(role), region, running)
        world.put(role, "{")  # so that there is something to do
    facts = collect_config_facts(wrong_clock, world.manifest)
    closed = [step.action for step in plan_config(facts).steps if hasattr(step.action, "events")]
    assert closed == []


def test_the_age_of_a_document_is_counted_by_the_clock_of_s3(world: World, wrong_clock: Any) -> None:  # noqa: ANN401 - see above
    world.s3("primary").put_object(Bucket=world.manifest.regions["primary"].documents_bucket, Key="new", Body=b"x")
    state = collect_state(wrong_clock, world.manifest, depth=FULL_DEPTH)
    replication = state.regions["primary"].replication
    assert 0 <= (replication.oldest_seconds(state.now) or 0) < 60  # type: ignore[union-attr]  # it was read
