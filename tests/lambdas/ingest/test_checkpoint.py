"""The state of a reading between two invocations, in Parameter Store."""

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from ingest.bucket_reader import Range, Reading
from ingest.checkpoint import EMPTY, MAX_BYTES, Checkpoint, as_text
from shared.logs import Log
from tests.lambdas.helpers import NOON, EmulatedRegion
from tests.lambdas.ingest.helpers import FakeParameters, fake_checkpoint

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
READINGS = st.builds(
    Reading,
    started=st.just(NOON),
    digest=st.integers(0, (1 << 256) - 1),
    pages=st.integers(0, 9999),
    invocations=st.integers(1, 9),
    unread=st.lists(st.builds(Range, TEXTS, TEXTS), max_size=4).map(tuple),
    verified=st.none() | st.just(NOON - timedelta(minutes=5)),
)
READING = Reading(started=NOON, unread=(Range("uploads/é", ""),))


@given(READINGS)
def test_what_is_written_is_read_again(reading: Reading) -> None:
    checkpoint = fake_checkpoint()
    checkpoint.write(reading, Log())
    assert checkpoint.read(Log()) == reading


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "7", "{", '{"started":1}', as_text(READING).replace("+00:00", ""), "[" * 9999]
)
def test_a_state_that_is_none_is_not_used(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    parameters = FakeParameters()
    parameters.writes.append(text)
    assert fake_checkpoint(parameters).read(Log()) is None
    assert "checkpoint_unusable" in capsys.readouterr().out


def test_a_state_larger_than_a_parameter_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    parameters = FakeParameters()
    fake_checkpoint(parameters).write(Reading(started=NOON, unread=(Range("k" * MAX_BYTES, ""),)), Log())
    assert parameters.writes == [EMPTY]
    assert "checkpoint_too_large" in capsys.readouterr().out


def test_the_positions_of_all_ranges_fit_with_names_of_a_hundred_characters() -> None:
    position = "uploads/11111111-2222-3333-4444-555555555555/".ljust(145, "n")
    reading = Reading(started=NOON, digest=(1 << 256) - 1, unread=(Range(position, "uploads/1"),) * 17, verified=NOON)
    assert len(as_text(reading).encode()) <= MAX_BYTES


def test_a_parameter_store_that_does_not_answer_costs_the_state_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Down:
        def get_parameter(self, **_: object) -> None:
            raise ClientError({"Error": {"Code": "InternalServerError"}}, "GetParameter")

        put_parameter = get_parameter

    client: Any = Down()
    checkpoint = Checkpoint(client=client, name="p")
    checkpoint.write(READING, Log())
    assert checkpoint.read(Log()) is None
    output = capsys.readouterr().out
    assert "checkpoint_unread" in output
    assert "checkpoint_unwritten" in output


def test_the_parameter_of_the_stack_is_replaced(emulated: EmulatedRegion) -> None:
    ssm = boto3.client("ssm", region_name=emulated.region)
    ssm.put_parameter(Name="/w/sweep", Value=EMPTY, Type="String")
    checkpoint = Checkpoint.make(region=emulated.region, name="/w/sweep")
    assert checkpoint.read(Log()) is None
    checkpoint.write(READING, Log())
    assert checkpoint.read(Log()) == READING
    checkpoint.write(None, Log())
    assert ssm.get_parameter(Name="/w/sweep")["Parameter"]["Value"] == EMPTY
