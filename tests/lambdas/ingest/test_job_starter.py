"""Ingesting against botocore's own clients, stubbed with what AWS may answer."""

import json

import pytest
from botocore.exceptions import ClientError

from ingest.decision import Decision
from ingest.events import Batch, Message
from shared.logs import Log
from tests.lambdas.helpers import NOON
from tests.lambdas.ingest.helpers import Stubbed

NEW = Message(message_id="new", happened_by=NOON)
BATCH = Batch(messages=(NEW,), malformed=())


@pytest.fixture
def stubbed() -> Stubbed:
    return Stubbed()


def test_a_batch_starts_one_job(stubbed: Stubbed) -> None:
    stubbed.has_jobs()
    stubbed.holds(("a", "1"))
    stubbed.starts()
    assert stubbed.starter.handle_batch(Batch(messages=(NEW,) * 9, malformed=()), Log()) == ()
    stubbed.done()


def test_a_covered_batch_starts_none(stubbed: Stubbed) -> None:
    stubbed.has_jobs(("COMPLETE", 60, ""))
    assert stubbed.starter.handle_batch(BATCH, Log()) == ()
    stubbed.done()


def test_while_a_job_runs_the_messages_come_back(stubbed: Stubbed) -> None:
    stubbed.has_jobs(("IN_PROGRESS", 60, ""))
    assert stubbed.starter.handle_batch(BATCH, Log()) == ("new",)
    stubbed.done()


@pytest.mark.parametrize("code", ["ConflictException", "ThrottlingException", "ServiceQuotaExceededException"])
def test_when_no_job_can_be_started_the_messages_come_back(stubbed: Stubbed, code: str) -> None:
    stubbed.has_jobs()
    stubbed.holds()
    stubbed.refuses_to_start(code)
    assert stubbed.starter.handle_batch(BATCH, Log()) == ("new",)
    stubbed.done()


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_an_unexpected_error_fails_the_whole_batch(stubbed: Stubbed, code: str) -> None:
    stubbed.has_jobs()
    stubbed.holds()
    stubbed.refuses_to_start(code)
    with pytest.raises(ClientError, match=code):
        stubbed.starter.handle_batch(BATCH, Log())


def test_a_malformed_message_fails_alone(stubbed: Stubbed, capsys: pytest.CaptureFixture[str]) -> None:
    stubbed.has_jobs()
    stubbed.holds()
    stubbed.starts()
    assert stubbed.starter.handle_batch(Batch(messages=(NEW,), malformed=("bad",)), Log()) == ("bad",)
    stubbed.done()
    assert '"message": "malformed_messages", "messageIds": ["bad"]' in capsys.readouterr().out


def test_a_malformed_message_comes_back_with_the_waiting_ones(stubbed: Stubbed) -> None:
    stubbed.has_jobs(("STARTING", 0, ""))
    assert stubbed.starter.handle_batch(Batch(messages=(NEW,), malformed=("bad",)), Log()) == ("bad", "new")


def test_a_batch_without_events_asks_nobody(stubbed: Stubbed) -> None:
    test = Message(message_id="test", happened_by=None)
    assert stubbed.starter.handle_batch(Batch(messages=(test,), malformed=("bad",)), Log()) == ("bad",)


def test_the_sweep_does_not_list_the_bucket_while_a_job_runs(stubbed: Stubbed) -> None:
    stubbed.has_jobs(("STOPPING", 0, ""))
    assert stubbed.starter.sweep(Log()) is Decision.WAIT


def test_the_sweep_waits_when_another_was_faster(stubbed: Stubbed) -> None:
    stubbed.has_jobs()
    stubbed.holds()
    stubbed.refuses_to_start("ConflictException")
    assert stubbed.starter.sweep(Log()) is Decision.WAIT


def test_a_batch_starts_its_job_however_long_comparing_would_take(stubbed: Stubbed) -> None:
    stubbed.has_jobs()
    stubbed.holds_many()
    stubbed.starts(description="content not compared")
    assert stubbed.hurried.handle_batch(BATCH, Log()) == ()
    stubbed.done()


def test_the_sweep_starts_its_job_however_long_comparing_would_take(stubbed: Stubbed) -> None:
    stubbed.has_jobs(("COMPLETE", 0, ""))
    stubbed.holds_many()
    stubbed.starts(description="content not compared")
    assert stubbed.hurried.sweep(Log()) is Decision.START
    stubbed.done()


def test_a_failed_last_job_is_logged_as_an_error(stubbed: Stubbed, capsys: pytest.CaptureFixture[str]) -> None:
    stubbed.has_jobs(("COMPLETE", 0, ""), ("FAILED", 60, ""))
    stubbed.holds()
    stubbed.starts()
    assert stubbed.starter.sweep(Log()) is Decision.START
    assert '"level": "ERROR", "message": "last_job_failed"' in capsys.readouterr().out


def test_a_failed_job_is_told_of_while_the_next_one_runs_but_is_no_error_then(
    stubbed: Stubbed, capsys: pytest.CaptureFixture[str]
) -> None:
    stubbed.has_jobs(("FAILED", 0, ""), ("IN_PROGRESS", 60, ""))
    assert stubbed.starter.sweep(Log()) is Decision.WAIT
    assert '"level": "WARNING", "message": "last_job_failed"' in capsys.readouterr().out


def test_a_failed_job_is_forgotten_once_another_was_complete(
    stubbed: Stubbed, capsys: pytest.CaptureFixture[str]
) -> None:
    stubbed.has_jobs(("FAILED", 0, ""), ("COMPLETE", 60, ""), ("IN_PROGRESS", 120, ""))
    stubbed.starter.sweep(Log())
    assert "last_job_failed" not in capsys.readouterr().out


@pytest.mark.parametrize("number, told", [(0, []), (2, [("WARNING", "JOB0000001", 2)])])
def test_documents_that_a_complete_job_could_not_read_are_a_warning(
    stubbed: Stubbed, capsys: pytest.CaptureFixture[str], number: int, told: list[tuple[str, str, int]]
) -> None:
    stubbed.has_jobs(("COMPLETE", 60, ""), statistics={"numberOfDocumentsFailed": number})
    assert stubbed.starter.handle_batch(BATCH, Log()) == ()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    failed = [line for line in lines if line["message"] == "documents_failed"]
    assert [(line["level"], line["jobId"], line["documents"]) for line in failed] == told
