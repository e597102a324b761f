"""The emulator's log, and the functions' logs as CloudWatch keeps them."""

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
class LogLine:
    """One event: when (milliseconds since the epoch), the region, the log stream, and the text."""

    timestamp: int
    region: str
    stream: str
    message: str

    def __str__(self) -> str:
        """Return the line as it is shown."""
        when = datetime.fromtimestamp(self.timestamp / 1000, tz=UTC).isoformat(timespec="milliseconds")
        return f"{when} {self.region} {self.message.rstrip()}"


def file_lines(path: Path, *, last: int, follow: bool) -> Iterator[str]:
    """Yield the last lines of a file, then those that are added while somebody follows it."""
    with path.open(encoding="utf-8", errors="replace") as file:
        yield from (line.rstrip("\n") for line in file.readlines()[-last:])
        while follow:
            line = file.readline()
            if line:
                yield line.rstrip("\n")
            else:
                time.sleep(POLL_SECONDS)


def function_lines(sessions: tuple[boto3.Session, ...], *, function: str, last: int, follow: bool) -> Iterator[str]:
    """Yield a function's last log events of all regions, oldest first, then new ones while somebody follows.

    `function` is the purpose, such as `query`. Raises `BadUsageError` when no function serves it.
    """
    groups = [(session, log_group(session, function=function)) for session in sessions]
    shown: set[LogLine] = set()
    lines = _in_order(line for session, group in groups for line in _events(session, group))
    while True:
        yield from (str(line) for line in lines[-last:])
        shown.update(lines)
        if not follow:
            return
        time.sleep(POLL_SECONDS)
        since = max((line.timestamp for line in shown), default=0)
        fresh = _in_order(line for session, group in groups for line in _events(session, group, since=since))
        lines = [line for line in fresh if line not in shown]
        last = max(1, len(lines))


def log_group(session: boto3.Session, *, function: str) -> str:
    """Return the log group of the function whose code is in the package `function`."""
    purposes = []
    for page in session.client("lambda").get_paginator("list_functions").paginate():
        for configuration in page["Functions"]:
            purpose = configuration.get("Handler", "").partition(".")[0]
            purposes.append(purpose)
            if purpose == function:
                name = f"/aws/lambda/{configuration['FunctionName']}"
                return configuration.get("LoggingConfig", {}).get("LogGroup") or name
    raise BadUsageError(f"No function {function}.", hint=f"There are {', '.join(sorted(purposes))}.")


def _in_order(lines: Iterable[LogLine]) -> list[LogLine]:
    return sorted(lines, key=attrgetter("timestamp"))  # a stable sort: lines of one moment stay as they were written


def _events(session: boto3.Session, group: str, *, since: int = 0) -> Iterator[LogLine]:
    pages = session.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
    for page in pages:
        for event in page["events"]:
            yield LogLine(
                timestamp=event["timestamp"],
                region=session.region_name,
                stream=event["logStreamName"],
                message=event["message"],
            )
