"""Read what the topics and the event buses of a rehearsal report, as a subscriber does."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from notifications.messages import SOURCE
from standby.deployment.manifest import ROLES, Role
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import wait_for

QUEUE: Final = "subscriber"
SECONDS: Final = 90.0
"""The other region reports after a minute what the serving one has not reported."""

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """The queues that are subscribed to the topic and to the bus of each region, and what came so far."""

    rehearsal: Rehearsal
    received: dict[tuple[Role, str], list[Json]] = field(
        default_factory=lambda: {(role, channel): [] for role in ROLES for channel in ("topic", "bus")}
    )

    def read(self, role: Role, channel: str) -> list[Json]:
        """Return the documents that a region reported on a channel."""
        sqs = self.rehearsal.session(role).client("sqs")
        url = sqs.get_queue_url(QueueName=f"{QUEUE}-{channel}")["QueueUrl"]
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                body = json.loads(message["Body"])
                document = json.loads(body["Message"]) if channel == "topic" else body["detail"]
                self.received[role, channel].append(document)
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return self.received[role, channel]

    def wait_for(self, role: Role, channel: str, kind: str, **facts: object) -> Json:
        """Return the last document of a kind with these members or facts."""

        def found() -> Json | None:
            fitting = [
                one
                for one in self.read(role, channel)
                if one["kind"] == kind and facts.items() <= {**one["facts"], "phase": one["phase"]}.items()
            ]
            return fitting[-1] if fitting else None

        return wait_for(found, what=f"{kind} {facts} from {role} on the {channel}", seconds=SECONDS)

    def ids(self, channel: str) -> list[str]:
        """Return the ids that both regions reported on a channel."""
        return [one["id"] for role in ROLES for one in self.read(role, channel)]


@contextmanager
def subscribed(rehearsal: Rehearsal) -> Iterator[Inbox]:
    """Subscribe a queue to each topic and to each bus during this block."""
    with ExitStack() as stack:
        for role in ROLES:
            stack.enter_context(_queue_of_topic(rehearsal, role))
            stack.enter_context(_queue_of_bus(rehearsal, role))
        yield Inbox(rehearsal=rehearsal)


@contextmanager
def _queue_of_topic(rehearsal: Rehearsal, role: Role) -> Iterator[None]:
    sns, topic = rehearsal.session(role).client("sns"), rehearsal.outputs[f"{role}_notification_topic_arn"]
    with _queue(rehearsal, role, "topic", service="sns.amazonaws.com", source=topic) as arn:
        subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
        yield
        sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])


@contextmanager
def _queue_of_bus(rehearsal: Rehearsal, role: Role) -> Iterator[None]:
    events = rehearsal.session(role).client("events")
    pattern = json.dumps({"source": [SOURCE]})
    rule = events.put_rule(Name=QUEUE, EventPattern=pattern)["RuleArn"]
    with _queue(rehearsal, role, "bus", service="events.amazonaws.com", source=rule) as arn:
        events.put_targets(Rule=QUEUE, Targets=[{"Id": QUEUE, "Arn": arn}])
        yield
        events.remove_targets(Rule=QUEUE, Ids=[QUEUE])
        events.delete_rule(Name=QUEUE)


@contextmanager
def _queue(rehearsal: Rehearsal, role: Role, channel: str, *, service: str, source: str) -> Iterator[str]:
    """Make a queue into which one topic or rule may send. Yield its ARN."""
    sqs, name = rehearsal.session(role).client("sqs"), f"{QUEUE}-{channel}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    yield arn
    sqs.delete_queue(QueueUrl=url)


def invoke(rehearsal: Rehearsal, role: Role) -> Mapping[str, Any]:
    """Run the function of a region as its schedule does. Return its answer, or the error in it."""
    client = rehearsal.session(role).client("lambda")
    answer = client.invoke(FunctionName=f"{rehearsal.deployment.name}-notifications", Payload=b"{}")
    found: Mapping[str, Any] = json.loads(answer["Payload"].read())
    return found
