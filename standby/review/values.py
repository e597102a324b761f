"""The arguments of a resource in a plan: known, absent, or known only after the apply.

In a plan, a block is a list, also if there is only one. In synthesized JSON it is an object. `Arguments` reads both.
(Source: developer.hashicorp.com, Terraform, "JSON Output Format", and "JSON Configuration Syntax".)
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from standby.text import printable

SENSITIVE: Final = "(sensitive)"
_LONGEST_TEXT: Final = 120


class Unset(Enum):
    """What stands for a value that a plan does not have."""

    ABSENT = "(absent)"
    UNKNOWN = "(known after apply)"


class Step(Enum):
    """A step of a path that is no name."""

    JSON = "the text is a JSON document"


ABSENT: Final = Unset.ABSENT
UNKNOWN: Final = Unset.UNKNOWN
JSON: Final = Step.JSON

Path = tuple[str | int | Step, ...]


@dataclass(frozen=True)
class Arguments:
    """The arguments of a resource. `sensitive` marks, in the form of a plan, the values that nobody may print."""

    values: Any
    sensitive: Any = field(default_factory=dict)

    def value(self, *path: str | int | Step) -> Any:  # noqa: ANN401 - JSON
        """Return the value at a path, `ABSENT` (for null too) or `UNKNOWN`.

        A name goes into the only block of a list. What is no JSON where the path wants it is unknown.
        """
        return _look_up(self.values, path)

    def blocks(self, *path: str | int | Step) -> "tuple[Arguments, ...] | Unset":
        """Return the blocks at a path, none if it is absent; `UNKNOWN` if they are."""
        found = self.value(*path)
        if isinstance(found, Unset):
            return () if found is ABSENT else found
        listed = found if isinstance(found, list) else [found]
        marks = _marks_of_blocks(self.sensitive, path, len(listed))
        return tuple(
            Arguments(block, marked) for block, marked in zip(listed, marks, strict=True) if isinstance(block, Mapping)
        )

    def show(self, *path: str | int | Step) -> str:
        """Return the value at a path as a text for a person, never a sensitive one."""
        return SENSITIVE if self.is_sensitive(*path) else show(self.value(*path))

    def is_sensitive(self, *path: str | int | Step) -> bool:
        """Return whether a mark of the plan covers the value at a path, or a part of it."""
        return _is_marked(self.sensitive, path)


def show(value: object) -> str:
    """Return a value as a short text."""
    if isinstance(value, Unset):
        return str(value.value)
    found = value if isinstance(value, str) else json.dumps(value, default=lambda unset: unset.value, sort_keys=True)
    text = printable(" ".join(found.split()))
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."


def merge_unknown(value: Any, unknown: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the value with `UNKNOWN` where the plan's `after_unknown` says true."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping):
        known = value if isinstance(value, Mapping) else {}
        return {key: merge_unknown(known.get(key), unknown.get(key)) for key in {**known, **unknown}}
    if isinstance(unknown, list):
        known_items = value if isinstance(value, list) else []
        count = max(len(known_items), len(unknown))
        pairs = ((_item(known_items, number), _item(unknown, number)) for number in range(count))
        return [merge_unknown(one, marked) for one, marked in pairs]
    return value


def _item(values: list[Any], number: int) -> Any:  # noqa: ANN401 - JSON
    return values[number] if number < len(values) else None


def _look_up(value: Any, path: Path) -> Any:  # noqa: ANN401 - JSON
    for step in path:
        if value is UNKNOWN or value is None:
            break
        value = _take(value, step)
    return ABSENT if value is None else value


def _take(value: Any, step: str | int | Step) -> Any:  # noqa: ANN401 - JSON
    if step is JSON:
        return _parse(value)
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else None
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
        if value is UNKNOWN:
            return value
    return value.get(step) if isinstance(value, Mapping) else None


def _parse(value: object) -> object:
    """Return the JSON document in a text. One with an expression of Terraform in place of a value is unknown."""
    try:
        return json.loads(value) if isinstance(value, str) and value else None
    except (ValueError, RecursionError):
        return UNKNOWN


def _marks_of_blocks(sensitive: Any, path: Path, count: int) -> list[Any]:  # noqa: ANN401 - JSON
    """Return the marks of each of the blocks at a path; all of each where a mark covers the list as a whole."""
    for step in path:
        if sensitive is True or step is JSON:
            break
        sensitive = _take(sensitive, step) if sensitive else None
    if isinstance(sensitive, list):
        return [_item(sensitive, number) for number in range(count)]
    return [sensitive] * count


def _is_marked(sensitive: Any, path: Path) -> bool:  # noqa: ANN401 - JSON
    for step in path:
        if sensitive is True or step is JSON:
            break
        sensitive = _take(sensitive, step) if sensitive else None
    return _has_mark(sensitive)


def _has_mark(sensitive: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(sensitive, Mapping):
        return any(_has_mark(found) for found in sensitive.values())
    if isinstance(sensitive, list):
        return any(_has_mark(found) for found in sensitive)
    return sensitive is True
