"""What a refused setting is told as: one line with the file, the key, the value and the remedy."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


def refusal(key: tuple[str | int, ...], value: object, remedy: str) -> ValidationError:
    """Return what refuses a value inside a section for what another section says."""
    error = InitErrorDetails(
        type=PydanticCustomError("value_error", "{remedy}", {"remedy": remedy}), loc=key, input=value
    )
    return ValidationError.from_exception_data("Settings", [error])


def line(path: Path, error: dict[str, Any]) -> str:
    """Return one of pydantic's errors as a line about a key of the file."""
    key = ".".join(str(part) for part in error["loc"] if part != "[key]") or "(the whole file)"
    remedy = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing":
        return f"{path}: {key}: is missing: add it"
    if error["type"] == "extra_forbidden":
        return f"{path}: {key} = {error['input']!r}: no such setting: remove it, or correct its name"
    return f"{path}: {key} = {error['input']!r}: {remedy}"
