"""The two regions differ only in region and names."""

import json

import pytest

from tests.constructs.helpers import region_view, render
from tests.constructs.plan import Plan, Synthesize, default_settings
from tests.constructs.variants import APART_OPENSEARCH, APART_S3_VECTORS, APART_SIGN_IN

# The resources that exist once, with the primary provider.
SINGLE = {
    "data.aws_caller_identity.caller",
    "data.aws_iam_session_context.applier",
    "aws_cloudfront_distribution.distribution",
    "aws_cloudfront_origin_access_control.distribution_origin_access_control",
    "aws_cloudfront_response_headers_policy.distribution_headers_policy",
}
# Arguments that are equal in both regions: the routing config and the manifest.
SHARED = {"aws_s3_object.serving_config_OWN": "content", "aws_ssm_parameter.manifest_parameter_OWN": "insecure_value"}


def comparable_regions(plan: Plan) -> tuple[dict[str, object], dict[str, object]]:
    primary, failover = region_view(plan, "primary"), region_view(plan, "failover")
    for view in (primary, failover):
        for address, argument in SHARED.items():
            view[address].pop(argument)
    return {address: body for address, body in primary.items() if address not in SINGLE}, failover


@pytest.fixture(
    params=[APART_OPENSEARCH, APART_S3_VECTORS, APART_SIGN_IN],
    ids=lambda settings: f"{settings.knowledge_base.vector_store}-{settings.access.mode}",
)
def apart(request: pytest.FixtureRequest, synthesize: Synthesize) -> Plan:
    return synthesize(request.param)


def test_the_regions_differ_in_region_and_names_only(apart: Plan) -> None:
    primary, failover = comparable_regions(apart)
    assert len(primary) > 80
    assert sorted(primary) == sorted(failover)
    assert {address for address, body in primary.items() if failover[address] != body} == set()


def test_single_resources_use_the_primary_provider(apart: Plan) -> None:
    assert set(region_view(apart, "primary")) - set(region_view(apart, "failover")) == SINGLE


def test_both_regions_get_the_same_routing_config_and_manifest(plan: Plan) -> None:
    for type_, name, argument in (
        ("aws_s3_object", "serving_config", "content"),
        ("aws_ssm_parameter", "manifest_parameter", "insecure_value"),
    ):
        named = {key: body for key, body in plan.document["resource"][type_].items() if key.startswith(name)}
        assert len(named) == 2
        assert len({render(plan, json.dumps(body[argument])) for body in named.values()}) == 1


def test_swapping_the_regions_swaps_them_and_nothing_else(synthesize: Synthesize, plan: Plan) -> None:
    swapped = synthesize(default_settings(regions={"primary": "us-east-1", "failover": "us-west-2"}))
    assert region_view(swapped, "failover").keys() == region_view(plan, "failover").keys()
    assert [provider["region"] for provider in swapped.document["provider"]["aws"]] == ["us-east-1", "us-west-2"]
