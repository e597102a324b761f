"""One run: look, remember what is new, report what is due, and remember that it was reported.

What is to be reported is written before it is reported, and marked after. So a run that ends in between loses nothing:
the change is reported again, with the same id. Each write is conditional, so of two runs at the same time one reports.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from notifications.changes import drop_reported_by_peer, due, notice
from notifications.facts import Look
from notifications.messages import Message
from notifications.publish import NotPublishedError, Publisher
from notifications.read import STATE_KEY
from notifications.state import Change, Channel, InvalidStateError, State, format_time, parse_state, render_state
from shared.errors import describe_aws_error, error_code
from shared.logs import Log
from standby_protocol.conditional_write import CHANGED, NO_SUCH_KEY

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Result = TypeVar("Result")

PATIENCE: Final = timedelta(seconds=60)
"""How long a region waits for the other one to report a change, and for an earlier run of its own."""
DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException"})
ATTEMPTS: Final = 5
LONGEST_PAUSE_SECONDS: Final = 0.4


class StateChangedError(Exception):
    """Another run has written the state since it was read."""


class StateStore(Protocol):
    """Where the state is. `load` returns it with its ETag, "" if there is none."""

    def load(self) -> tuple[State, str]:
        """Return the state and its ETag."""

    def store(self, state: State, etag: str) -> str:
        """Replace the state that has this ETag, and return the new ETag. Raises `StateChangedError`."""


@dataclass(frozen=True, kw_only=True)
class BucketStateStore:
    """The state as an object in the frontend bucket."""

    s3: "S3Client"
    bucket: str
    log: Log

    def load(self) -> tuple[State, str]:
        """Return the state and its ETag. An object that cannot be read is replaced, as if this were the first look."""
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=STATE_KEY)
        except ClientError as error:
            if error_code(error) == NO_SUCH_KEY:
                return State(), ""
            raise
        try:
            return parse_state(answer["Body"].read().decode("utf-8", errors="replace")), answer["ETag"]
        except InvalidStateError as error:
            self.log.error("state_invalid", reason=str(error))  # noqa: TRY400 - no fault of this code
            return State(), answer["ETag"]

    def store(self, state: State, etag: str) -> str:
        """Replace the state. Raises `StateChangedError`, and botocore's errors."""
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            answer = self.s3.put_object(
                Bucket=self.bucket,
                Key=STATE_KEY,
                Body=render_state(state).encode(),
                ContentType="application/json",
                CacheControl="no-store",
                **condition,  # type: ignore[arg-type]  # one of two keyword arguments, both text
            )
        except ClientError as error:
            if error_code(error) in CHANGED:
                raise StateChangedError from error
            raise
        return answer["ETag"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run did. `unread` has AWS's error codes of what could not be read, by region, `alarms` or `controller`.

    `left`: the changes that could not be reported on every channel. The next run reports them on those that are left.
    """

    reported: int
    left: int
    unread: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Run:
    """The parts of a run. `look` reads the facts that follow a state, at a time."""

    deployment: str
    region: str
    other: str
    store: StateStore
    look: Callable[[State, datetime], Look]
    publisher: Publisher
    now: Callable[[], datetime]
    log: Log
    sleep: Callable[[float], None] = time.sleep

    def run(self) -> Outcome:
        """Return what was reported, what was not, and what could not be read. Raises `StateChangedError`."""
        look, claimed = self._claim()
        for place, error in look.unread.items():
            self._log_unread(place, error)
        reported = sum(self._report(change) for change in claimed)
        return Outcome(reported=reported, left=len(claimed) - reported, unread=look.unread)

    def _log_unread(self, place: str, error: str) -> None:
        """Log what could not be read: as an error if it is this region's, or if a permission is missing."""
        write = self.log.warning if place == self.other and error not in DENIED else self.log.error
        write("unread", place=place, awsError=error)

    def _claim(self) -> tuple[Look, tuple[Change, ...]]:
        """Look, and write what is new and what this run is about to report."""

        def claim(state: State) -> tuple[State, tuple[Look, tuple[Change, ...]]]:
            now = self.now()
            look = self.look(state, now)
            state = drop_reported_by_peer(notice(state, look), look)
            mine = tuple(due(state, look, patience=PATIENCE))
            ids = {change.id for change in mine}
            stamp = format_time(now)
            waiting = tuple(
                replace(change, claimed_at=stamp) if change.id in ids else change for change in state.waiting
            )
            return replace(state, waiting=waiting), (look, mine)

        return self._update(claim)

    def _report(self, change: Change) -> bool:
        """Publish a change on the channels that are left, and mark it. Return whether none is left."""
        message = Message(deployment=self.deployment, reported_by=self.region, change=change)
        left = tuple(channel for channel in change.left if not self._published(message, channel))
        self._update(lambda state: (_mark(state, change, left), None))
        return not left

    def _published(self, message: Message, channel: Channel) -> bool:
        try:
            self.publisher.publish(message, channel)
        except (ClientError, BotoCoreError) as error:
            failed = describe_aws_error(error)
        except NotPublishedError as error:
            failed = {"awsError": str(error)}
        else:
            self.log.info("reported", channel=channel, id=message.change.id, kind=message.change.kind)
            return True
        self.log.error("not_published", channel=channel, id=message.change.id, **failed)
        return False

    def _update(self, change: Callable[[State], tuple[State, Result]]) -> Result:
        """Change the state. Repeat it on the newer state when another run has written."""
        for attempt in range(1, ATTEMPTS + 1):
            state, etag = self.store.load()
            changed, result = change(state)
            try:
                self.store.store(changed, etag)
            except StateChangedError:
                if attempt == ATTEMPTS:
                    raise
                self.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311 - jitter, not a secret
            else:
                return result
        raise AssertionError


def _mark(state: State, change: Change, left: tuple[Channel, ...]) -> State:
    """Return the state in which a change is reported, or waits for the channels that are left, without a claim."""
    if not left:
        return state.with_reported(change.id)
    waiting = tuple(replace(one, left=left, claimed_at="") if one.id == change.id else one for one in state.waiting)
    return replace(state, waiting=waiting)
