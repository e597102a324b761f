"""S3 notifications as they arrive through SQS.

Body format: docs.aws.amazon.com, Amazon S3, Event message structure; the test message that S3 sends when a
notification is configured has `"Event": "s3:TestEvent"` and no records.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Message:
    """One SQS message; by `happened_by` every change that it tells of was in the bucket. None: S3's test message."""

    message_id: str
    happened_by: datetime | None


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The messages of one invocation; `malformed` holds the ids of those that no retry will make readable."""

    messages: tuple[Message, ...]
    malformed: tuple[str, ...]


def read_batch(records: Sequence[Mapping[str, object]], *, bucket: str) -> Batch:
    """Read an SQS batch; a message that is no S3 notification of `bucket` becomes malformed, alone.

    Raises `KeyError` for a record without a message id, which SQS never sends.
    """
    messages: list[Message] = []
    malformed: list[str] = []
    for record in records:
        message_id = str(record["messageId"])
        try:
            messages.append(Message(message_id=message_id, happened_by=_happened_by(record, bucket)))
        except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
            malformed.append(message_id)
    return Batch(messages=tuple(messages), malformed=tuple(malformed))


def _happened_by(record: Mapping[str, object], bucket: str) -> datetime | None:
    body = record.get("body")
    notification = json.loads(body) if isinstance(body, str) else None
    if not isinstance(notification, dict):
        raise TypeError("not a JSON object")
    if notification.get("Event") == "s3:TestEvent":
        return None
    newest_event = max(_event_time(entry, bucket) for entry in notification["Records"])
    return max([newest_event, *_sent_time(record)])


def _event_time(entry: Mapping[str, Mapping[str, Mapping[str, object]]], bucket: str) -> datetime:
    if entry["s3"]["bucket"]["name"] != bucket:
        raise ValueError("another bucket's event")
    moment = datetime.fromisoformat(str(entry["eventTime"]))
    if moment.tzinfo is None:
        raise ValueError("an event time without its zone")
    return moment


def _sent_time(record: Mapping[str, object]) -> tuple[datetime, ...]:
    """Return when S3 sent the message, if SQS says so.

    Nothing documented says whether a replica's event carries the time of its arrival or of its original; the message
    was certainly sent after the arrival.
    """
    attributes = record.get("attributes")
    sent = attributes.get("SentTimestamp") if isinstance(attributes, Mapping) else None
    return () if sent is None else (_EPOCH + timedelta(milliseconds=int(sent)),)
