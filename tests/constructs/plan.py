"""A synthesized stack, and functions that read it. Nothing here imports cdktf."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from warm_standby.settings import Settings

Json = dict[str, Any]
T = TypeVar("T")

ROOT: Final = Path(__file__).parents[2]
ROLES: Final = ("primary", "failover")
FUNCTIONS: Final = ("documents", "health", "ingest", "ingestion_status", "query", "upload")
SIGN_IN_FUNCTIONS: Final = ("authorizer", *FUNCTIONS)
"""The functions of a region where users sign in."""
ALL_FUNCTIONS: Final = ("controller", "notifications", *SIGN_IN_FUNCTIONS)
"""Every function, with those of settings that are off by default."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The settings, the directory in which Terraform would run, and the Terraform JSON in it."""

    settings: Settings
    directory: Path
    document: Json = field(repr=False)  # it would add megabytes to a failed assertion

    def region(self, role: str) -> str:
        """Return the region of a role."""
        region: str = getattr(self.settings.regions, role)
        return region


class Synthesize(Protocol):
    """Synthesize with these settings, or return their earlier plan. `fresh` always synthesizes."""

    def __call__(self, settings: Settings, *, fresh: bool = False) -> Plan: ...


def default_settings(**sections: object) -> Settings:
    """Return the settings of the shipped `standby.toml`, with some sections changed."""
    return Settings.model_validate({"name": "chatbot", "tags": {"project": "warm-standby"}, **sections})


def resources(plan: Plan, type_: str) -> dict[str, Json]:
    """Return the resources of a type by their names in the configuration, or an empty dictionary."""
    found: dict[str, Json] = plan.document["resource"].get(type_, {})
    return found


def everything(plan: Plan) -> dict[str, Json]:
    """Return every resource and data source by its Terraform address."""
    managed = {f"{type_}.{name}": body for type_, name, body in _flat(plan.document["resource"])}
    return managed | {f"data.{type_}.{name}": body for type_, name, body in _flat(plan.document.get("data", {}))}


def _flat(blocks: Json) -> Iterator[tuple[str, str, Json]]:
    return ((type_, name, body) for type_, named in blocks.items() for name, body in named.items())


def in_region(plan: Plan, type_: str, role: str) -> list[Json]:
    """Return the resources of a type with the provider of a role."""
    return [body for body in resources(plan, type_).values() if body["provider"] == f"aws.{role}"]


def only(found: Iterable[T]) -> T:
    """Return the only item, and fail if there is not exactly one."""
    listed = list(found)
    assert len(listed) == 1, f"{len(listed)} found: {listed}"
    return listed[0]


def statements(policy: str) -> list[Json]:
    """Return a policy document's statements."""
    document = json.loads(policy)
    assert document["Version"] == "2012-10-17"
    found: list[Json] = document["Statement"]
    return found


def role_statements(plan: Plan) -> dict[str, list[Json]]:
    """Return the policy statements of every IAM role by the role's name."""
    names = {f"${{aws_iam_role.{name}.name}}": body["name"] for name, body in resources(plan, "aws_iam_role").items()}
    policies = resources(plan, "aws_iam_role_policy").values()
    return {names[body["role"]]: statements(body["policy"]) for body in policies}


def functions(plan: Plan, role: str) -> dict[str, Json]:
    """Return the functions of a region by the name of their package."""
    return {body["handler"].partition(".")[0]: body for body in in_region(plan, "aws_lambda_function", role)}


def references(text: str) -> set[str]:
    """Return the addresses of resources, data sources and locals that a text refers to."""
    named = re.findall(r"(?<![\w.-])((?:data\.)?(?:aws|terraform)_[a-z0-9_]+\.[A-Za-z][\w-]*)(?![\w-])", text)
    return {*named, *re.findall(r"(?<![\w.-])(local\.[A-Za-z][\w-]*)", text)}
