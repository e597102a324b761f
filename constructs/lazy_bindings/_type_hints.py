"""The type hints of the generated type-checking stubs, each resolved once.

jsii's generated constructors call `typing.get_type_hints` on a stub at every call. Here, the hints of each stub are
cached, and so is each annotation's value within its module, because a module repeats a few annotations many times.
"""

import typing
from collections.abc import Callable, Mapping
from typing import Any

_SCALARS = {str, int, float, bool, type(None)}
_QUOTES = frozenset("'\"")
_hints_by_stub: dict[Callable[..., Any], dict[str, Any]] = {}
_accepted: dict[tuple[int, type], object] = {}


def type_hints(stub: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the same as `typing.get_type_hints(stub)`. The result is shared and read-only."""
    hints = _hints_by_stub.get(stub)
    if hints is None:
        hints = _hints_by_stub[stub] = _resolve(stub)
    return hints


def cached_check(check: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `check_type` for a generated module that calls `check` once for each pair of hint and scalar type.

    Whether a hint accepts a string, number, boolean or None depends only on the value's type. A refused value is
    checked each time, so that the error is the stock one. Containers and other objects are checked each time, too.
    """

    def check_type(argname: str, value: object, expected_type: object) -> object:
        kind = type(value)
        key = (id(expected_type), kind)
        if key in _accepted:
            return value
        checked = check(argname=argname, value=value, expected_type=expected_type)
        if kind in _SCALARS:
            _accepted[key] = expected_type  # keeps the hint alive, so that no other hint can get its id
        return checked

    return check_type


def _resolve(stub: Callable[..., Any]) -> dict[str, Any]:
    """Resolve a stub's annotations with `eval` if all are strings without quotes, else with `typing`."""
    texts = stub.__annotations__
    if not all(isinstance(text, str) and _QUOTES.isdisjoint(text) for text in texts.values()):
        return typing.get_type_hints(stub)
    return {name: _evaluate(text, stub.__globals__) for name, text in texts.items()}


def _evaluate(text: str, scope: dict[str, Any]) -> object:
    known: dict[str, object] = scope["_lazy_texts"]  # belongs to the module, which has other classes after a reload
    if text not in known:
        value = eval(text, scope)  # noqa: S307 - an annotation of an installed module, as typing.get_type_hints does
        known[text] = type(None) if value is None else value
    return known[text]
