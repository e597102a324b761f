"""What every section of the settings has in common."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from warm_standby.settings import validators

T = TypeVar("T")
UniqueValues = Annotated[tuple[T, ...], AfterValidator(validators.unique), Field(strict=False)]


class Section(BaseModel):
    """A frozen record without unknown keys. Defaults are validated, too."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)


def validation_error(key: tuple[str | int, ...], value: object, fix: str) -> ValidationError:
    """Return the error for a value inside a section that another setting rules out."""
    error = InitErrorDetails(type=PydanticCustomError("value_error", "{fix}", {"fix": fix}), loc=key, input=value)
    return ValidationError.from_exception_data("Settings", [error])
