"""What the steps of `reconcile` do: copy documents inside S3, bring Knowledge Bases into step, complete journals."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from standby.console import print_progress
from standby.deployment.concurrency import Unavailable, attempt, explain, map_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest, Region
from standby.operations.execution.executor import PlanRun, StepFailedError
from standby.operations.facts import journal
from standby.operations.facts.documents import MissingDocument
from standby.operations.facts.journal import PendingWrite
from standby.operations.facts.knowledge_base import NOT_COMPARED, IngestionJob, last_complete_job, read_jobs
from standby.operations.plans.plan import CopyDocuments, CopyEvents, Ingest
from standby.operations.plans.reconcile import DOCUMENTS
from standby.text import pluralize

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WORKERS: Final = 16
LINES_EVERY: Final = 100
NOT_TRIED: Final = "not tried"
MAX_UNANSWERED_IN_A_ROW: Final = 20
"""After so many copies in a row without an answer, each waited for as long as a large document takes, none is tried."""

CHANGED: Final = "changed meanwhile"
"""What is said of a document that was not copied, for one side or the other was written or deleted meanwhile."""

CONFLICT_PAUSES: Final = (0.2, 0.5, 1.0)
"""S3 refuses one of two operations on a key at once (409). Source: the page that `_refused` names."""

_MEANWHILE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED})
PAUSE_SECONDS: Final = 3.0
FAILED_JOBS: Final = 3
SWEEP_EVENT: Final = {
    "version": "0",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "resources": [],
    "detail": {},
}
"""The event of a schedule, which `ingest` takes as: start a job if the bucket is not what the last good one saw.
Source: docs.aws.amazon.com, EventBridge, "Creating a rule that runs on a schedule"."""


class ReconcileSteps:
    """The steps, on one deployment."""

    def __init__(self, connection: Connection, manifest: Manifest, *, wait_seconds: float) -> None:
        self._connection = connection
        self._manifest = manifest
        self._wait = wait_seconds

    def copy_documents(self, run: PlanRun, action: CopyDocuments) -> str:
        """Copy each document that is still missing; what changed meanwhile is left for the next run.

        Raises `StepFailedError` when some could not be copied.
        """
        source, destination = self._manifest.regions[action.source], self._manifest.regions[action.destination]
        count, silence = ProgressCounter(len(action.documents), f"copying to {destination.region}"), CircuitBreaker()

        def copy(missing: MissingDocument) -> str:
            result = silence.ask(partial(self._copy, missing, source, destination))
            run.details.append(f"{destination.region}: {result}: {missing.document.key} ({missing.why})")
            count.one_more()
            return result.partition(":")[0]

        results = Counter(map_concurrently(action.documents, copy, workers=WORKERS))
        if results[CHANGED]:
            why = f"{pluralize(results[CHANGED], 'document')} of {source.region} {CHANGED}"
            run.pending_writes.append(PendingWrite(region=destination.region, what=DOCUMENTS, why=why))
        return _told(results)

    def ingest(self, action: Ingest) -> str:
        """Have `ingest` start jobs until the Knowledge Base has seen what the bucket holds.

        Raises `StepFailedError` when it has not within the time, or when jobs fail again and again.
        """
        region, began, starts = self._manifest.regions[action.role], time.monotonic(), 0
        while (decision := self._sweep(region)) != "covered":
            starts += decision == "start"
            if starts > FAILED_JOBS:
                raise StepFailedError(f"{FAILED_JOBS} jobs started and none covered the bucket: {self._why(region)}")
            if time.monotonic() - began > self._wait:
                raise StepFailedError(f"not in step within {self._wait:.0f} s ({decision}); run `standby reconcile`")
            print_progress(
                f"  waiting for the Knowledge Base of {region.region} ({decision}, {time.monotonic() - began:.0f} s)"
            )
            time.sleep(PAUSE_SECONDS if decision == "wait" or starts > 1 else PAUSE_SECONDS / 10)
        return f"{self._compared(region)} after {pluralize(starts, 'job')}"

    def copy_events(self, action: CopyEvents) -> str:
        """Write the events that the region's journal lacks. Raises `StepFailedError` when that fails."""
        region = self._manifest.regions[action.role]
        client = self._connection.clients.s3(region.region)
        try:
            map_concurrently(action.events, lambda event: journal.write_event(client, region, event), workers=WORKERS)
        except (ClientError, BotoCoreError) as error:
            raise StepFailedError(f"the journal {explain(error)}") from error
        return pluralize(len(action.events), "event")

    def _copy(self, missing: MissingDocument, source: Region, destination: Region) -> str:
        return _copied(self._connection.clients.long_running_s3(destination.region), missing, source, destination)

    def _sweep(self, region: Region) -> str:
        event = {**SWEEP_EVENT, "region": region.region, "time": f"{datetime.now(tz=UTC):%Y-%m-%dT%H:%M:%SZ}"}
        try:
            answer = self._connection.clients.functions(region.region).invoke(
                FunctionName=region.ingest_function, Payload=json.dumps(event).encode()
            )
            body = json.loads(answer["Payload"].read() or b"null")
        except (ClientError, BotoCoreError, ValueError) as error:
            raise StepFailedError(f"{region.ingest_function} {explain(error)}") from error
        if answer.get("FunctionError") or not isinstance(body, Mapping):
            raise StepFailedError(f"{region.ingest_function} failed: {str(body)[:200]}")
        return str(body.get("decision"))

    def _compared(self, region: Region) -> str:
        """Say how far `covered` may be believed: of a bucket that `ingest` cannot compare it says so once an hour."""
        jobs = self._jobs(region)
        good = None if isinstance(jobs, Unavailable) else last_complete_job(jobs)
        if good is not None and good.description == NOT_COMPARED:
            return "not compared, for there are too many documents (a sweep synchronises them every hour),"
        return "in step"

    def _why(self, region: Region) -> str:
        jobs = self._jobs(region)
        if isinstance(jobs, Unavailable):
            return f"the Knowledge Base {jobs}"
        return f"the last job is {jobs[0].status}" if jobs else "there is no job"

    def _jobs(self, region: Region) -> tuple[IngestionJob, ...] | Unavailable:
        return attempt(lambda: read_jobs(self._connection.clients.bedrock_agent(region.region), region))


def _told(results: Counter[str]) -> str:
    told = ", ".join(f"{number} {result}" for result, number in sorted(results.items()))
    if results[NOT_TRIED]:
        told += f", for {MAX_UNANSWERED_IN_A_ROW} in a row were not answered"
    if results["failed"]:
        raise StepFailedError(f"{told}; --verbose names each")
    return told


def _copied(s3: "S3Client", missing: MissingDocument, source: Region, destination: Region) -> str:
    """Copy one document, unless somebody was faster: nothing newer is ever overwritten, and S3 keeps every version.

    What met another operation on the same key is tried again. Says `CHANGED` of a document that may not be there.
    Raises botocore's errors.
    """
    refused = _refused(s3, missing, source, destination)
    for pause in CONFLICT_PAUSES:
        if refused != HTTPStatus.CONFLICT:
            break
        time.sleep(pause)
        refused = _refused(s3, missing, source, destination)
    if not refused:
        return "copied"
    now = _etag(s3, destination, missing.document.key)
    return "there already" if now not in {"", missing.destination_etag} else CHANGED


def _refused(s3: "S3Client", missing: MissingDocument, source: Region, destination: Region) -> int:
    """Copy on condition that neither side has changed; return 0, or the status with which that was refused.

    The conditions on the destination are S3's own. Source: docs.aws.amazon.com, S3, "How to prevent object overwrites
    with conditional writes". Asked for beforehand too, for the emulator knows them for PutObject alone.
    """
    key, etag = missing.document.key, missing.destination_etag
    condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
    if _etag(s3, destination, key) != etag:
        return HTTPStatus.PRECONDITION_FAILED
    try:
        s3.copy_object(
            Bucket=destination.documents_bucket,
            Key=key,
            CopySource={"Bucket": source.documents_bucket, "Key": key},
            CopySourceIfMatch=missing.document.etag,
            **condition,  # type: ignore[arg-type]  # one of two keyword arguments, both text
        )
    except ClientError as error:
        if (status := error.response["ResponseMetadata"]["HTTPStatusCode"]) in _MEANWHILE:
            return status
        raise
    return 0


def _etag(s3: "S3Client", region: Region, key: str) -> str:
    try:
        return s3.head_object(Bucket=region.documents_bucket, Key=key)["ETag"]
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:  # noqa: PLR2004 - Not Found
            return ""
        raise


class CircuitBreaker:
    """Does one copy after another, until so many in a row were not answered: the region has died meanwhile."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._lock = threading.Lock()

    def ask(self, copy: Callable[[], str]) -> str:
        """Return what a copy came to, and why it failed; without trying it once nobody answers any more."""
        if self._in_a_row >= MAX_UNANSWERED_IN_A_ROW:
            return NOT_TRIED
        result = attempt(copy)
        unanswered = isinstance(result, Unavailable) and result.unreachable
        with self._lock:
            if self._in_a_row < MAX_UNANSWERED_IN_A_ROW:
                self._in_a_row = self._in_a_row + 1 if unanswered else 0
        return f"failed: {result}" if isinstance(result, Unavailable) else result


class ProgressCounter:
    """Says how far it is, once in so many."""

    def __init__(self, total: int, what: str) -> None:
        self._total, self._what, self._done = total, what, 0
        self._lock = threading.Lock()

    def one_more(self) -> None:
        """Count one."""
        with self._lock:
            self._done += 1
            if self._done % LINES_EVERY == 0:
                print_progress(f"  {self._what}: {self._done} of {self._total}")
