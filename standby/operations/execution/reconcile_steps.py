"""The steps of a reconciliation: copy documents, start ingestion jobs, complete the journals."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from standby.console import Stopwatch, print_progress
from standby.deployment.answers import take_text
from standby.deployment.concurrency import (
    STALL_SECONDS,
    StalledError,
    Unavailable,
    attempt,
    explain,
    map_concurrently,
)
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest, Region
from standby.deployment.sweep import run_sweep
from standby.errors import StandbyError
from standby.operations.execution.checkpoint import FROM_DOCUMENTS, Checkpoint
from standby.operations.execution.run import PlanRun, StepFailedError
from standby.operations.facts import journal
from standby.operations.facts.documents import MissingDocument
from standby.operations.facts.journal import PendingWrite
from standby.operations.facts.knowledge_base import NOT_COMPARED, IngestionJob, last_complete_job, read_jobs
from standby.operations.plans.plan import CopyDocuments, CopyEvents, Ingest
from standby.operations.plans.remainder import DOCUMENTS
from standby.text import describe_seconds, pluralize

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WORKERS: Final = 32
RATE_SECONDS: Final = 1.0
"""A rate of a shorter time says nothing."""
PROGRESS_EVERY: Final = 100
COPY_BYTES_PER_SECOND: Final = 16 * 2**20
"""A slow copy between two regions: our assumption, so that a large document is not taken for a silent region."""
NOT_TRIED: Final = "not tried"
MAX_UNANSWERED_IN_A_ROW: Final = 20
"""The number of consecutive copies without an answer after which no more are tried. Each one waits as long as a large
document takes."""

CHANGED: Final = "changed"
"""The result of a document that was not copied because it was written or deleted on one side during the run."""

_SETTLED: Final = frozenset({"copied", "there already", CHANGED})
"""The results after which a document needs no other copy in this run."""

MAX_THROTTLED: Final = 8
"""How often a copy is tried that S3 asks to slow down. Between the tries, botocore's adaptive mode limits the rate of
all copies. Source: boto3's documentation, "Retries", adaptive retry mode."""
_THROTTLED: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})

CONFLICT_PAUSES: Final = (0.2, 0.5, 1.0)
"""Seconds before a copy is retried after a 409: S3 refuses one of two concurrent operations on a key. Source: the page
that `_try_copy` names."""

MAX_FAILED_JOBS: Final = 3
JOB_PAUSE_SECONDS: Final = 3.0
_CHANGED_STATUSES: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED})


class ReconcileSteps:
    """The steps for one deployment. Each returns the detail that the journal records."""

    def __init__(self, connection: Connection, manifest: Manifest, *, wait_seconds: float) -> None:
        self._connection = connection
        self._manifest = manifest
        self._wait_seconds = wait_seconds

    def copy_documents(self, run: PlanRun, action: CopyDocuments) -> str:
        """Copy each document that is still missing; a document that has changed is pending for the next run.

        Raises `StepFailedError` when some documents could not be copied.
        """
        source, destination = self._manifest.regions[action.source], self._manifest.regions[action.destination]
        counter = ProgressCounter(len(action.documents), f"copying to {destination.region}")
        breaker = CircuitBreaker()
        s3 = self._connection.clients.long_running_s3(destination.region)
        pending = self._begin_checkpoint(action)

        def copy(item: tuple[int, MissingDocument]) -> None:
            number, missing = item
            result = breaker.call(partial(_copy_document, s3, missing, source, destination))
            run.details.append(f"{destination.region}: {result}: {missing.document.key} ({missing.why})")
            counter.count_one(result.partition(":")[0])
            if pending is not None and result in _SETTLED:
                pending.checkpoint.add_done(pending.numbers[number])

        try:
            seconds = _copy_stall_seconds(action.documents)
            map_concurrently(enumerate(action.documents), copy, workers=WORKERS, stall_seconds=seconds)
        except StalledError as error:
            done = f"{error.done} of {pluralize(len(action.documents), 'document')} done"
            silent = f"S3 in {destination.region} ended no copy for {seconds:.0f} s"
            why = f"{done} ({_join(counter.results)}); {silent}; run `standby reconcile` again"
            raise StepFailedError(why) from error
        results = counter.results
        if pending is not None and not results[NOT_TRIED]:
            pending.checkpoint.remove()
        if results[CHANGED]:
            why = f"{pluralize(results[CHANGED], 'document')} of {source.region} {CHANGED} during the run"
            run.pending_writes.append(PendingWrite(region=destination.region, what=DOCUMENTS, why=why))
        return _summarize(results)

    def _begin_checkpoint(self, action: CopyDocuments) -> "_Pending | None":
        """Return the file of a long copy, or of the rest of one; None if there is none, or it cannot be written."""
        checkpoint = Checkpoint.of(self._manifest, action.source)
        try:
            if len(action.documents) < FROM_DOCUMENTS and not checkpoint.path.exists():
                return None
            numbers = checkpoint.go_on(action.documents, now=self._connection.clients.clock.now())
        except OSError as error:
            print_progress(f"  {checkpoint.path} cannot be written ({error.strerror}): if this ends, it begins again")
            return None
        return _Pending(checkpoint=checkpoint, numbers=numbers)

    def ingest(self, action: Ingest) -> str:
        """Run the sweep until the Knowledge Base has indexed the bucket's content.

        Raises `StepFailedError` when the time is over, or when jobs fail repeatedly.
        """
        region, stopwatch, starts = self._manifest.regions[action.role], Stopwatch(), 0
        while (decision := self._sweep(region)) != "covered":
            starts += decision == "start"
            if starts > MAX_FAILED_JOBS:
                why = self._describe_last_job(region)
                raise StepFailedError(f"{MAX_FAILED_JOBS} jobs started and none covered the bucket: {why}")
            if stopwatch.seconds > self._wait_seconds:
                waited = f"{self._wait_seconds:.0f} s"
                raise StepFailedError(f"not in sync within {waited} ({decision}); run `standby reconcile`")
            time.sleep(JOB_PAUSE_SECONDS if decision == "wait" or starts > 1 else JOB_PAUSE_SECONDS / 10)
        return f"{self._describe_coverage(region)} after {pluralize(starts, 'job')}"

    def copy_events(self, action: CopyEvents) -> str:
        """Write the events that the region's journal lacks. Raises `StepFailedError` when that fails."""
        region = self._manifest.regions[action.role]
        client = self._connection.clients.s3(region.region)
        try:
            write = partial(journal.write_event, client, region)
            map_concurrently(action.events, write, workers=WORKERS, stall_seconds=STALL_SECONDS)
        except (ClientError, BotoCoreError, StalledError) as error:
            raise StepFailedError(f"the journal {explain(error)}") from error
        return pluralize(len(action.events), "event")

    def _sweep(self, region: Region) -> str:
        try:
            return run_sweep(self._connection.clients.functions(region.region), region)
        except (ClientError, BotoCoreError) as error:
            raise StepFailedError(f"{region.ingest_function} {explain(error)}") from error
        except StandbyError as error:
            raise StepFailedError(error.message) from error

    def _describe_coverage(self, region: Region) -> str:
        """Describe what `covered` means, because `ingest` also returns it for a bucket that it cannot compare."""
        jobs = self._read_jobs(region)
        good = None if isinstance(jobs, Unavailable) else last_complete_job(jobs)
        if good is not None and good.description == NOT_COMPARED:
            return "not compared, because there are too many documents (a sweep compares them within an hour),"
        return "in sync"

    def _describe_last_job(self, region: Region) -> str:
        jobs = self._read_jobs(region)
        if isinstance(jobs, Unavailable):
            return f"the Knowledge Base {jobs}"
        return f"the last job is {jobs[0].status}" if jobs else "there is no job"

    def _read_jobs(self, region: Region) -> tuple[IngestionJob, ...] | Unavailable:
        return attempt(lambda: read_jobs(self._connection.clients.bedrock_agent(region.region), region))


@dataclass(frozen=True, kw_only=True)
class _Pending:
    """The file of a long copy, and the number in it of each document."""

    checkpoint: Checkpoint
    numbers: Sequence[int]


class CircuitBreaker:
    """Makes calls until N consecutive calls get no answer: then the region is down, and no more are tried."""

    def __init__(self) -> None:
        self._unanswered_in_a_row = 0
        self._lock = threading.Lock()

    def call(self, copy: Callable[[], str]) -> str:
        """Return the result of a copy, the reason why it failed, or `NOT_TRIED`."""
        if self._unanswered_in_a_row >= MAX_UNANSWERED_IN_A_ROW:
            return NOT_TRIED
        result = attempt(copy)
        unanswered = isinstance(result, Unavailable) and result.unreachable
        with self._lock:
            if self._unanswered_in_a_row < MAX_UNANSWERED_IN_A_ROW:
                self._unanswered_in_a_row = self._unanswered_in_a_row + 1 if unanswered else 0
        return f"failed: {result}" if isinstance(result, Unavailable) else result


class ProgressCounter:
    """Counts items by their result, and reports the count after every N of them."""

    def __init__(self, total: int, what: str) -> None:
        self._total, self._what = total, what
        self._results: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._stopwatch = Stopwatch()

    @property
    def results(self) -> Counter[str]:
        """How many items had which result so far."""
        with self._lock:
            return Counter(self._results)

    def count_one(self, result: str) -> None:
        """Count one item with this result."""
        with self._lock:
            self._results[result] += 1
            done = self._results.total()
            if done % PROGRESS_EVERY == 0:
                print_progress(f"  {self._what}: {done} of {self._total}{self._describe_rate(done)}")

    def _describe_rate(self, done: int) -> str:
        """Return the rate and the time left, once there is a rate."""
        seconds = self._stopwatch.seconds
        if seconds < RATE_SECONDS:
            return ""
        left = (self._total - done) * seconds / done
        return f", {60 * done / seconds:.0f} a minute, {describe_seconds(left)} left"


def _copy_stall_seconds(documents: Iterable[MissingDocument]) -> float:
    """Return how long no copy may end: `STALL_SECONDS`, and what the largest document takes."""
    return STALL_SECONDS + max((one.document.size for one in documents), default=0) / COPY_BYTES_PER_SECOND


def _join(results: Counter[str]) -> str:
    return ", ".join(f"{number} {result}" for result, number in sorted(results.items()))


def _summarize(results: Counter[str]) -> str:
    summary = _join(results)
    if results[NOT_TRIED]:
        summary += f", because {MAX_UNANSWERED_IN_A_ROW} in a row were not answered"
    if results["failed"]:
        raise StepFailedError(f"{summary}; --verbose names each")
    return summary


def _copy_document(s3: "S3Client", missing: MissingDocument, source: Region, destination: Region) -> str:
    """Copy one document unless it has changed: nothing newer is overwritten, and S3 keeps every version.

    Returns `copied`, `there already` (the destination has this version now) or `CHANGED`. Raises botocore's errors.
    """
    status = _copy_at_rate(s3, missing, source, destination)
    for pause in CONFLICT_PAUSES:
        if status != HTTPStatus.CONFLICT:
            break
        time.sleep(pause)
        status = _copy_at_rate(s3, missing, source, destination)
    if status == HTTPStatus.OK:
        return "copied"
    now = _read_etag(s3, destination, missing.document.key)
    return "there already" if now == missing.document.etag else CHANGED


def _copy_at_rate(s3: "S3Client", missing: MissingDocument, source: Region, destination: Region) -> int:
    """Copy as `_try_copy` does, again each time that S3 asks to slow down."""
    for _ in range(MAX_THROTTLED - 1):
        try:
            return _try_copy(s3, missing, source, destination)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in _THROTTLED:
                raise
    return _try_copy(s3, missing, source, destination)


def _try_copy(s3: "S3Client", missing: MissingDocument, source: Region, destination: Region) -> int:
    """Copy on condition that neither side has changed; return 200, or the status with which S3 refused the copy.

    S3 itself checks the conditions on the destination. Source: docs.aws.amazon.com, S3, "How to prevent object
    overwrites with conditional writes". This function checks them first, because the emulator supports them for
    PutObject only.
    """
    key, etag = missing.document.key, missing.destination_etag
    condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
    if _read_etag(s3, destination, key) != etag:
        return HTTPStatus.PRECONDITION_FAILED
    try:
        answer = s3.copy_object(
            Bucket=destination.documents_bucket,
            Key=key,
            CopySource={"Bucket": source.documents_bucket, "Key": key},
            CopySourceIfMatch=missing.document.etag,
            **condition,  # type: ignore[arg-type]  # one of two keyword arguments, both text
        )
        take_text(answer, "CopyObjectResult", "ETag")
    except ClientError as error:
        if (status := error.response["ResponseMetadata"]["HTTPStatusCode"]) in _CHANGED_STATUSES:
            return status
        raise
    return HTTPStatus.OK


def _read_etag(s3: "S3Client", region: Region, key: str) -> str:
    try:
        return take_text(s3.head_object(Bucket=region.documents_bucket, Key=key), "ETag")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_FOUND:
            return ""
        raise
