"""The job starter with botocore's clients, stubbed with possible responses of AWS."""

import json
from datetime import timedelta
from functools import partial

import pytest
from botocore.exceptions import ClientError

from ingest.content_digest import add_digests, describe, object_digest
from ingest.decision import Decision
from ingest.events import Batch, Message
from shared.logs import Log
from tests.lambdas.helpers import NOON
from tests.lambdas.ingest.helpers import StubbedClients

NEW = Message(message_id="new", happened_by=NOON, receipt_handle="r")
BATCH = Batch(messages=(NEW,), malformed=())


@pytest.fixture
def stubbed() -> StubbedClients:
    return StubbedClients()


def test_a_batch_starts_one_job(stubbed: StubbedClients) -> None:
    stubbed.has_jobs()
    stubbed.has_objects(("a", "1"))
    stubbed.starts()
    assert stubbed.starter.handle_batch(Batch(messages=(NEW,) * 9, malformed=()), Log()) == ()
    stubbed.done()


def test_a_covered_batch_starts_no_job(stubbed: StubbedClients) -> None:
    stubbed.has_jobs(("COMPLETE", 60, ""))
    assert stubbed.starter.handle_batch(BATCH, Log()) == ()
    stubbed.done()


def test_while_a_job_runs_the_messages_are_returned_and_received_again_soon(stubbed: StubbedClients) -> None:
    stubbed.has_jobs(("IN_PROGRESS", 60, ""))
    stubbed.waits(("r", 5))
    assert stubbed.starter.handle_batch(BATCH, Log()) == ("new",)
    stubbed.done()


def test_only_the_messages_that_wait_for_a_job_are_received_again_soon(stubbed: StubbedClients) -> None:
    """The one of a covered change is deleted, and the malformed one must not use up its receives within minutes."""
    covered = Message(message_id="covered", happened_by=NOON - timedelta(hours=1), receipt_handle="c")
    stubbed.has_jobs(("COMPLETE", -60, ""), ("IN_PROGRESS", 60, ""))
    stubbed.waits(("r", 5))
    batch = Batch(messages=(covered, NEW), malformed=("bad",))
    assert stubbed.starter.handle_batch(batch, Log()) == ("bad", "new")
    stubbed.done()


def test_a_batch_that_another_invocation_overtook_returns_its_messages_at_once(stubbed: StubbedClients) -> None:
    stubbed.has_jobs()
    stubbed.has_objects()
    stubbed.refuses_to_start("ConflictException")
    stubbed.waits(("r", 5))
    assert stubbed.starter.handle_batch(BATCH, Log()) == ("new",)
    assert stubbed.waited == 0
    stubbed.done()


def refuse_attempts(stubbed: StubbedClients, code: str, *, times: int) -> None:
    """Refuse as many attempts, each of which lists the jobs and the bucket anew."""
    for _ in range(times):
        stubbed.has_jobs()
        stubbed.has_objects()
        stubbed.refuses_to_start(code)


def test_a_batch_waits_ten_seconds_for_its_turn_and_starts_its_job(stubbed: StubbedClients) -> None:
    refuse_attempts(stubbed, "ThrottlingException", times=11)
    stubbed.has_jobs()
    stubbed.has_objects()
    stubbed.starts()
    assert stubbed.starter.handle_batch(BATCH, Log()) == ()
    assert stubbed.waited == 10
    stubbed.done()


@pytest.mark.parametrize("code", ["ThrottlingException", "ServiceQuotaExceededException"])
def test_without_a_turn_in_twelve_seconds_the_messages_are_returned(stubbed: StubbedClients, code: str) -> None:
    refuse_attempts(stubbed, code, times=20)
    stubbed.waits(("r", 5))
    assert stubbed.starter.handle_batch(BATCH, Log()) == ("new",)
    assert 10 <= stubbed.waited <= 12


def test_a_job_that_waited_for_its_turn_is_described_by_the_content_at_its_start(stubbed: StubbedClients) -> None:
    """Otherwise the job reads a document that its description does not contain, and counts as behind."""
    content = describe(add_digests(object_digest("a", "1"), object_digest("b", "2")))
    stubbed.has_jobs()
    stubbed.has_objects(("a", "1"))
    stubbed.refuses_to_start("ThrottlingException")
    stubbed.has_jobs()
    stubbed.has_objects(("a", "1"), ("b", "2"))
    stubbed.starts(description=content)
    assert stubbed.starter.handle_batch(BATCH, Log()) == ()
    stubbed.done()


def test_a_batch_that_another_job_covers_while_it_waits_starts_none(stubbed: StubbedClients) -> None:
    """Otherwise its messages would stay in flight for minutes, although their documents are indexed."""
    refuse_attempts(stubbed, "ThrottlingException", times=1)
    stubbed.has_jobs(("COMPLETE", 60, ""))
    assert stubbed.starter.handle_batch(BATCH, Log()) == ()
    stubbed.done()


def test_a_sweep_waits_for_its_turn_and_decides_anew(stubbed: StubbedClients) -> None:
    refuse_attempts(stubbed, "ThrottlingException", times=1)
    stubbed.has_jobs(("IN_PROGRESS", 60, ""))
    assert stubbed.starter.sweep(Log()) is Decision.WAIT
    stubbed.done()


def test_a_failure_is_logged_once_however_long_a_batch_waits(
    stubbed: StubbedClients, capsys: pytest.CaptureFixture[str]
) -> None:
    for end in (partial(stubbed.refuses_to_start, "ThrottlingException"), stubbed.starts):
        stubbed.has_jobs(("FAILED", 60, ""))
        stubbed.has_objects()
        end()
    assert stubbed.starter.handle_batch(BATCH, Log()) == ()
    assert capsys.readouterr().out.count("last_job_failed") == 1


def test_all_attempts_to_start_have_one_token_so_that_no_second_job_starts(stubbed: StubbedClients) -> None:
    tokens: list[str] = []
    agent = stubbed.starter.bedrock_agent
    agent.meta.events.register_first(
        "provide-client-params.bedrock-agent.StartIngestionJob",
        lambda params, **_: tokens.append(params["clientToken"]),
    )
    refuse_attempts(stubbed, "InternalServerException", times=1)
    stubbed.has_jobs()
    stubbed.has_objects()
    stubbed.starts()
    assert stubbed.starter.handle_batch(BATCH, Log()) == ()
    assert len(tokens) == 2
    assert len(set(tokens)) == 1


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_an_unexpected_error_fails_the_whole_batch(stubbed: StubbedClients, code: str) -> None:
    stubbed.has_jobs()
    stubbed.has_objects()
    stubbed.refuses_to_start(code)
    with pytest.raises(ClientError, match=code):
        stubbed.starter.handle_batch(BATCH, Log())


def test_a_malformed_message_fails_alone(stubbed: StubbedClients, capsys: pytest.CaptureFixture[str]) -> None:
    stubbed.has_jobs()
    stubbed.has_objects()
    stubbed.starts()
    assert stubbed.starter.handle_batch(Batch(messages=(NEW,), malformed=("bad",)), Log()) == ("bad",)
    stubbed.done()
    assert '"message": "malformed_messages", "messageIds": ["bad"]' in capsys.readouterr().out


def test_a_malformed_message_is_returned_with_the_waiting_ones(stubbed: StubbedClients) -> None:
    stubbed.has_jobs(("STARTING", 0, ""))
    stubbed.waits(("r", 5))
    assert stubbed.starter.handle_batch(Batch(messages=(NEW,), malformed=("bad",)), Log()) == ("bad", "new")


def test_a_batch_without_events_makes_no_call(stubbed: StubbedClients) -> None:
    test = Message(message_id="test", happened_by=None, receipt_handle="r")
    assert stubbed.starter.handle_batch(Batch(messages=(test,), malformed=("bad",)), Log()) == ("bad",)


def test_the_sweep_does_not_list_the_bucket_while_a_job_runs(stubbed: StubbedClients) -> None:
    stubbed.has_jobs(("STOPPING", 0, ""))
    assert stubbed.starter.sweep(Log()) is Decision.WAIT


def test_the_sweep_waits_if_another_invocation_was_faster(stubbed: StubbedClients) -> None:
    stubbed.has_jobs()
    stubbed.has_objects()
    stubbed.refuses_to_start("ConflictException")
    assert stubbed.starter.sweep(Log()) is Decision.WAIT


def test_a_batch_starts_its_job_even_if_there_is_no_time_to_list_the_bucket(stubbed: StubbedClients) -> None:
    stubbed.has_jobs()
    stubbed.starts(description="content not compared")
    assert stubbed.without_time.handle_batch(BATCH, Log()) == ()
    stubbed.done()


def test_the_sweep_starts_its_job_even_if_there_is_no_time_to_list_the_bucket(stubbed: StubbedClients) -> None:
    stubbed.has_jobs(("COMPLETE", 0, ""))
    stubbed.starts(description="content not compared")
    assert stubbed.without_time.sweep(Log()) is Decision.START
    stubbed.done()


def test_a_failed_last_job_is_logged_as_an_error(stubbed: StubbedClients, capsys: pytest.CaptureFixture[str]) -> None:
    stubbed.has_jobs(("COMPLETE", 0, ""), ("FAILED", 60, ""))
    stubbed.has_objects()
    stubbed.starts()
    assert stubbed.starter.sweep(Log()) is Decision.START
    assert '"level": "ERROR", "message": "last_job_failed"' in capsys.readouterr().out


def test_a_failed_job_is_a_warning_while_the_next_one_runs(
    stubbed: StubbedClients, capsys: pytest.CaptureFixture[str]
) -> None:
    stubbed.has_jobs(("FAILED", 0, ""), ("IN_PROGRESS", 60, ""))
    assert stubbed.starter.sweep(Log()) is Decision.WAIT
    assert '"level": "WARNING", "message": "last_job_failed"' in capsys.readouterr().out


def test_a_failed_job_is_not_logged_after_a_complete_one(
    stubbed: StubbedClients, capsys: pytest.CaptureFixture[str]
) -> None:
    stubbed.has_jobs(("FAILED", 0, ""), ("COMPLETE", 60, ""), ("IN_PROGRESS", 120, ""))
    stubbed.starter.sweep(Log())
    assert "last_job_failed" not in capsys.readouterr().out


@pytest.mark.parametrize("number, told", [(0, []), (2, [("WARNING", "JOB0000001", 2)])])
def test_documents_that_a_complete_job_could_not_read_are_a_warning(
    stubbed: StubbedClients, capsys: pytest.CaptureFixture[str], number: int, told: list[tuple[str, str, int]]
) -> None:
    stubbed.has_jobs(("COMPLETE", 60, ""), statistics={"numberOfDocumentsFailed": number})
    assert stubbed.starter.handle_batch(BATCH, Log()) == ()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    failed = [line for line in lines if line["message"] == "documents_failed"]
    assert [(line["level"], line["jobId"], line["documents"]) for line in failed] == told
