"""The log of the emulator, and the logs of the functions in CloudWatch Logs."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Final

import boto3

from standby.errors import BadUsageError

POLL_SECONDS: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class LogEvent:
    """One log event: time (milliseconds since the epoch), region, log stream, and text."""

    timestamp: int
    region: str
    stream: str
    message: str

    def __str__(self) -> str:
        """Return the event as a line of output."""
        time_ = datetime.fromtimestamp(self.timestamp / 1000, tz=UTC).isoformat(timespec="milliseconds")
        return f"{time_} {self.region} {self.message.rstrip()}"


def tail_file(path: Path, *, last: int, follow: bool) -> Iterator[str]:
    """Yield the last lines of a file, and with `follow` every line that is added later, without end."""
    with path.open(encoding="utf-8", errors="replace") as file:
        yield from (line.rstrip("\n") for line in file.readlines()[-last:])
        while follow:
            line = file.readline()
            if line:
                yield line.rstrip("\n")
            else:
                time.sleep(POLL_SECONDS)


def tail_function_logs(sessions: tuple[boto3.Session, ...], *, function: str, last: int, follow: bool) -> Iterator[str]:
    """Yield the last log events of a function in all regions, oldest first, and with `follow` also later ones.

    `function` is the name of its package, such as `query`. Raises `BadUsageError` when there is no such function.
    """
    groups = [(session, find_log_group(session, function=function)) for session in sessions]
    shown: set[LogEvent] = set()
    events = _sorted(event for session, group in groups for event in _events(session, group))
    while True:
        yield from map(str, events[-last:])
        shown.update(events)
        if not follow:
            return
        time.sleep(POLL_SECONDS)
        since = max((event.timestamp for event in shown), default=0)
        recent = _sorted(event for session, group in groups for event in _events(session, group, since=since))
        events = [event for event in recent if event not in shown]
        last = max(1, len(events))


def find_log_group(session: boto3.Session, *, function: str) -> str:
    """Return the log group of the function whose code is in the package `function`."""
    names = []
    for page in session.client("lambda").get_paginator("list_functions").paginate():
        for configuration in page["Functions"]:
            name = configuration.get("Handler", "").partition(".")[0]
            names.append(name)
            if name == function:
                default = f"/aws/lambda/{configuration['FunctionName']}"
                return configuration.get("LoggingConfig", {}).get("LogGroup") or default
    raise BadUsageError(f"There is no function {function}.", hint=f"The functions are {', '.join(sorted(names))}.")


def _sorted(events: Iterable[LogEvent]) -> list[LogEvent]:
    return sorted(events, key=attrgetter("timestamp"))  # stable: events of the same time keep their order


def _events(session: boto3.Session, group: str, *, since: int = 0) -> Iterator[LogEvent]:
    pages = session.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
    for page in pages:
        for event in page["events"]:
            yield LogEvent(
                timestamp=event["timestamp"],
                region=session.region_name,
                stream=event["logStreamName"],
                message=event["message"],
            )
