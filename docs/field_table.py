"""The table of a JSON document's fields for the docs, from its model. See `standby.json_model`."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import NoneType, UnionType
from typing import Annotated, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel

from standby.json_model import ONE_ROW, Key


class _Place(NamedTuple):
    """Where a field's values stand below its own path, and the model there (None: a plain value)."""

    suffix: str
    model: type[BaseModel] | None


def field_table(model: type[BaseModel]) -> dict[str, str]:
    """Return the description of each field by its path: `name`, `list[]`, `mapping.KEY`, `outer.inner`.

    A field that is a model gives a row for each field of that model, after a row of its own if it has a description.
    A field that is not written into the JSON gives none.
    Raises `ValueError` for a plain field without a description, and for a mapping to models whose key has no `Key`.
    """
    table: dict[str, str] = {}
    for path, description in _rows(model, ""):
        table.setdefault(path, description)
    return table


def _rows(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str]]:
    model.model_rebuild()
    for info in (info for info in model.model_fields.values() if not info.exclude):
        path = f"{prefix}{info.serialization_alias}"
        yield from _field_rows(path, info.annotation, info.description, one_row=ONE_ROW in info.metadata)
    for computed in model.model_computed_fields.values():
        path = f"{prefix}{computed.alias}"
        yield from _field_rows(path, computed.return_type, computed.description, one_row=False)


def _field_rows(path: str, annotation: object, description: str | None, *, one_row: bool) -> Iterator[tuple[str, str]]:
    places = tuple(_places(annotation, path))
    if description is not None:
        yield f"{path}{places[0].suffix}", description
    elif one_row or any(place.model is None for place in places):
        raise ValueError(f"{path} has no description.")
    for place in () if one_row else places:
        if place.model is not None:
            yield from _rows(place.model, f"{path}{place.suffix}.")


def _places(annotation: object, path: str) -> Iterator[_Place]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _places(arguments[0], path)
    elif origin in {Union, UnionType}:
        for argument in arguments:
            if argument is not NoneType:
                yield from _places(argument, path)
    elif _is_kind_of(origin, Mapping):
        yield from _mapping_places(arguments[0], arguments[1], path)
    elif _is_kind_of(origin, Sequence) or _is_kind_of(origin, AbstractSet):
        for place in _places(arguments[0], path):
            yield _Place(f"[]{place.suffix}", place.model)
    elif _is_kind_of(annotation, BaseModel):
        yield _Place("", annotation)  # type: ignore[arg-type]  # it is a type, as checked above
    else:
        yield _Place("", None)


def _mapping_places(key: object, value: object, path: str) -> Iterator[_Place]:
    names = [part.name for part in get_args(key) if isinstance(part, Key)]
    for place in _places(value, path):
        if names:
            yield _Place(f".{names[0]}{place.suffix}", place.model)
        elif place.model is not None:
            raise ValueError(f'{path} maps to models: name its key, as in Mapping[Annotated[str, Key("NAME")], ...].')
        else:
            yield place


def _is_kind_of(value: object, parent: type) -> bool:
    return isinstance(value, type) and issubclass(value, parent)
