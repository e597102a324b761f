"""The base class of every JSON document that the tool prints or stores.

One model is the source of the JSON, of its parser and of its documentation:

    class Region(JsonModel):
        region: str = Field(description="the AWS region")

    class Status(JsonModel):
        regions: Mapping[Annotated[Role, Key("ROLE")], Region]
        reasons: tuple[str, ...] = Field(description="what is wrong, one sentence each")

docs/field_table.py makes a table of it: `{"regions.ROLE.region": "the AWS region", "reasons[]": "what is wrong, ..."}`.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel


@dataclass(frozen=True)
class Key:
    """The name that the field table gives to the keys of a mapping. Stands in the annotation of the key."""

    name: str


class OneRow:
    """The type of `ONE_ROW`."""


ONE_ROW: Final = OneRow()
"""Gives a field one row, whose description covers the inner fields: `last_switch: Annotated[Event | None, ONE_ROW]`."""


class JsonModel(BaseModel):
    """An immutable JSON document. Its fields are camelCase in JSON; a field that is not declared is an error.

    The schema is built at the first use, because commands import more models than they use. For a name that is
    a keyword in Python, give `validation_alias` and `serialization_alias`: mypy takes a plain `alias` for the argument.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        defer_build=True,
    )

    def as_json(self) -> dict[str, Any]:
        """Return the document as JSON values."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the document that the JSON values describe. Raises pydantic's `ValidationError`, a `ValueError`."""
        return cls.model_validate(value, by_alias=True, by_name=False)


def describe_errors(error: ValidationError) -> str:
    """Return each fault of a document with its path, in one line: `regions.primary.apiUrl: Field required`."""
    faults = [
        (".".join(map(str, fault["loc"])), fault["msg"].removeprefix("Value error, "))
        for fault in error.errors(include_url=False)
    ]
    return "; ".join(f"{path}: {message}" if path else message for path, message in faults)
