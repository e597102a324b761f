"""A synthesized stack, and how tests ask it questions. Nothing here imports cdktf."""

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
FUNCTIONS: Final = ("health", "ingest", "ingestion_status", "query", "upload")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Settings, the directory that Terraform would run in, and the Terraform JSON in it."""

    settings: Settings
    directory: Path
    document: Json = field(repr=False)  # a failed assertion would print megabytes

    def region(self, role: str) -> str:
        """Return the region behind a role."""
        region: str = getattr(self.settings.regions, role)
        return region


class Synthesize(Protocol):
    """Synthesize with these settings, or return what was synthesized with them before; `anew` does it again."""

    def __call__(self, settings: Settings, *, anew: bool = False) -> Plan: ...


def default_settings(**sections: object) -> Settings:
    """Return what `standby.toml` says when the project is cloned, with some sections given otherwise."""
    return Settings.model_validate({"name": "chatbot", "tags": {"project": "warm-standby"}, **sections})


def resources(plan: Plan, type_: str) -> dict[str, Json]:
    """Return the resources of a type by their names in the configuration; none is an empty dictionary."""
    found: dict[str, Json] = plan.document["resource"].get(type_, {})
    return found


def everything(plan: Plan) -> dict[str, Json]:
    """Return every resource and data source by its Terraform address."""
    managed = {f"{type_}.{name}": body for type_, name, body in _flat(plan.document["resource"])}
    return managed | {f"data.{type_}.{name}": body for type_, name, body in _flat(plan.document.get("data", {}))}


def _flat(blocks: Json) -> Iterator[tuple[str, str, Json]]:
    return ((type_, name, body) for type_, named in blocks.items() for name, body in named.items())


def in_region(plan: Plan, type_: str, role: str) -> list[Json]:
    """Return the resources of a type that a role's provider makes."""
    return [body for body in resources(plan, type_).values() if body["provider"] == f"aws.{role}"]


def only(found: Iterable[T]) -> T:
    """Return the one that there must be."""
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
    """Return every role's permissions by the role's name."""
    names = {f"${{aws_iam_role.{name}.name}}": body["name"] for name, body in resources(plan, "aws_iam_role").items()}
    policies = resources(plan, "aws_iam_role_policy").values()
    return {names[body["role"]]: statements(body["policy"]) for body in policies}


def functions(plan: Plan, role: str) -> dict[str, Json]:
    """Return a region's functions by the name of their package."""
    return {body["handler"].partition(".")[0]: body for body in in_region(plan, "aws_lambda_function", role)}


def references(text: str) -> set[str]:
    """Return the addresses of resources, data sources and locals that a text refers to."""
    named = re.findall(r"(?<![\w.-])((?:data\.)?aws_[a-z0-9_]+\.[A-Za-z][\w-]*)(?![\w-])", text)
    return {*named, *re.findall(r"(?<![\w.-])(local\.[A-Za-z][\w-]*)", text)}
