"""JSON Schema, draft 4, as far as the API's schemas use it, and the values next to each of its bounds.

Source: json-schema.org, draft-fge-json-schema-validation-00: lengths count characters, not UTF-16 units; a number
with a fraction or an exponent is no integer, not even 1.0; patterns are ECMA 262's, which search and are not anchored.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

GRIN: Final = "\U0001f600"
"""A character of two UTF-16 units."""

WRONG: Final[tuple[Any, ...]] = (None, True, 0, 1, -1, 1.0, 0.5, "", "a", [], {}, [None], {"a": 1}, 10**400)
"""Values of every type."""

_TYPES: Final[Mapping[str, Callable[[object], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "null": lambda value: value is None,
}
_ANNOTATIONS: Final = {"$schema", "title"}


def accepts(schema: Schema, value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Return whether a value fits a schema. A keyword that is not known here is a `KeyError`."""
    return all(_CHECKS[keyword](schema, value) for keyword in schema if keyword not in _ANNOTATIONS)


def types_of(schema: Schema) -> list[str]:
    """Return the types that a schema allows; none if it has no `type`."""
    type_ = schema.get("type", [])
    return [type_] if isinstance(type_, str) else list(type_)


def _type(schema: Schema, value: object) -> bool:
    return any(_TYPES[name](value) for name in types_of(schema))


def _items(schema: Schema, value: object) -> bool:
    return not isinstance(value, list) or all(accepts(schema["items"], item) for item in value)


def _properties(schema: Schema, value: object) -> bool:
    known: Mapping[str, Schema] = schema["properties"]
    return not isinstance(value, dict) or all(accepts(known[name], value[name]) for name in value if name in known)


def matches(pattern: str, text: str) -> bool:
    """Return whether a pattern is found. Raises `ValueError` for a `$`, which is no such end in every engine."""
    if "$" in pattern:
        raise ValueError(pattern)
    return re.search(pattern, text) is not None


_CHECKS: Final[Mapping[str, Callable[[Schema, Any], bool]]] = {
    "type": _type,
    "enum": lambda schema, value: isinstance(value, str) and value in schema["enum"],
    "required": lambda schema, value: not isinstance(value, dict) or set(schema["required"]) <= set(value),
    "properties": _properties,
    "items": _items,
    "maxItems": lambda schema, value: not isinstance(value, list) or len(value) <= schema["maxItems"],
    "maxLength": lambda schema, value: not isinstance(value, str) or len(value) <= schema["maxLength"],
    "pattern": lambda schema, value: not isinstance(value, str) or matches(schema["pattern"], value),
    "minimum": lambda schema, value: (
        not isinstance(value, int | float) or isinstance(value, bool) or value >= schema["minimum"]
    ),
}


def near_values(schema: Schema, good: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON value
    """Yield a good value, values of every type, and those next to each bound of the schema, in nested ones too."""
    yield good
    yield from WRONG
    yield from _near_strings(schema, good)
    if "minimum" in schema:
        yield from (schema["minimum"] + step for step in (-1, 0, 1))
    if isinstance(good, list):
        yield from ([item] for item in near_values(schema["items"], good[0]))
        yield from ([good[0]] * (schema["maxItems"] + step) for step in (-1, 0, 1))
        yield [*good, None]
    if isinstance(good, dict):
        yield from near_objects(schema, good)


def near_objects(schema: Schema, good: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield objects that differ from a good one in one field: absent, near its bounds, or unknown."""
    yield {**good, "unknown": None}
    for name, field in schema["properties"].items():
        yield {other: value for other, value in good.items() if other != name}
        yield from ({**good, name: value} for value in near_values(field, good[name]))


def changed_schemas(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield every schema that differs from this one in one keyword or one bound, in nested ones too, with its place."""
    for keyword, value in schema.items():
        if keyword in _ANNOTATIONS:
            continue
        yield f"without {keyword}", {name: schema[name] for name in schema if name != keyword}
        yield from ((f"{keyword}/{place}", {**schema, keyword: other}) for place, other in _changed(keyword, value))


def _changed(keyword: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any value of a keyword
    if keyword == "items":
        yield from changed_schemas(value)
    elif keyword == "properties":
        for name, field in value.items():
            yield from ((f"{name}/{place}", {**value, name: other}) for place, other in changed_schemas(field))
    elif keyword == "type":
        types = types_of({"type": value})
        yield from ((f"also {name}", [*types, name]) for name in _TYPES if name not in types)
        yield from ((f"not {name}", [other for other in types if other != name]) for name in types)
    elif isinstance(value, int):
        yield from ((f"{step:+}", value + step) for step in (-1, 1))
    elif isinstance(value, list):
        yield from ((f"not {one}", [other for other in value if other != one]) for one in value)


def _near_strings(schema: Schema, good: object) -> Iterator[str]:
    if not isinstance(good, str):
        return
    yield from (" ", "\u200b", "\x00 \ufeff", "\U000e0041", "\ud83d", "a\udc00", f" {good}", f"{good}\n", good.upper())
    yield from (good[:-1], f"{{{good}}}", good.replace("-", ""), "\u0661" * len(good))
    longest = schema.get("maxLength", 1)
    for length in (longest - 1, longest, longest + 1):
        yield from ("a" * length, GRIN * length, "a".ljust(length), "a".rjust(length))
