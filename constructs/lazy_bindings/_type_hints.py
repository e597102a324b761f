"""The type hints of the generated type-checking stubs, each resolved once.

jsii's generated constructors call `typing.get_type_hints` on a stub at every call. Here a stub's hints are remembered,
and so is each annotation's text within its module: a module repeats few texts often.
"""

import typing
from collections.abc import Callable, Mapping
from typing import Any

_SCALARS = {str, int, float, bool, type(None)}
_QUOTES = frozenset("'\"")
_of_stub: dict[Callable[..., Any], dict[str, Any]] = {}
_taken: dict[tuple[int, type], object] = {}


def type_hints(stub: Callable[..., Any]) -> Mapping[str, Any]:
    """Return what `typing.get_type_hints(stub)` does, to be read only."""
    hints = _of_stub.get(stub)
    if hints is None:
        hints = _of_stub[stub] = _resolve(stub)
    return hints


def remembering(check: Callable[..., Any]) -> Callable[..., Any]:
    """Return a generated module's `check_type`, which asks `check` about each scalar's type once for each hint.

    Whether a hint takes a text, number, truth value or None depends on its type alone. What is refused is asked again,
    so that the error is the stock one; what holds other values is always asked.
    """

    def check_type(argname: str, value: object, expected_type: object) -> object:
        kind = type(value)
        key = (id(expected_type), kind)
        if key in _taken:
            return value
        checked = check(argname=argname, value=value, expected_type=expected_type)
        if kind in _SCALARS:
            _taken[key] = expected_type  # kept, so that no other hint can get its id
        return checked

    return check_type


def _resolve(stub: Callable[..., Any]) -> dict[str, Any]:
    """Resolve a stub's annotations; the general way for anything but unquoted text, of which `eval` is all of it."""
    texts = stub.__annotations__
    if not all(isinstance(text, str) and _QUOTES.isdisjoint(text) for text in texts.values()):
        return typing.get_type_hints(stub)
    return {name: _evaluate(text, stub.__globals__) for name, text in texts.items()}


def _evaluate(text: str, scope: dict[str, Any]) -> object:
    known: dict[str, object] = scope["_lazy_texts"]  # the module's own: loaded anew, it has other classes
    if text not in known:
        value = eval(text, scope)  # noqa: S307 - an annotation of an installed module, as typing.get_type_hints does
        known[text] = type(None) if value is None else value
    return known[text]
