"""A Terraform plan as records, from `terraform show -json PLAN`.

Source: developer.hashicorp.com, Terraform, "JSON Output Format".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from standby.errors import BadUsageError
from standby.json_model import describe_errors
from standby.review.values import Arguments, merge_unknown
from standby.text import one_line

Role = Literal["primary", "failover"]
Action = Literal["create", "update", "replace", "delete", "forget", "read", "no-op"]
ROLES: Final[tuple[Role, Role]] = ("primary", "failover")

CLOUD_CONTROL: Final = "aws_cloudcontrolapi_resource"
_IDENTITY: Final = "identity_first_apply"
"""The resource that every stack of this project has, and no other."""

_GLOBAL: Final = ("aws_cloudfront_",)
"""The types of resources that serve both regions, although one region's provider creates them: CloudFront is global.

Source: docs.aws.amazon.com, AWS Fault Isolation Boundaries, "Global services".
"""

_KNOWN_FORMAT: Final = r"^1\.\d+$"
"""The versions of the format that are read: a new major version is an incompatible one, says its page."""

_HASH: Final = re.compile(r"_[0-9A-F]{8}$")
_ROLE: Final = re.compile(r"(?<![a-z])(primary|failover)(?![a-z])")
_HINT: Final = "`terraform show -json PLAN > plan.json` writes what is read, from a plan file of this project."


class _Change(BaseModel):
    actions: list[str]
    before: Any = None
    after: Any = None
    after_unknown: Any = False
    before_sensitive: Any = False
    after_sensitive: Any = False


class _ResourceChange(BaseModel):
    address: str
    mode: str = "managed"
    type: str
    name: str
    deposed: str = ""
    change: _Change


class _Resource(BaseModel):
    address: str
    provider_config_key: str = ""


class _Module(BaseModel):
    resources: list[_Resource] = []


class _Configuration(BaseModel):
    root_module: _Module = _Module()
    provider_config: dict[str, Any] = {}


class _OutputChange(BaseModel):
    actions: list[str]


class _Document(BaseModel):
    """The output of `terraform show -json`, as far as it is read."""

    format_version: str = Field(pattern=_KNOWN_FORMAT)
    resource_changes: list[_ResourceChange] = []
    resource_drift: list[_ResourceChange] = []
    output_changes: dict[str, _OutputChange] = {}
    configuration: _Configuration = _Configuration()
    prior_state: dict[str, Any] = {}
    timestamp: AwareDatetime | None = None
    errored: bool = False
    complete: bool = True
    deferred_changes: list[Any] = []
    action_invocations: list[Any] = []


@dataclass(frozen=True, kw_only=True)
class Change:
    """What the plan does to one resource. `before` is None for a new one, `after` for one that is destroyed.

    `deposed` is set for what an earlier apply left to be destroyed, beside the resource of the same address.
    """

    address: str
    type: str
    name: str
    action: Action
    role: Role | None
    before: Arguments | None
    after: Arguments | None
    deposed: bool = False

    @property
    def kind(self) -> str:
        """The type; for a resource of Cloud Control, the type of CloudFormation."""
        if self.type != CLOUD_CONTROL:
            return self.type
        arguments = self.before or self.after
        return str(arguments.value("type_name")) if arguments else self.type

    @cached_property
    def construct(self) -> str:
        """The path of the construct: the name without cdktf's hash, `primary_documents_private_versioning`."""
        return _HASH.sub("", self.name)

    @cached_property
    def twin_key(self) -> tuple[str, ...]:
        """The same for a resource and its twin in the other region: in the same module, with the same index."""
        module, _, index = self.address.partition(f"{self.type}.{self.name}")
        return self.type, _ROLE.sub("ROLE", self.construct.replace("_", " ")), module, index

    @property
    def changes(self) -> bool:
        """Whether the plan does anything to the resource."""
        return self.action not in ("no-op", "read")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan. `drift` is what Terraform found to be changed outside of it. `accounts` are the allowed ones.

    `is_first`: nothing is deployed yet. `is_partial`: Terraform left changes out. `invokes_actions`: the apply runs
    actions of a provider, which are no resources. `written_at`: when it was made, by the planning machine's clock.
    """

    changes: tuple[Change, ...]
    drift: tuple[Change, ...]
    outputs: frozenset[str]
    accounts: frozenset[str]
    is_first: bool
    is_errored: bool = False
    is_partial: bool = False
    invokes_actions: bool = False
    written_at: datetime | None = None

    def of(self, *types: str) -> Iterator[Change]:
        """Yield the changes of resources of these types, or kinds."""
        return (change for change in self.changes if change.type in types or change.kind in types)


def read_plan(document: object) -> Plan:
    """Return the plan that a document describes.

    Raises `BadUsageError` if it is no output of `terraform show -json`, or has no resource of this project.
    """
    try:
        found = _Document.model_validate(document)
    except ValidationError as error:
        raise BadUsageError(f"This is not a plan in JSON: {describe_errors(error)}", hint=_HINT) from error
    except RecursionError as error:
        raise BadUsageError("This is not a plan in JSON: it is nested too deeply.", hint=_HINT) from error
    if not any(change.name.startswith(_IDENTITY) for change in found.resource_changes):
        raise BadUsageError("The plan has no resource of this project, so nothing was reviewed.", hint=_HINT)
    changes = tuple(one for one in found.resource_changes if one.mode == "managed")
    roles = {
        one.address: _role(one.provider_config_key)
        for one in found.configuration.root_module.resources
        if not one.address.startswith(_GLOBAL)
    }
    return Plan(
        changes=tuple(_change(one, roles) for one in changes),
        drift=tuple(_change(one, roles) for one in found.resource_drift if one.mode == "managed"),
        outputs=frozenset(name for name, change in found.output_changes.items() if change.actions != ["no-op"]),
        accounts=_accounts(found.configuration.provider_config),
        is_first=not found.prior_state.get("values") and all(one.change.before is None for one in changes),
        is_errored=found.errored,
        is_partial=not found.complete or bool(found.deferred_changes),
        invokes_actions=bool(found.action_invocations),
        written_at=found.timestamp,
    )


def _change(found: _ResourceChange, roles: Mapping[str, Role | None]) -> Change:
    change = found.change
    return Change(
        address=one_line(f"{found.address} (deposed {found.deposed})" if found.deposed else found.address),
        type=found.type,
        name=found.name,
        action=_action(change.actions),
        role=role_in_name(found.name) or roles.get(found.address),
        before=None if change.before is None else Arguments(change.before, change.before_sensitive),
        after=_after(change),
        deposed=bool(found.deposed),
    )


def _after(change: _Change) -> Arguments | None:
    if change.after is None and change.after_unknown is False:
        return None
    return Arguments(merge_unknown(change.after, change.after_unknown), change.after_sensitive)


def _action(actions: list[str]) -> Action:
    if len(actions) == 2 and "create" in actions and {"delete", "forget"} & set(actions):  # noqa: PLR2004 - a pair
        return "replace"
    known: dict[str, Action] = {"create": "create", "update": "update", "delete": "delete", "forget": "forget"}
    known |= {"read": "read", "no-op": "no-op"}
    if len(actions) != 1 or actions[0] not in known:
        raise BadUsageError(f"The plan has actions that are not known: {', '.join(actions) or 'none'}.", hint=_HINT)
    return known[actions[0]]


def role_in_name(name: str) -> Role | None:
    """Return the first role in a resource's name: `primary_documents_bucket` belongs to the primary region."""
    found = _ROLE.search(name.replace("_", " "))
    return next((role for role in ROLES if found and found[1] == role), None)


def _role(provider_key: str) -> Role | None:
    alias = provider_key.rpartition(".")[2]
    return next((role for role in ROLES if role == alias), None)


def _accounts(providers: Mapping[str, Any]) -> frozenset[str]:
    allowed: set[str] = set()
    for provider in providers.values():
        listed = Arguments(provider).value("expressions", "allowed_account_ids", "constant_value")
        allowed.update(map(str, listed) if isinstance(listed, list) else ())
    return frozenset(allowed)
