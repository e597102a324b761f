"""A hosted zone with a chosen id. A deployment names an existing zone, so a rehearsal makes it before the apply."""

import re
from collections.abc import Callable
from contextvars import ContextVar
from types import ModuleType
from typing import Final

REFERENCE_PREFIX: Final = "rehearsal-zone-"
"""The caller reference of such a zone: this prefix, and the id."""
_REFERENCE: Final = re.compile(rb"<CallerReference>rehearsal-zone-(Z[A-Z0-9]+)</CallerReference>")
_WANTED: Final[ContextVar[str]] = ContextVar("wanted_zone", default="")


def choose_zone_ids(route53: ModuleType) -> None:
    """Let a caller reference of the rehearsal choose the id of its zone."""
    vars(route53)["_zone_id"] = chosen_id(vars(route53)["_zone_id"])
    vars(route53)["_create_hosted_zone"] = choosing_creation(vars(route53)["_create_hosted_zone"])


def chosen_id(make: Callable[[], str]) -> Callable[[], str]:
    """Return MiniStack's function that makes an id, changed so that it returns the one that is wanted."""
    return lambda: _WANTED.get() or make()


def choosing_creation(create: Callable[..., object]) -> Callable[..., object]:
    """Return MiniStack's function that creates a zone, changed so that it reads the wanted id."""

    def create_hosted_zone(body: bytes, *arguments: object) -> object:
        found = _REFERENCE.search(body)
        token = _WANTED.set(found[1].decode() if found else "")
        try:
            return create(body, *arguments)
        finally:
            _WANTED.reset(token)

    return create_hosted_zone
