"""What a deployer needs for each resource type: a row of `deployer_actions.toml`, which has the sources."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from pydantic import BaseModel, ConfigDict

from standby.errors import StandbyError
from standby.stack.configuration import ACCOUNT_REFERENCE, Resource, Stack

TABLE: Final = "deployer_actions.toml"


class TypePermissions(BaseModel):
    """A type's row: the attribute with the name, the actions for each resource, and what else the type needs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    role: bool = False
    service_linked_role: str = ""
    grants: Mapping[str, tuple[str, ...]] = {}


@cache
def permissions_by_type() -> Mapping[str, TypePermissions]:
    """Return every row of the table."""
    table = tomllib.loads(files(__package__).joinpath(TABLE).read_text(encoding="utf-8"))
    return {kind: TypePermissions.model_validate(row) for kind, row in table.items()}


def permissions_of(kind: str) -> TypePermissions:
    """Return a type's row. Raises `StandbyError` if the table has none."""
    row = permissions_by_type().get(kind)
    if row is None:
        raise StandbyError(
            f"No actions are known for the resource type {kind}.", hint=f"Add its row to standby/stack/{TABLE}."
        )
    return row


def name_of(resource: Resource, *, account: str) -> str:
    """Return a resource's own name, "" if its type has none."""
    attribute = permissions_of(resource.kind).name
    return resource.text(attribute).replace(ACCOUNT_REFERENCE, account) if attribute else ""


def service_linked_roles(stack: Stack) -> tuple[str, ...]:
    """Return the service-linked roles that AWS creates with the stack's resources, as `SERVICE/ROLE`."""
    roles = {permissions_of(kind).service_linked_role for kind in stack.kinds}
    return tuple(sorted(roles - {""}))
