"""Buckets with too many documents to compare, and documents that a complete job could not ingest."""

import io
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from types import SimpleNamespace

import pytest
from rich.console import Console

from standby.cli.output.status_view import render_status
from standby.operations.execution.reconcile_steps import ReconcileSteps
from standby.operations.facts.documents import Document, Listing
from standby.operations.facts.knowledge_base import (
    IndexState,
    IngestionJob,
    KnowledgeBaseState,
    compare_with_bucket,
    read_jobs,
)
from standby.operations.plans.failback_preconditions import unmet_preconditions
from standby.operations.plans.plan import Ingest
from standby.operations.views.verdict import assess_state
from tests.standby.helpers import EAST, HEALTHY, MANIFEST, NOON, changed
from tests.standby.states import IN_STEP, moved, region, state

UNCOMPARED = IngestionJob(status="COMPLETE", started_at=NOON, description="content not compared")
MANY = 100_001


@cache
def old() -> dict[str, Document]:
    keys, long_ago = (f"k{number:06}" for number in range(MANY)), NOON - timedelta(days=9)
    return {key: Document(key=key, etag='"e"', size=1, modified=long_ago) for key in keys}


def many(*, newest: datetime) -> Listing:
    return Listing(documents={**old(), "newest": Document(key="newest", etag='"e"', size=1, modified=newest)})


def known(*jobs: IngestionJob, newest: datetime) -> KnowledgeBaseState:
    return compare_with_bucket(IndexState(jobs=jobs, indexed=20_000, failed=0, complete=False), many(newest=newest))


def test_with_too_many_documents_to_compare_a_job_that_began_after_the_newest_is_in_sync() -> None:
    knowledge = known(UNCOMPARED, newest=NOON - timedelta(minutes=1))
    both = {
        "primary": region("primary", knowledge_base=knowledge),
        "failover": region("failover", knowledge_base=knowledge),
    }
    assert assess_state(state(both["primary"], both["failover"])).name == "ready"
    assert unmet_preconditions(moved(primary={"knowledge_base": knowledge}), [HEALTHY] * 3) == ()


@pytest.mark.parametrize("after", [timedelta(minutes=1), timedelta(0), timedelta(seconds=-1)])
def test_a_document_that_is_not_older_than_that_job_is_behind(after: timedelta) -> None:
    assert not known(UNCOMPARED, newest=NOON + after).in_sync


def test_a_job_that_failed_covers_nothing() -> None:
    failed = changed(UNCOMPARED, status="FAILED", started_at=NOON + timedelta(minutes=9))
    assert not known(failed, UNCOMPARED, newest=NOON + timedelta(minutes=1)).in_sync


def test_the_status_text_says_that_nothing_was_compared() -> None:
    knowledge = known(UNCOMPARED, newest=NOON - timedelta(minutes=1))
    found = state(region("primary", knowledge_base=knowledge))
    with (screen := Console(width=200)).capture() as shown:
        screen.print(render_status(found, assess_state(found)))
    assert f"in sync (not compared): {MANY + 1} documents, 20000 indexed" in shown.get()
    assert "in sync: 2 documents, 2 indexed" in shown.get()


class Bedrock:
    """A Knowledge Base with these jobs."""

    def __init__(self, *jobs: Mapping[str, object]) -> None:
        self._jobs = jobs

    def list_ingestion_jobs(self, **_: object) -> dict[str, object]:
        return {"ingestionJobSummaries": list(self._jobs)}


def job(description: str, *, failed: int = 0, minutes: int = 0) -> dict[str, object]:
    return {
        "status": "COMPLETE",
        "startedAt": NOON - timedelta(minutes=minutes),
        "description": description,
        "statistics": {"numberOfDocumentsFailed": failed},
    }


@pytest.mark.parametrize(
    "description,told",
    [
        ("content 12ab", "in sync after 0 jobs"),
        (
            "content not compared",
            "not compared, because there are too many documents (a sweep compares them within an hour), after 0 jobs",
        ),
    ],
)
def test_reconcile_says_in_sync_only_if_the_sweep_has_compared(description: str, told: str) -> None:
    answer = {"Payload": io.BytesIO(json.dumps({"decision": "covered"}).encode())}
    clients = SimpleNamespace(
        functions=lambda _: SimpleNamespace(invoke=lambda **_: answer),
        bedrock_agent=lambda _: Bedrock(job(description), job("content old", minutes=9)),
    )
    steps = ReconcileSteps(SimpleNamespace(clients=clients), MANIFEST, wait_seconds=1)
    assert steps.ingest(Ingest(role="failover")) == told


def test_documents_that_a_complete_job_could_not_ingest_are_a_note_and_not_a_reason() -> None:
    jobs = read_jobs(Bedrock(job("a test", failed=2)), MANIFEST.regions["failover"])  # type: ignore[arg-type]  # a stand-in for the client
    knowledge = compare_with_bucket(IndexState(jobs=jobs, indexed=1, failed=0), Listing(documents={}))
    verdict = assess_state(state(failover=region("failover", knowledge_base=knowledge)))
    assert (verdict.name, verdict.reasons) == ("ready", ())
    assert verdict.notes == (f"2 documents could not be ingested in {EAST}: see `GET /ingestion-status` there",)
    assert assess_state(state(failover=region("failover", knowledge_base=IN_STEP))).notes == ()
