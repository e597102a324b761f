"""Read the parts of an AWS answer, and check their types where they enter.

botocore's parsers return what an answer contains: after an answer of another server, a member can be absent or of
another type. A reader of this module raises `InvalidAnswerError` then, so nothing behind it meets a missing field.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypeVar

from botocore.exceptions import BotoCoreError

T = TypeVar("T")

NOT_AWS: Final = "answers, but not as AWS does"


class InvalidAnswerError(BotoCoreError):
    """The answer is not one of AWS, or lacks a part that AWS always sends. `reason` says so."""

    fmt = "{reason}"


class DeadlineExceededError(BotoCoreError):
    """A call as a whole took longer than its deadline of `seconds`."""

    fmt = "does not answer (time-out after {seconds:g} s)"


def take(answer: Mapping[str, object], *path: str, kind: type[T]) -> T:
    """Return the member at this path. Raises `InvalidAnswerError` if it is absent or not of this type."""
    found: object = answer
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    if not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool):
        raise InvalidAnswerError(reason=f"{NOT_AWS}: no valid {path[-1]}")
    return found


def take_text(answer: Mapping[str, object], *path: str) -> str:
    """Return a text that is not empty. Raises `InvalidAnswerError` for anything else."""
    text = take(answer, *path, kind=str)
    if not text:
        raise InvalidAnswerError(reason=f"{NOT_AWS}: no valid {path[-1]}")
    return text


def take_count(answer: Mapping[str, object], *path: str) -> int:
    """Return a number of things, which some services send as text. Raises `InvalidAnswerError` for anything else."""
    found = take(answer, *path, kind=object)
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 20:  # noqa: PLR2004 - 64 bits
        return int(found)
    if isinstance(found, int) and not isinstance(found, bool) and found >= 0:
        return found
    raise InvalidAnswerError(reason=f"{NOT_AWS}: no valid {path[-1]}")


def take_time(answer: Mapping[str, object], *path: str) -> datetime:
    """Return a time with its time zone. Raises `InvalidAnswerError` for anything else."""
    found = take(answer, *path, kind=datetime)
    if found.tzinfo is None:
        raise InvalidAnswerError(reason=f"{NOT_AWS}: no valid {path[-1]}")
    return found


def take_list(answer: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """Return the entries of a list. AWS leaves out an empty list. Raises `InvalidAnswerError` for anything else."""
    found = answer.get(name, [])
    if not isinstance(found, list) or not all(isinstance(entry, Mapping) for entry in found):
        raise InvalidAnswerError(reason=f"{NOT_AWS}: no valid {name}")
    return found
