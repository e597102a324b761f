"""Two regions with their buckets, alarms and notifications functions, in memory and with a clock of their own.

The functions are the real ones; only AWS is replaced. A command writes what `standby` writes, in the same order.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from botocore.exceptions import ClientError, EndpointConnectionError

from notifications.messages import Message
from notifications.read import Reader
from notifications.run import BucketStateStore, Run
from notifications.settings import Settings
from notifications.state import Channel
from shared.logs import Log
from standby_protocol.automatic import DRILL_KEY
from standby_protocol.journal import event_key
from standby_protocol.routing_config import KEY

PRIMARY, FAILOVER = "us-west-2", "us-east-1"
REGIONS = (PRIMARY, FAILOVER)
OTHER = {PRIMARY: FAILOVER, FAILOVER: PRIMARY}
APIS = {region: f"https://{region}.example.com/prod/" for region in REGIONS}
START = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)
CONTROLLER = "/warm-standby/chatbot/automatic"
ALARMS = ("chatbot-health", "chatbot-readiness")


@dataclass(kw_only=True)
class StoredObject:
    """An object of a bucket."""

    body: bytes
    modified: datetime

    @property
    def etag(self) -> str:
        """S3's ETag of a small object."""
        return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"'


def refused(code: str, operation: str = "GetObject", status: int = 403) -> ClientError:
    """Return an error of AWS."""
    return ClientError(
        {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": cast("Any", {"HTTPStatusCode": status})}, operation
    )


@dataclass(kw_only=True)
class Clock:
    """The time of the world."""

    now: datetime = START

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@dataclass(kw_only=True)
class Bucket:
    """A bucket, as a client of S3. `down`: no call is answered."""

    clock: Clock
    objects: dict[str, StoredObject] = field(default_factory=dict)
    down: bool = False
    denied: set[str] = field(default_factory=set)

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - the arguments of boto3's
        """Return an object."""
        self._answer("GetObject")
        found = self.objects.get(Key)
        if found is None:
            raise refused("NoSuchKey", status=404)
        return {"Body": io.BytesIO(found.body), "ETag": found.etag, "LastModified": found.modified}

    def put_object(self, *, Key: str, Body: bytes, **options: str) -> dict[str, str]:  # noqa: N803 - boto3's
        """Write an object, if the condition holds."""
        self._answer("PutObject")
        found = self.objects.get(Key)
        if ("IfNoneMatch" in options and found) or (
            "IfMatch" in options and (found is None or found.etag != options["IfMatch"])
        ):
            raise refused("PreconditionFailed", "PutObject", 412)
        self.write(Key, Body)
        return {"ETag": self.objects[Key].etag}

    def get_paginator(self, _: str) -> "Bucket":
        """Return what lists the objects."""
        return self

    def paginate(self, *, Bucket: str, Prefix: str, StartAfter: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        """Yield one page of each two objects."""
        self._answer("ListObjectsV2")
        keys = sorted(key for key in self.objects if key.startswith(Prefix) and key > StartAfter)
        for start in range(0, len(keys), 2):
            yield {"Contents": [{"Key": key, "ETag": self.objects[key].etag} for key in keys[start : start + 2]]}

    def write(self, key: str, body: bytes) -> None:
        """Write an object as somebody else does. S3 keeps whole seconds."""
        self.objects[key] = StoredObject(body=body, modified=self.clock.now.replace(microsecond=0))

    def _answer(self, operation: str) -> None:
        if self.down:
            raise EndpointConnectionError(endpoint_url="https://s3.example.com")
        if operation in self.denied:
            raise refused("AccessDenied", operation)


@dataclass(kw_only=True)
class Alarms:
    """The alarms of a region, as a client of CloudWatch."""

    clock: Clock
    states: dict[str, str] = field(default_factory=lambda: dict.fromkeys(ALARMS, "OK"))
    since: datetime = START
    denied: bool = False

    def describe_alarms(self, *, AlarmNames: list[str]) -> dict[str, Any]:  # noqa: N803 - boto3's
        """Return the alarms with these names."""
        if self.denied:
            raise refused("AccessDenied", "DescribeAlarms")
        return {
            "MetricAlarms": [
                {"AlarmName": name, "StateValue": self.states[name], "StateUpdatedTimestamp": self.since}
                for name in AlarmNames
                if name in self.states
            ]
        }

    def set(self, name: str, value: str) -> None:
        """Let an alarm change its state now."""
        self.states[name] = value
        self.since = self.clock.now


@dataclass(kw_only=True)
class Parameters:
    """The controller's state, as a client of Parameter Store."""

    value: str = "{}"

    def get_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        """Return the state."""
        assert Name == CONTROLLER
        return {"Parameter": {"Value": self.value}}

    def decide(self, action: str, reason: str) -> None:
        """Write what the controller decided."""
        self.value = json.dumps({"schemaVersion": 1, "looks": [], "action": action, "reason": reason})


@dataclass(kw_only=True)
class Inbox:
    """What was published, and which channels fail now."""

    sent: list[tuple[Message, Channel]] = field(default_factory=list)
    failing: set[Channel] = field(default_factory=set)

    def publish(self, message: Message, channel: Channel) -> None:
        """Keep the message."""
        if channel in self.failing:
            raise refused("InternalError", "Publish", 500)
        self.sent.append((message, channel))

    def on(self, channel: Channel = "topic") -> list[Message]:
        """Return the messages of a channel, in their order."""
        return [message for message, used in self.sent if used == channel]

    def ids(self, channel: Channel = "topic") -> list[str]:
        """Return the ids of the changes that were reported on a channel."""
        return [message.change.id for message in self.on(channel)]

    def kinds(self, channel: Channel = "topic") -> list[tuple[str, str]]:
        """Return the kinds and phases of the changes that were reported on a channel."""
        return [(message.change.kind, message.change.phase) for message in self.on(channel)]


@dataclass(kw_only=True)
class World:
    """Both regions. `stopped`: the functions of these regions do not run."""

    clock: Clock = field(default_factory=Clock)
    stopped: set[str] = field(default_factory=set)
    generation: int = 1

    def __post_init__(self) -> None:
        """Deploy both regions: the primary region serves, with the generation that Terraform writes."""
        self.buckets = {region: Bucket(clock=self.clock) for region in REGIONS}
        self.alarms = {region: Alarms(clock=self.clock) for region in REGIONS}
        self.controller = Parameters()
        self.inboxes = {region: Inbox() for region in REGIONS}
        for bucket in self.buckets.values():
            bucket.write(KEY, config_body(PRIMARY, 1, "2026-11-28T06:00:00Z"))

    def run(self, region: str) -> None:
        """Run the function of a region once. A change that could not be reported stays for the next run."""
        if region in self.stopped or self.buckets[region].down:
            return
        self.function(region).run()

    def function(self, region: str) -> Run:
        """Return the function of a region."""
        reader = Reader(
            settings=function_settings(region),
            s3=cast("Any", self.buckets),
            cloudwatch=cast("Any", self.alarms[region]),
            ssm=cast("Any", self.controller) if region == FAILOVER else None,
        )
        log = Log()
        return Run(
            deployment="chatbot",
            region=region,
            other=OTHER[region],
            store=BucketStateStore(s3=cast("Any", self.buckets[region]), bucket="own", log=log),
            look=reader.look,
            publisher=self.inboxes[region],
            now=lambda: self.clock.now,
            log=log,
            sleep=lambda _: None,
        )

    def minutes(self, number: int) -> None:
        """Let minutes pass, in each of which both functions run once, the primary region's first."""
        for _ in range(number):
            self.run(PRIMARY)
            self.clock.forward(7)
            self.run(FAILOVER)
            self.clock.forward(53)

    def switch(
        self,
        target: str,
        *,
        command: str = "failover",
        actor: str = "arn:aws:iam::111122223333:user/alice (alice@laptop)",
        reason: str = "us-west-2 is down",
        runs: bool = True,
    ) -> str:
        """Move users as `standby` does: the intent, config.json in both regions, the result. Return its change."""
        self.generation += 1
        started = f"{self.clock.now:%Y-%m-%dT%H:%M:%S.%f}Z"
        event: dict[str, Any] = {
            "schemaVersion": 2,
            "id": f"{self.generation:08x}",
            "generation": self.generation,
            "command": command,
            "actor": actor,
            "reason": reason,
            "startedAt": started,
            "result": "started",
            "from": OTHER[target],
            "to": target,
        }
        self.journal(target, event)
        for region in (target, OTHER[target]):
            if not self.buckets[region].down:
                self.buckets[region].write(KEY, config_body(target, self.generation, started))
                if runs:
                    self.run(region)
        self.clock.forward(2)
        pending = self.buckets[OTHER[target]].down
        event |= {"result": "incomplete" if pending else "done", "endedAt": f"{self.clock.now:%Y-%m-%dT%H:%M:%SZ}"}
        for region in REGIONS:
            self.journal(region, event)
        return f"serving:{self.generation}:{started}"

    def journal(self, region: str, event: Mapping[str, Any]) -> None:
        """Write an event into a region's journal, if the region answers."""
        key = event_key(generation=event["generation"], started_at=event["startedAt"], id_=event["id"])
        if not self.buckets[region].down:
            self.buckets[region].write(key, json.dumps(event).encode())

    def edit(self, region: str, serves: str) -> None:
        """Edit one copy by hand."""
        self.buckets[region].write(KEY, json.dumps({"apiUrl": APIS.get(serves, serves)}).encode())

    def drill(self, minutes: float) -> None:
        """Mark both buckets: a drill runs, for so many minutes at most."""
        until = self.clock.now + timedelta(minutes=minutes)
        mark = {"until": until.isoformat(), "scenario": "region-loss", "startedAt": f"{self.clock.now:%FT%TZ}"}
        for bucket in self.buckets.values():
            bucket.write(DRILL_KEY, json.dumps(mark).encode())

    def sent(self, channel: Channel = "topic") -> list[Message]:
        """Return the messages of both regions."""
        return [message for inbox in self.inboxes.values() for message in inbox.on(channel)]

    def ids(self, channel: Channel = "topic") -> list[str]:
        """Return the ids that both regions reported on a channel."""
        return [message.change.id for message in self.sent(channel)]


def config_body(serves: str, generation: int, updated_at: str) -> bytes:
    """Return the bytes of a config.json as a command writes it."""
    config = {"apiUrl": APIS[serves], "region": serves, "generation": generation, "updatedAt": updated_at}
    return json.dumps(config).encode()


def function_settings(region: str) -> Settings:
    """Return the settings of a region's function."""
    other = OTHER[region]
    return Settings(
        region=region,
        deployment="chatbot",
        bucket="own",
        api_url=APIS[region],
        other_region=other,
        other_bucket="other",
        other_api_url=APIS[other],
        failover_region=FAILOVER,
        topic_arn=f"arn:aws:sns:{region}:111122223333:chatbot-notifications",
        alarms=ALARMS,
        controller_parameter=CONTROLLER if region == FAILOVER else None,
    )
