"""The content of the bucket as one invocation describes it, for a batch of events or for a sweep."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ingest.bucket_pages import ReadPage
from ingest.bucket_reader import Progress, Reading, read_more
from ingest.checkpoint import Checkpoint
from ingest.decision import LARGE_PAGES, continue_reading
from ingest.tombstones import Tombstones
from shared.aws_calls import Budget
from shared.ingestion_jobs import Job
from shared.logs import Log


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """How the bucket is read, where the state of a reading is kept, and how documents with a tombstone are deleted."""

    read_page: ReadPage
    checkpoint: Checkpoint
    tombstones: Tombstones


class Content:
    """Describes the bucket's content, in the seconds that one invocation has for it.

    Documents that have a tombstone are deleted first, and the description is without them. A later attempt to start a
    job describes the content again if there is time, because more objects may have arrived.
    """

    def __init__(self, bucket: Bucket, *, budget: Budget, now: Callable[[], datetime], log: Log) -> None:
        self._bucket = bucket
        self._now = now
        self._budget = budget
        self._log = log
        self._attempts = 0
        self._saved: Reading | None = None
        self._complete: Reading | None = None

    def describe(self) -> str | None:
        """Return the description for a batch, whose job starts in any case; None if there is no time to read all.

        It keeps no state: a bucket that needs several invocations is read by the sweeps. Raises `bucket_reader.Errors`
        if the bucket cannot be listed.
        """
        self._begin()
        if self._saved and (self._saved.unread or self._saved.invocations > 1):
            return None
        return self._read(Reading(started=self._now())).description

    def compare(self, jobs: Sequence[Job], *, may_rest: bool) -> Reading:
        """Return the sweep's reading, complete or not, and keep its state for the next sweep.

        Raises `bucket_reader.Errors` if the bucket cannot be listed. The pages before the error are not read again.
        """
        self._begin()
        now = self._now()
        if self._complete:
            begun = Reading(started=now, verified=self._complete.verified)
        else:
            begun = continue_reading(self._saved, jobs, now=now, may_rest=may_rest)
        return self._read(begun, keep=True) if begun.unread else begun

    def confirm(self, reading: Reading) -> None:
        """Keep that everything that this reading found is indexed."""
        if not reading.unread and reading.verified != reading.started:
            self._keep(replace(reading, verified=reading.started))

    def _begin(self) -> None:
        if not self._attempts:
            self._saved = self._bucket.checkpoint.read(self._log)
        self._attempts += 1

    def _read(self, begun: Reading, *, keep: bool = False) -> Reading:
        progress = read_more(self._bucket.read_page, begun, budget=self._budget)
        self._bucket.tombstones.delete(progress.undeleted, self._log)
        if keep:
            self._keep(progress.reading)
        return self._settle(progress)

    def _settle(self, progress: Progress) -> Reading:
        """Raise the error of a reading. Without the time to read all once more, the attempt before is still true."""
        if progress.error:
            raise progress.error
        if not progress.reading.unread:
            self._complete = progress.reading
        return self._complete or progress.reading

    def _keep(self, reading: Reading) -> None:
        """Keep the state, unless a whole reading is so short that the next sweep begins with a new one."""
        is_short = not reading.unread and reading.pages <= LARGE_PAGES
        if (self._complete and reading.unread) or (is_short and self._saved is None):
            return
        self._saved = None if is_short else reading
        self._bucket.checkpoint.write(self._saved, self._log)
