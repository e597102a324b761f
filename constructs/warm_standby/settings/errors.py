"""Errors of a settings file: one line with the file, the key, the value and the fix."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


class SettingsError(ValueError):
    """A settings file that cannot be used. The text names the file, the key, the value and the fix on one line."""


def validation_error(key: tuple[str | int, ...], value: object, fix: str) -> ValidationError:
    """Return the error for a value inside a section that another section rules out."""
    error = InitErrorDetails(type=PydanticCustomError("value_error", "{fix}", {"fix": fix}), loc=key, input=value)
    return ValidationError.from_exception_data("Settings", [error])


def format_error(path: Path, error: dict[str, Any]) -> str:
    """Return one of pydantic's errors as a line about a key of the file."""
    key = ".".join(str(part) for part in error["loc"] if part != "[key]") or "(the whole file)"
    if error["type"] == "missing":
        return f"{path}: {key} is missing: add it"
    if error["type"] == "extra_forbidden":
        return f"{path}: {key} = {error['input']!r}: no such setting: remove it, or correct its name"
    fix = str(error["msg"]).removeprefix("Value error, ")
    return f"{path}: {key} = {error['input']!r}: {fix}"
