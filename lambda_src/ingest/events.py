"""The events that invoke `ingest`: SQS batches of S3 notifications, and the sweep's schedule.

Format of a notification: docs.aws.amazon.com, Amazon S3, Event message structure. The test message that S3 sends when
a notification is configured has `"Event": "s3:TestEvent"` and no records.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Message:
    """An SQS message. All its changes were in the bucket at `happened_by`; None for S3's test message.

    `created` are the keys of its new objects. `receives`: how many times it was received, this time included; SQS says
    approximately.
    """

    message_id: str
    happened_by: datetime | None
    receipt_handle: str
    created: tuple[str, ...] = ()
    receives: int = 1


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The messages of one invocation. `malformed`: ids of messages that are not S3 notifications of the bucket."""

    messages: tuple[Message, ...]
    malformed: tuple[str, ...]


def is_sweep(event: Mapping[str, object]) -> bool:
    """Return whether the event is a schedule's, which requests a sweep.

    Source: docs.aws.amazon.com, EventBridge, "Creating a rule that runs on a schedule".
    """
    return event.get("source") == "aws.events"


def may_rest(event: Mapping[str, object]) -> bool:
    """Return whether a sweep may rely on a comparison some minutes ago: EventBridge's own event, which names its rule.

    The operator's tool names none. It asks whether everything is indexed now.
    """
    return bool(event.get("resources"))


def read_batch(records: Sequence[Mapping[str, object]], *, bucket: str) -> Batch:
    """Read an SQS batch. A message that is not an S3 notification of `bucket` is malformed and does not affect others.

    Raises `KeyError` for a record without a message id, which SQS never sends.
    """
    messages: list[Message] = []
    malformed: list[str] = []
    for record in records:
        message_id = str(record["messageId"])
        try:
            messages.append(_read_message(record, message_id, bucket))
        except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
            malformed.append(message_id)
    return Batch(messages=tuple(messages), malformed=tuple(malformed))


def _read_message(record: Mapping[str, object], message_id: str, bucket: str) -> Message:
    notification = _read_notification(record)
    is_test = notification.get("Event") == "s3:TestEvent"
    return Message(
        message_id=message_id,
        happened_by=None if is_test else _happened_by(record, notification, bucket),
        created=() if is_test else tuple(_created_keys(notification)),
        receipt_handle=str(record["receiptHandle"]),
        receives=int(_attribute(record, "ApproximateReceiveCount") or 1),
    )


def _read_notification(record: Mapping[str, object]) -> dict[str, Any]:
    body = record.get("body")
    notification = json.loads(body) if isinstance(body, str) else None
    if not isinstance(notification, dict):
        raise TypeError("not a JSON object")
    return notification


def _happened_by(record: Mapping[str, object], notification: Mapping[str, Any], bucket: str) -> datetime:
    newest_event = max(_event_time(entry, bucket) for entry in notification["Records"])
    return max([newest_event, *_sent_time(record)])


def _created_keys(notification: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of the objects that were created. In an event, a key is encoded as in a form."""
    for entry in notification["Records"]:
        if str(entry["eventName"]).startswith("ObjectCreated:"):
            yield unquote_plus(str(entry["s3"]["object"]["key"]))


def _event_time(entry: Mapping[str, Mapping[str, Mapping[str, object]]], bucket: str) -> datetime:
    if entry["s3"]["bucket"]["name"] != bucket:
        raise ValueError("event of another bucket")
    moment = datetime.fromisoformat(str(entry["eventTime"]))
    if moment.tzinfo is None:
        raise ValueError("event time without time zone")
    return moment


def _sent_time(record: Mapping[str, object]) -> tuple[datetime, ...]:
    """Return the time at which S3 sent the message, if SQS provides it.

    AWS does not document whether a replica's event has the time of its arrival or of its original. The message was
    certainly sent after the arrival.
    """
    sent = _attribute(record, "SentTimestamp")
    return () if sent is None else (_EPOCH + timedelta(milliseconds=int(sent)),)


def _attribute(record: Mapping[str, object], name: str) -> str | None:
    attributes = record.get("attributes")
    return attributes.get(name) if isinstance(attributes, Mapping) else None
