"""Invariants of the whole stack."""

import graphlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.constructs.helpers import render, without_hash
from tests.constructs.plan import FUNCTIONS, ROLES, ROOT, Plan, Synthesize, default_settings, everything, references
from tests.constructs.plan import resources as of_type
from tests.constructs.variants import CHANGED, LONGEST, SAME_API
from warm_standby.settings import Settings

# The maximum length of each name, in characters.
# Sources: docs.aws.amazon.com, the API reference of each service: S3 bucket naming rules; IAM CreateRole; Lambda
# CreateFunction; OpenSearch Serverless CreateCollection, CreateAccessPolicy and CreateSecurityPolicy; Bedrock
# CreateGuardrail and CreateKnowledgeBase; EventBridge PutRule; SQS CreateQueue; SNS CreateTopic; CloudWatch
# PutMetricAlarm; CloudFront CreateOriginAccessControl and CreateResponseHeadersPolicy.
LIMITS = {
    ("aws_s3_bucket", "bucket"): 63,
    ("aws_iam_role", "name"): 64,
    ("aws_lambda_function", "function_name"): 64,
    ("aws_opensearchserverless_collection", "name"): 32,
    ("aws_opensearchserverless_access_policy", "name"): 32,
    ("aws_opensearchserverless_security_policy", "name"): 32,
    ("aws_bedrock_guardrail", "name"): 50,
    ("aws_bedrockagent_knowledge_base", "name"): 100,
    ("aws_cloudwatch_event_rule", "name"): 64,
    ("aws_sqs_queue", "name"): 80,
    ("aws_sns_topic", "name"): 256,
    ("aws_cloudwatch_metric_alarm", "alarm_name"): 255,
    ("aws_cloudfront_origin_access_control", "name"): 64,
    ("aws_cloudfront_response_headers_policy", "name"): 128,
}


def leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for inner in value.values() for text in leaves(inner))
    elif isinstance(value, list):
        yield from (text for inner in value for text in leaves(inner))


@pytest.mark.parametrize("store", ["opensearch-serverless", "s3-vectors"])
def test_every_resource_and_data_source_names_one_of_the_two_providers(synthesize: Synthesize, store: str) -> None:
    plan = synthesize(default_settings(knowledge_base={"vector_store": store}))
    providers = {address: body.get("provider") for address, body in everything(plan).items()}
    assert len(providers) > 150
    others = {address for address, name in providers.items() if name not in {"aws.primary", "aws.failover"}}
    assert {without_hash(address) for address in others} == {
        "terraform_data.identity_first_apply"
    }  # in Terraform itself


def test_the_only_provider_is_the_pinned_aws_provider_in_the_two_regions(plan: Plan) -> None:
    assert plan.document["terraform"]["required_providers"] == {"aws": {"source": "aws", "version": "5.100.0"}}
    assert set(plan.document["provider"]) == {"aws"}
    regions = {provider["alias"]: provider["region"] for provider in plan.document["provider"]["aws"]}
    assert regions == {role: plan.region(role) for role in ROLES}
    built_in = {"terraform_data"}
    assert {type_.partition("_")[0] for type_ in set(plan.document["resource"]) - built_in} == {"aws"}


def test_every_reference_has_a_target(plan: Plan) -> None:
    known = {*everything(plan), *(f"local.{name}" for name in plan.document["locals"])}
    assert references(json.dumps({**plan.document, "//": None})) <= known


@pytest.mark.parametrize(
    "settings",
    [
        default_settings(),
        SAME_API,
        LONGEST,
        default_settings(knowledge_base={"vector_store": "s3-vectors"}),
        default_settings(knowledge_base={"vector_store": "s3-vectors"}, documents={"replication": "one-way"}),
    ],
    ids=lambda settings: f"{settings.name}-{settings.knowledge_base.vector_store}-{settings.documents.replication}",
)
def test_nothing_depends_on_itself(synthesize: Synthesize, settings: Settings) -> None:
    plan = synthesize(settings)
    graph = {address: references(json.dumps(body)) - {address} for address, body in everything(plan).items()}
    graph |= {f"local.{name}": references(json.dumps(value)) for name, value in plan.document["locals"].items()}
    own = {address for address, body in everything(plan).items() if address in references(json.dumps(body))}
    ordered = list(graphlib.TopologicalSorter(graph).static_order())
    assert own == set()
    assert len(ordered) == len(graph)


def test_every_dependency_exists(plan: Plan) -> None:
    waited_for = {target for body in everything(plan).values() for target in body.get("depends_on", [])}
    assert len(waited_for) > 20
    assert waited_for <= set(everything(plan))


@pytest.mark.parametrize("store", ["opensearch-serverless", "s3-vectors"])
def test_every_expression_can_be_read_by_terraform(synthesize: Synthesize, store: str) -> None:
    """`$${` is plain text, and quotes inside `${...}` are not escaped. Source: Terraform, "Strings and Templates"."""
    plan = synthesize(default_settings(knowledge_base={"vector_store": store}))
    blocks = {**everything(plan), **plan.document["output"]}
    texts = [(address, text) for address, body in blocks.items() for text in leaves(body)]
    assert [address for address, text in texts if "$${" in text] == []
    assert [address for address, text in texts if re.search(r'\$\{[^}"]*\\"', text)] == []


def test_no_path_of_the_machine_that_synthesized_is_in_the_plan(plan: Plan) -> None:
    text = json.dumps(plan.document)
    for path in (ROOT, plan.directory, Path.home(), Path.cwd()):
        assert f"{path}/" not in text
    assert re.findall(r'"/(?:home|root|tmp|Users|var/folders|work|private|opt|mnt)/[^"]*"', text) == []


def test_no_secret_is_in_the_plan(plan: Plan) -> None:
    text = json.dumps(plan.document)
    assert re.findall(r"(?:AKIA|ASIA)[A-Z0-9]{16}|BEGIN [A-Z ]*PRIVATE KEY|\d{12}:secret:", text) == []
    named = re.findall(
        r'"([A-Za-z_]*(?:password|secret|private_key|access_key|session_token)[A-Za-z_]*)": "', text, re.IGNORECASE
    )
    assert named == []
    arguments = set().union(*(provider.keys() for provider in plan.document["provider"]["aws"]))
    assert arguments <= {"alias", "region", "default_tags"}


def test_the_account_id_is_read_and_never_hard_coded(plan: Plan) -> None:
    assert re.findall(r"(?<![\w.-])\d{12}(?![\w.-])", json.dumps(plan.document)) == []
    assert "data.aws_caller_identity.caller" in everything(plan)


def test_the_longest_name_in_the_longest_regions_fits_every_limit(synthesize: Synthesize) -> None:
    plan = synthesize(LONGEST)
    lengths = {
        (type_, key): max(len(render(plan, body[key])) for body in of_type(plan, type_).values())
        for type_, key in LIMITS
    }
    assert {named: length for named, length in lengths.items() if length > LIMITS[named]} == {}


def test_the_two_regions_use_the_same_five_functions(plan: Plan) -> None:
    handlers = {
        role: {body["handler"] for body in of_type(plan, "aws_lambda_function").values() if role in body["provider"]}
        for role in ROLES
    }
    assert handlers["primary"] == handlers["failover"] == {f"{name}.handler.handler" for name in FUNCTIONS}


def test_every_configured_tag_is_every_resource_s_default(plan: Plan) -> None:
    for provider in plan.document["provider"]["aws"]:
        assert provider["default_tags"] == [{"tags": {"project": "warm-standby"}}]


def test_both_providers_refuse_every_account_that_is_not_allowed(synthesize: Synthesize, plan: Plan) -> None:
    allowed = [provider["allowed_account_ids"] for provider in synthesize(CHANGED).document["provider"]["aws"]]
    assert allowed == [["111122223333", "444455556666"]] * 2
    assert all("allowed_account_ids" not in provider for provider in plan.document["provider"]["aws"])


def test_state_is_local_and_outside_of_the_directory_that_synth_may_empty(plan: Plan) -> None:
    path = plan.document["terraform"]["backend"]["local"]["path"]
    outdir = plan.directory.parent.parent
    assert outdir.resolve() not in (plan.directory / path).resolve().parents


def test_state_in_s3_is_encrypted_and_locked_by_s3_itself(synthesize: Synthesize) -> None:
    terraform = synthesize(CHANGED).document["terraform"]
    assert terraform["backend"]["s3"] == {
        "bucket": "my-states",
        "encrypt": True,
        "key": "warm-standby/chatbot/terraform.tfstate",
        "region": "eu-west-1",
        "use_lockfile": True,
    }
    assert set(terraform["backend"]) == {"s3"}


def test_terraform_must_be_new_enough_for_that_lock(plan: Plan) -> None:
    """Source: Terraform's CHANGELOG, 1.10.0: S3 native state locking."""
    assert plan.document["terraform"]["required_version"] == ">= 1.10.0, < 2.0.0"


def test_a_destroy_deletes_documents_only_if_the_setting_is_true(synthesize: Synthesize, plan: Plan) -> None:
    forced = synthesize(CHANGED)
    assert [body["force_destroy"] for body in of_type(plan, "aws_s3_bucket").values()] == [False] * 4
    assert [body["force_destroy"] for body in of_type(forced, "aws_s3_bucket").values()] == [True] * 4
