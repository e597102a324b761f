"""Two deployments in one account and the same regions: no name, bucket, key or state of one is the other's."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.constructs.helpers import render
from tests.constructs.plan import ROOT, Json, Plan, Synthesize, default_settings, everything, references

OTHER = "chatbot-dev"
# The argument that is a resource's name in its account or region.
NAMES = {"alarm_name", "bucket", "dashboard_name", "function_name", "name"}
# Arguments that name the resource to which a part belongs. A part has no name outside of it.
PARENTS = {"arn", "bucket", "event_source_arn", "function_name", "log_group_name", "rest_api_id", "role", "rule"}
PARENTS |= {"queue_url", "topic_arn"}
# AWS chooses the distribution's ID. Terraform's own resource is in the state only.
WITHOUT_NAMES = {"aws_cloudfront_distribution", "terraform_data"}
# One for each account and region, by AWS: `operations.api_gateway_account` leaves it to one of two deployments.
SHARED = {"aws_api_gateway_account"}


def managed(plan: Plan) -> Iterator[tuple[str, Json]]:
    return (
        (address, body) for address, body in everything(plan).items() if address.partition(".")[0] not in WITHOUT_NAMES
    )


def own_names(plan: Plan) -> set[tuple[str, str]]:
    """Return the names that are not inside of another resource, with their types and providers."""
    return {
        (f"{address.partition('.')[0]} {body['provider']}", render(plan, name))
        for address, body in managed(plan)
        if not parents(body)
        for name in literal_names(plan, body)
    }


def literal_names(plan: Plan, body: Json) -> list[str]:
    """Return the names that are not another resource's."""
    named = [str(body[key]) for key in NAMES & body.keys()]
    named += [name for name in re.findall(r'"([^"]+)"', body.get("desired_state", "")) if plan.settings.name in name]
    return [name for name in named if not references(name) - {"local.account"}]


def parents(body: Json) -> set[str]:
    """Return the resources to which a part belongs."""
    keys = (PARENTS - {"role"} if "handler" in body else PARENTS) & body.keys()  # a function only uses its role
    return references(" ".join(str(body[key]) for key in keys)) - {"local.account"}


@pytest.fixture(params=["opensearch-serverless", "s3-vectors"])
def store(request: pytest.FixtureRequest) -> Json:
    alerts = {"alert_emails": ["a@example.com"]}
    return {"knowledge_base": {"vector_store": request.param}, "operations": alerts}


@pytest.fixture
def both(synthesize: Synthesize, store: Json) -> tuple[Plan, Plan]:
    return synthesize(default_settings(**store)), synthesize(default_settings(name=OTHER, **store))


def test_two_deployments_share_no_name(both: tuple[Plan, Plan]) -> None:
    names = [own_names(plan) for plan in both]
    assert len(names[0]) == len(names[1]) > 80
    assert names[0] & names[1] == set()
    assert {name for _, name in names[1] if OTHER not in name} == set()


def test_no_other_name_can_be_one_of_this_deployment_s(both: tuple[Plan, Plan]) -> None:
    """A deployment `chatbot-query` must not have what is `chatbot-` and `query-errors` here."""
    mine = own_names(both[0])
    starts = {"-".join(name.split("-")[:count]) for _, name in mine for count in (2, 3) if name.startswith("chatbot-")}
    others = {start for start in starts if len(start) > len("chatbot") and not start.endswith("$")}
    assert {"chatbot-query", "chatbot-ingest"} <= others
    for other in others:
        renamed = {(type_, re.sub(r"\bchatbot\b", other, name, count=1)) for type_, name in mine}
        assert mine & renamed == set(), other


def test_all_else_belongs_to_a_resource_with_such_a_name(both: tuple[Plan, Plan]) -> None:
    plan = both[0]
    resources = {address: body for address, body in managed(plan) if not address.startswith("data.")}
    rooted = {address for address, body in resources.items() if not parents(body) and literal_names(plan, body)}
    while grown := {a for a, body in resources.items() if a not in rooted and inside(body) & rooted}:
        rooted |= grown
    assert {address.partition(".")[0] for address in resources.keys() - rooted} == SHARED


def inside(body: Json) -> set[str]:
    """Return the resources to which a part belongs, also one that Cloud Control makes."""
    return parents(body) | references(body.get("desired_state", ""))


def test_the_name_is_the_only_difference(both: tuple[Plan, Plan]) -> None:
    first, second = (json.dumps(plan.document, sort_keys=True) for plan in both)
    texts = "document chatbot"  # in the descriptions of the APIs
    assert first.replace("chatbot", OTHER).replace(f"document {OTHER}", texts) == second


def test_what_is_shared_in_an_account_is_left_to_one_deployment_by_a_setting(synthesize: Synthesize) -> None:
    operations = {"api_gateway_account": False}
    plan = synthesize(default_settings(name=OTHER, operations=operations))
    assert SHARED & plan.document["resource"].keys() == set()
    assert "api_gateway_account = false" in (ROOT / "README.md").read_text("utf-8")
