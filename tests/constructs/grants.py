"""The grants of a synthesized stack: every action that a role, a resource policy or a function's policy allows."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.constructs.plan import Json, Plan, in_region, resources, role_statements, statements

UNNOTICED: Final = Path(__file__).parents[1] / "e2e" / "unnoticed_permissions.toml"


class Grant(NamedTuple):
    """An action that one statement allows.

    The holder is a role (`query`, `replication`) or a resource (`queue:ingest`, `bucket:frontend`, `function:query`),
    by its name without those of the deployment, the account and the region.
    """

    holder: str
    sid: str
    action: str


def grants(plan: Plan, role: str) -> set[Grant]:
    """Return the grants of one region."""
    return {*_of_roles(plan, role), *_of_policies(plan, role), *_of_functions(plan, role), *_of_indexes(plan, role)}


def unnoticed() -> dict[Grant, str]:
    """Return the grants whose removal no case of `tests/e2e/permissions.py` takes, each with its reason."""
    groups = tomllib.loads(UNNOTICED.read_text(encoding="utf-8")).values()
    listed = [
        (Grant(holder, group["sid"], action), group["reason"])
        for group in groups
        for holder in group["holders"]
        for action in group["actions"]
    ]
    assert len(listed) == len(dict(listed)), "a grant is listed twice"
    return dict(listed)


def _of_roles(plan: Plan, role: str) -> Iterator[Grant]:
    for name, found in role_statements(plan).items():
        if name.endswith(plan.region(role)):
            holder = name.removeprefix(f"{plan.settings.name}-").removesuffix(f"-{plan.region(role)}")
            yield from _allowed(holder, found)


def _of_policies(plan: Plan, role: str) -> Iterator[Grant]:
    prefix = f"{plan.settings.name}-"
    for queue in in_region(plan, "aws_sqs_queue", role):
        found = statements(queue["policy"]) if "policy" in queue else []
        yield from _allowed(f"queue:{queue['name'].removeprefix(prefix)}", found)
    for policy in in_region(plan, "aws_sns_topic_policy", role):
        topic = _referred(plan, "aws_sns_topic", policy["arn"])
        yield from _allowed(f"topic:{topic['name'].removeprefix(prefix)}", statements(policy["policy"]))
    for policy in in_region(plan, "aws_s3_bucket_policy", role):
        bucket = _referred(plan, "aws_s3_bucket", policy["bucket"])
        yield from _allowed(
            f"bucket:{bucket['bucket'].removeprefix(prefix).split('-')[0]}", statements(policy["policy"])
        )


def _of_functions(plan: Plan, role: str) -> Iterator[Grant]:
    for permission in in_region(plan, "aws_lambda_permission", role):
        function = _referred(plan, "aws_lambda_function", permission["function_name"])
        holder = f"function:{function['function_name'].removeprefix(f'{plan.settings.name}-')}"
        yield Grant(holder, permission["statement_id"], permission["action"])


def _of_indexes(plan: Plan, role: str) -> Iterator[Grant]:
    for policy in in_region(plan, "aws_opensearchserverless_access_policy", role):
        for rules in _data_access(policy["policy"]):
            sid = "KnowledgeBase" if "knowledge-base" in rules["Principal"][0] else "Deployer"
            yield from (Grant("index:documents", sid, action) for action in rules["Rules"][0]["Permission"])


def _data_access(text: str) -> list[Json]:
    """Read a data access policy. Of several appliers, Terraform sorts the list: here it is one entry."""
    inner = text.removeprefix("${jsonencode(").removesuffix(")}").replace('" = ', '": ')
    found: list[Json] = json.loads(re.sub(r"sort\(distinct\(\[.+?\]\)\)", '["the appliers"]', inner))
    return found


def _referred(plan: Plan, type_: str, reference: str) -> Json:
    return resources(plan, type_)[reference.split(".")[1]]


def _allowed(holder: str, found: list[Json]) -> Iterator[Grant]:
    for statement in found:
        if statement["Effect"] == "Allow":
            yield from (Grant(holder, statement["Sid"], action) for action in statement["Action"])
