"""A function's environment variables, read once at cold start. An error names the missing or wrong variable."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self, get_type_hints


class ConfigurationError(Exception):
    """An environment variable of the function is missing or has an unusable value."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Reads environment variables as typed values.

    Every method raises `ConfigurationError`, which names the variable, its value, and the expected form.
    """

    variables: Mapping[str, str]

    def text(self, name: str) -> str:
        """Read a variable that must exist and not be blank."""
        value = self.variables.get(name, "").strip()
        if not value:
            raise ConfigurationError(f"environment variable {name} is missing or empty: the stack must set it")
        return value

    def optional_text(self, name: str) -> str | None:
        """Read a variable that may be absent or blank."""
        return self.variables.get(name, "").strip() or None

    def positive_integer(self, name: str) -> int:
        """Read a whole number greater than zero."""
        value = self.text(name)
        if not value.isascii() or not value.isdigit() or int(value) == 0:
            raise ConfigurationError(f"environment variable {name} is {value!r}: expected a whole number above 0")
        return int(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Read a JSON list of strings with at least one entry."""
        value = self._json(name)
        if not isinstance(value, list) or not value or not all(isinstance(entry, str) for entry in value):
            raise ConfigurationError(f"environment variable {name} must be a JSON list of strings, not empty")
        return tuple(value)

    def text_map(self, name: str) -> dict[str, str]:
        """Read a JSON object whose values are strings, with at least one entry."""
        value = self._json(name)
        if not isinstance(value, dict) or not value or not all(isinstance(entry, str) for entry in value.values()):
            raise ConfigurationError(f"environment variable {name} must be a JSON object of strings, not empty")
        return value

    def text_lists(self, name: str) -> dict[str, tuple[str, ...]]:
        """Read a JSON object, perhaps empty, whose values are lists of strings with at least one entry."""
        value = self._json(name)
        if not isinstance(value, dict) or not all(_is_list_of_texts(entry) for entry in value.values()):
            raise ConfigurationError(f"environment variable {name} must be a JSON object of lists of strings")
        return {key: tuple(entry) for key, entry in value.items()}

    def _json(self, name: str) -> object:
        try:
            value: object = json.loads(self.text(name))
        except ValueError as error:
            raise ConfigurationError(f"environment variable {name} is not valid JSON: {error}") from error
        return value


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, str) for entry in value)


@dataclass(frozen=True, kw_only=True)
class EnvironmentSettings:
    """The base of a function's settings, which the stack puts into its environment."""

    region: str

    @classmethod
    def read(cls, environment: Environment) -> Self:
        """Read each field from the variable of its name in capitals, and `region` from AWS_REGION.

        Raises `ConfigurationError`, which names the wrong variable.
        """
        readers = {
            str: environment.text,
            str | None: environment.optional_text,
            int: environment.positive_integer,
            tuple[str, ...]: environment.texts,
            dict[str, str]: environment.text_map,
            dict[str, tuple[str, ...]]: environment.text_lists,
        }
        types = get_type_hints(cls)
        names = {field.name: "AWS_REGION" if field.name == "region" else field.name.upper() for field in fields(cls)}
        values: dict[str, Any] = {field: readers[types[field]](name) for field, name in names.items()}
        return cls(**values)
