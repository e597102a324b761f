"""Publish a message to this region's topic and to its default event bus."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from notifications.messages import DETAIL_TYPES, SOURCE, Message
from notifications.state import Channel

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class Topics(Protocol):
    """The part of a client of SNS that is used."""

    def publish(
        self,
        *,
        TopicArn: str,  # noqa: N803 - the arguments of boto3's
        Subject: str,  # noqa: N803
        Message: str,  # noqa: N803
        MessageStructure: str,  # noqa: N803
        MessageAttributes: Mapping[str, Mapping[str, str]],  # noqa: N803
    ) -> object:
        """Publish a message."""


class NotPublishedError(Exception):
    """EventBridge refused an event. The message is its error code."""


class Publisher(Protocol):
    """Publishes a message on one channel. Raises botocore's errors, and `NotPublishedError`."""

    def publish(self, message: Message, channel: Channel) -> None:
        """Publish the message."""


@dataclass(frozen=True, kw_only=True)
class AwsPublisher:
    """Publishes to a topic of SNS, and to the default bus of EventBridge."""

    sns: Topics
    events: "EventBridgeClient"
    topic_arn: str

    def publish(self, message: Message, channel: Channel) -> None:
        """Publish the message. Raises botocore's errors, and `NotPublishedError`."""
        if channel == "topic":
            self._to_topic(message)
        else:
            self._to_bus(message)

    def _to_topic(self, message: Message) -> None:
        """Send the text to those who read emails and short messages, and the document to programs.

        Source: docs.aws.amazon.com, SNS, "Publishing Amazon SNS messages with platform-specific payloads".
        """
        change = message.change
        attributes = {"kind": change.kind, "phase": change.phase, "reportedBy": message.reported_by}
        self.sns.publish(
            TopicArn=self.topic_arn,
            Subject=message.subject,
            Message=json.dumps(topic_payloads(message)),
            MessageStructure="json",
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )

    def _to_bus(self, message: Message) -> None:
        """Put the event. `PutEvents` reports a refused event in its answer."""
        answer = self.events.put_events(
            Entries=[
                {
                    "Source": SOURCE,
                    "DetailType": DETAIL_TYPES[message.change.kind],
                    "Detail": json.dumps(message.document()),
                }
            ]
        )
        refused: list[Any] = [entry for entry in answer["Entries"] if "ErrorCode" in entry]
        if answer["FailedEntryCount"] or refused:
            raise NotPublishedError(refused[0]["ErrorCode"] if refused else "FailedEntryCount")


def topic_payloads(message: Message) -> dict[str, str]:
    """Return the payload for each protocol: an email has the text and the document, all others the document alone."""
    document = message.document()
    attached = json.dumps({name: value for name, value in document.items() if name != "text"}, indent=1)
    return {
        "default": json.dumps(document),
        "email": f"{message.text}\n\n{attached}\n",
        "sms": message.words.title,
    }
