"""The outputs and the manifest, which the operator's tool and the rehearsal read."""

import json

import pytest

from tests.constructs.helpers import ACCOUNT, render, render_json, without_hash
from tests.constructs.plan import ROLES, Plan, Synthesize, default_settings, in_region
from tests.constructs.variants import LONGEST, SAME_API

OF_A_ROLE = (
    "api_gateway_url",
    "health_endpoint",
    "docs_bucket_name",
    "frontend_bucket_name",
    "knowledge_base_id",
    "data_source_id",
)

# The maximum size of a standard parameter. Source: docs.aws.amazon.com, Systems Manager, "Managing parameter tiers".
STANDARD_PARAMETER_BYTES = 4096
IN_MANIFEST = {
    "region": "{region}",
    "apiUrl": "https://a1b2c3d4e5.execute-api.{region}.amazonaws.com/prod/",
    "healthUrl": "https://a1b2c3d4e5.execute-api.{region}.amazonaws.com/prod/health",
    "documentsBucket": "chatbot-docs-{account}-{region}",
    "frontendBucket": "chatbot-frontend-{account}-{region}",
    "knowledgeBaseId": "KBABCDEFGH",
    "dataSourceId": "DSABCDEFGH",
    "ingestFunction": "chatbot-ingest",
    "ingestQueueUrl": "https://sqs.{region}.amazonaws.com/{account}/chatbot-ingest",
    "deadLetterQueueUrl": "https://sqs.{region}.amazonaws.com/{account}/chatbot-ingest-dead-letters",
    "alertTopicArn": "arn:aws:sns:{region}:{account}:chatbot-alerts",
    "replicatesTo": "{other}",
    "originCheck": "origin-check/{role}.json",
}
NAMES_IN_MANIFEST = {
    "alarms": 9,
    "functions": [
        f"chatbot-{name}" for name in ("query", "upload", "ingest", "ingestion-status", "documents", "health")
    ],
    "schedules": ["chatbot-sweep", "chatbot-health-check", "chatbot-readiness-check"],
}


def test_the_outputs_are_those_of_the_contract(plan: Plan) -> None:
    once = {"cloudfront_url", "cloudfront_distribution_id", "manifest"}
    assert set(plan.document["output"]) == once | {f"{role}_{name}" for role in ROLES for name in OF_A_ROLE}


@pytest.mark.parametrize("store", ["opensearch-serverless", "s3-vectors"])
def test_every_output_says_what_it_is(synthesize: Synthesize, store: str) -> None:
    outputs = synthesize(default_settings(knowledge_base={"vector_store": store})).document["output"]
    assert [name for name, output in outputs.items() if not output.get("description", "").strip()] == []
    assert len({output["description"] for output in outputs.values()}) == len(outputs)


@pytest.mark.parametrize("store", ["opensearch-serverless", "s3-vectors"])
@pytest.mark.parametrize("role", ROLES)
def test_a_role_s_outputs_are_its_own_region_s(synthesize: Synthesize, role: str, store: str) -> None:
    plan = synthesize(default_settings(knowledge_base={"vector_store": store}))
    values = {name: plan.document["output"][f"{role}_{name}"]["value"] for name in OF_A_ROLE}
    for value in values.values():
        assert f".{role}_" in value, value
    region = plan.region(role)
    rendered = {name: render(plan, value) for name, value in values.items()}
    assert rendered["api_gateway_url"] == f"https://a1b2c3d4e5.execute-api.{region}.amazonaws.com/prod/"
    assert rendered["health_endpoint"] == f"{rendered['api_gateway_url']}health"
    assert rendered["docs_bucket_name"] == f"chatbot-docs-{ACCOUNT}-{region}"
    assert rendered["frontend_bucket_name"] == f"chatbot-frontend-{ACCOUNT}-{region}"


def test_the_knowledge_base_s_outputs_are_ids_and_not_arns(plan: Plan) -> None:
    value = without_hash(plan.document["output"]["primary_data_source_id"]["value"])
    assert value.endswith("primary_knowledge_base_service_data_source_id}")
    value = without_hash(plan.document["output"]["primary_knowledge_base_id"]["value"])
    assert value.endswith("primary_knowledge_base_service_knowledge_base_resource.id}")


@pytest.mark.parametrize("store", ["opensearch-serverless", "s3-vectors"])
def test_the_manifest_names_everything_that_an_operator_needs(synthesize: Synthesize, store: str) -> None:
    plan = synthesize(default_settings(knowledge_base={"vector_store": store}))
    manifest = render_json(plan, plan.document["output"]["manifest"]["value"])
    regions = manifest.pop("regions")
    assert manifest == {
        "schemaVersion": 2,
        "name": "chatbot",
        "account": ACCOUNT,
        "vectorStore": store,
        "site": {
            "url": "https://d111111abcdef8.cloudfront.net",
            "distributionId": "E1A2B3C4D5E6F7",
            "apiFallback": True,
        },
    }
    assert regions == {
        role: {
            key: text.format(role=role, region=plan.region(role), other=plan.region(other), account=ACCOUNT)
            for key, text in IN_MANIFEST.items()
        }
        | NAMES_IN_MANIFEST
        for role, other in zip(ROLES, reversed(ROLES), strict=True)
    }


def test_the_manifest_says_where_documents_are_not_replicated(synthesize: Synthesize) -> None:
    plan = synthesize(SAME_API)
    regions = render_json(plan, plan.document["output"]["manifest"]["value"])["regions"]
    assert {role: region["replicatesTo"] for role, region in regions.items()} == {
        "primary": "us-east-1",
        "failover": "",
    }


def test_the_manifest_s_references_are_each_region_s_own(plan: Plan) -> None:
    text = without_hash(plan.document["output"]["manifest"]["value"])
    primary, failover = text.split('"regions" = ')[1].split('"failover" = ')
    assert "failover" not in primary
    assert "primary" not in failover


@pytest.mark.parametrize("role", ROLES)
def test_the_manifest_is_stored_in_both_regions_under_the_deployment_s_name(plan: Plan, role: str) -> None:
    parameters = {body["name"]: body for body in in_region(plan, "aws_ssm_parameter", role)}
    manifest = parameters.pop("/warm-standby/chatbot/manifest")
    assert manifest["type"] == "String"
    assert manifest["insecure_value"] == plan.document["output"]["manifest"]["value"]
    assert set(parameters) == {"/warm-standby/chatbot/sweep"}


def test_the_largest_manifest_fits_a_standard_parameter(synthesize: Synthesize) -> None:
    plan = synthesize(LONGEST)
    manifest = render_json(plan, plan.document["output"]["manifest"]["value"])
    assert len(json.dumps(manifest, separators=(",", ":")).encode()) < STANDARD_PARAMETER_BYTES
