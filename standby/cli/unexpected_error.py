"""An exception that no command expected: a failure of this machine, a missing package, or a bug of ours."""

import os
import platform
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import standby
from standby.errors import StandbyError
from standby.machine import describe_missing_package, describe_os_error
from standby.text import one_line

DEBUG_VARIABLE: Final = "STANDBY_DEBUG"
"""Shows the traceback of a bug."""

_PACKAGE: Final = "warm-standby"


def describe_unexpected(error: Exception) -> StandbyError:
    """Return the error for the user."""
    if isinstance(error, ModuleNotFoundError):
        return describe_missing_package(error.name or str(error))
    failure = describe_os_error(error) if isinstance(error, OSError) else None
    return failure or describe_bug(error)


def describe_bug(error: Exception) -> StandbyError:
    """Write the full report to a temporary file, and return one line with the bug, its place and the report."""
    cause = one_line(str(error)) or "an error without a message"
    message = f"This is a bug in standby: {cause} ({_place(error)})."
    try:
        report = _write_report(error)
    except OSError:
        return StandbyError(message, hint=f"{DEBUG_VARIABLE}=1 shows where. Report it to the owners of the project.")
    send = f"Send it to the owners of the project. {DEBUG_VARIABLE}=1 shows it here."
    return StandbyError(message, hint=f"The full report is in {report}\n  {send}")


def _place(error: Exception) -> str:
    """Return the last line of our own code that was run."""
    root = Path(standby.__file__).parent
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(root)] or frames
    if not ours:
        return "its place is not known"
    path = Path(ours[-1].filename)
    shown = path.relative_to(root.parent) if path.is_relative_to(root) else path.name
    return f"{shown}, line {ours[-1].lineno}"


def _write_report(error: Exception) -> str:
    descriptor, path = tempfile.mkstemp(prefix="standby-bug-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write("\n".join(_report_lines(error)))
    return path


def _report_lines(error: Exception) -> tuple[str, ...]:
    try:
        installed = version(_PACKAGE)
    except PackageNotFoundError:
        installed = "not installed"
    return (
        f"standby {installed}, Python {platform.python_version()}, {platform.platform()}",
        f"{datetime.now(tz=UTC):%Y-%m-%d %H:%M:%S} UTC",
        f"command: {' '.join(sys.argv)}",
        "",
        *traceback.format_exception(error),
    )
