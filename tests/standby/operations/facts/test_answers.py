"""AWS leaves out what is empty or 0: then a fact is known. A part of another type makes it unavailable."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from standby.deployment.answers import InvalidAnswerError, take_count, take_list, take_text, take_time
from standby.operations.facts.knowledge_base import read_jobs
from tests.standby.helpers import MANIFEST, NOON

REGION = MANIFEST.regions["primary"]
JOB: dict[str, object] = {"status": "COMPLETE", "startedAt": NOON}


def jobs(**said: object) -> int:
    client: Any = SimpleNamespace(list_ingestion_jobs=lambda **_: {"ingestionJobSummaries": [{**JOB, **said}]})
    return read_jobs(client, REGION)[0].failed


@pytest.mark.parametrize(
    "statistics,failed",
    [({}, 0), ({"statistics": {}}, 0), ({"statistics": {"numberOfDocumentsFailed": 2}}, 2)],
)
def test_a_job_without_statistics_has_no_failed_document(statistics: dict[str, object], failed: int) -> None:
    assert jobs(**statistics) == failed


@pytest.mark.parametrize(
    "said",
    [{"statistics": 7}, {"statistics": {"numberOfDocumentsFailed": "many"}}, {"status": ""}, {"startedAt": "noon"}],
)
def test_a_job_with_a_part_of_another_type_is_unavailable(said: dict[str, object]) -> None:
    with pytest.raises(InvalidAnswerError, match="but not as AWS does"):
        jobs(**said)


@pytest.mark.parametrize("value", [None, True, -1, 1.5, "", "-1", "1" * 20, "\u0663", [], {}])
def test_only_a_number_of_things_is_a_count(value: object) -> None:
    with pytest.raises(InvalidAnswerError, match="no valid Size"):
        take_count({"Size": value}, "Size")


def test_a_count_may_be_text_as_sqs_sends_it() -> None:
    assert take_count({"Attributes": {"Waiting": "12"}}, "Attributes", "Waiting") == 12


@pytest.mark.parametrize("value", [None, "x", {"a": 1}, [1], [None]])
def test_only_a_list_of_records_is_a_list(value: object) -> None:
    with pytest.raises(InvalidAnswerError, match="no valid Contents"):
        take_list({"Contents": value}, "Contents")


def test_a_list_that_aws_left_out_is_empty() -> None:
    assert take_list({}, "Contents") == []


def test_a_time_needs_its_zone_and_a_text_is_not_empty() -> None:
    assert take_time({"At": NOON}, "At") == datetime(2026, 11, 24, 12, tzinfo=UTC)
    with pytest.raises(InvalidAnswerError):
        take_time({"At": NOON.replace(tzinfo=None)}, "At")
    with pytest.raises(InvalidAnswerError):
        take_text({"Arn": ""}, "Arn")
