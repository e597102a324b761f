"""What AWS's own model says of a call: members that are required, types, enums, lengths, ranges and patterns.

botocore checks what is required, types and minima. The rest stands in the same model, and this module reads it there.
A pattern is Java's and means the whole text, so it is matched by `regex`, which knows Java's classes.
Source: smithy.io, "Constraint traits".
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

import regex
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.validate import ParamValidator
from moto.core.utils import get_service_model

from standby.rehearsal.emulator.requests.call import Call

NUMBERS: Final = frozenset({"integer", "long", "float", "double"})
MISTYPED: Final = ("/d{",)
"""In the pattern of Bedrock's ARNs that take tags, `/d{12}` stands for `\\d{12}`: no ARN would fit."""
UNICODE: Final = r"\p{"
"""In Java, `\\w` and its like are ASCII, and these classes are Unicode. `regex` has one flag for both."""
SHOWN: Final = 80
"""The number of characters of a refused value that a message shows."""


def model_violations(call: Call) -> list[str]:
    """Return what the model of the service says against a call, in the words of AWS."""
    return _input_violations(call.model, call.parameters)


def operation_violations(service: str, operation: str, parameters: Mapping[str, object]) -> list[str]:
    """Return what the model of a service says against the parameters of an operation."""
    return _input_violations(get_service_model(service).operation_model(operation), parameters)


def _input_violations(operation: OperationModel, parameters: Mapping[str, object]) -> list[str]:
    shape = operation.input_shape
    if shape is None:
        return []
    report = ParamValidator().validate(parameters, shape)
    if report.has_errors():
        return [" ".join(report.generate_report().split())]
    return list(_violations(shape, parameters, ""))


def describe_violations(violations: list[str]) -> str:
    """Return the message of AWS for these violations."""
    noun = "error" if len(violations) == 1 else "errors"
    return f"{len(violations)} validation {noun} detected: {'; '.join(violations)}"


def _violations(shape: Shape, value: object, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        for name, member in value.items():
            if name in shape.members:
                yield from _violations(shape.members[name], member, f"{path}.{name}" if path else name)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for number, entry in enumerate(value, start=1):
            yield from _violations(shape.member, entry, f"{path}.{number}.member")
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _violations(shape.key, key, f"{path}.key")
            yield from _violations(shape.value, entry, f"{path}.{key}.member")
    for constraint in _broken(shape, value):
        yield f"Value '{str(value)[:SHOWN]}' at '{path}' failed to satisfy constraint: {constraint}"


def _broken(shape: Shape, value: object) -> Iterator[str]:
    rules = shape.metadata
    if isinstance(value, bool):
        return
    if shape.type_name in NUMBERS and isinstance(value, int | float):
        if "max" in rules and value > rules["max"]:
            yield f"Member must have value less than or equal to {rules['max']}"
    elif isinstance(value, str | bytes | list | Mapping) and "max" in rules and len(value) > rules["max"]:
        yield f"Member must have length less than or equal to {rules['max']}"
    if isinstance(value, str):
        if rules.get("enum") and value not in rules["enum"]:
            yield f"Member must satisfy enum value set: [{', '.join(rules['enum'])}]"
        if rules.get("pattern") and not _matches(rules["pattern"], value):
            yield f"Member must satisfy regular expression pattern: {rules['pattern']}"


def _matches(pattern: str, text: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> "regex.Pattern[str] | None":
    """Return a pattern; None if `regex` cannot read it or AWS cannot mean it, and then it refuses nothing."""
    if any(text in pattern for text in MISTYPED):
        return None
    try:
        return regex.compile(pattern, 0 if UNICODE in pattern else regex.ASCII)
    except regex.error:
        return None
