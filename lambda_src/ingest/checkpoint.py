"""The state of a reading that takes several invocations, or of a large bucket's last one, in Parameter Store.

It is not in the documents bucket, where each write would be replicated and would raise an event. A state that cannot be
read or written costs time and is never taken for an empty bucket: the next sweep begins again. Two sweeps at the same
time may overwrite each other's state. Each one is true by itself, so at most pages are read twice.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ingest.bucket_reader import Range, Reading
from shared.aws_calls import client_config
from shared.errors import describe_aws_error
from shared.logs import Log

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

# A standard parameter has at most 4 KB. 17 positions of 17 ranges need 1.5 KB with names of 30 characters.
# Source: docs.aws.amazon.com, Systems Manager, "Managing parameter tiers".
MAX_BYTES = 4_096
EMPTY = "{}"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """One parameter of the standard tier, which the stack creates with the value `{}`."""

    client: "SSMClient"
    name: str

    @classmethod
    def make(cls, *, region: str, name: str) -> "Checkpoint":
        """Make the client: one second to connect and two to read, so that a sweep loses six seconds at most."""
        client = boto3.client("ssm", region_name=region, config=client_config(connect_seconds=1, read_seconds=2))
        return cls(client=client, name=name)

    def read(self, log: Log) -> Reading | None:
        """Return the state; None if there is none, or none that can be read."""
        try:
            value = self.client.get_parameter(Name=self.name)["Parameter"].get("Value", "")
        except (ClientError, BotoCoreError) as error:
            log.warning("checkpoint_unread", **describe_aws_error(error))
            return None
        return None if value == EMPTY else _from_text(value, log)

    def write(self, reading: Reading | None, log: Log) -> None:
        """Replace the state. A failure is logged, and the next sweep then finds the state before this one."""
        text = EMPTY if reading is None else as_text(reading)
        if len(text.encode()) > MAX_BYTES:
            log.warning("checkpoint_too_large", bytes=len(text.encode()))
            return
        try:
            self.client.put_parameter(Name=self.name, Value=text, Type="String", Overwrite=True)
        except (ClientError, BotoCoreError) as error:
            log.warning("checkpoint_unwritten", **describe_aws_error(error))


def as_text(reading: Reading) -> str:
    """Return the state as JSON."""
    state = {
        "started": reading.started.isoformat(),
        "digest": f"{reading.digest:x}",
        "pages": reading.pages,
        "invocations": reading.invocations,
        "unread": reading.unread,
        "verified": reading.verified.isoformat() if reading.verified else None,
    }
    return json.dumps(state, ensure_ascii=False, separators=(",", ":"))


def _from_text(text: str, log: Log) -> Reading | None:
    """Read the state. One that another version wrote, or a person, is none."""
    try:
        state: Any = json.loads(text)
        return Reading(
            started=_time(state["started"]),
            digest=int(state["digest"], 16),
            pages=int(state["pages"]),
            invocations=int(state["invocations"]),
            unread=tuple(Range(str(after), str(until)) for after, until in state["unread"]),
            verified=_time(state["verified"]) if state["verified"] else None,
        )
    except (ValueError, TypeError, LookupError, RecursionError):
        log.warning("checkpoint_unusable", bytes=len(text.encode()))
        return None


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("time without time zone")
    return moment
