"""The Knowledge Base and its vector store, for both kinds of store."""

import json
import re

import pytest

from tests.constructs.helpers import ACCOUNT, render, without_hash
from tests.constructs.plan import (
    ROLES,
    Json,
    Plan,
    Synthesize,
    default_settings,
    in_region,
    only,
    resources,
    role_statements,
)
from tests.constructs.variants import APART_S3_VECTORS, CHANGED

TITAN = "amazon.titan-embed-text-v2:0"


@pytest.fixture
def opensearch(synthesize: Synthesize) -> Plan:
    return synthesize(CHANGED)


@pytest.fixture
def s3_vectors(synthesize: Synthesize) -> Plan:
    return synthesize(APART_S3_VECTORS)


@pytest.fixture
def default_opensearch(synthesize: Synthesize) -> Plan:
    return synthesize(default_settings(knowledge_base={"vector_store": "opensearch-serverless"}))


def cloud_control(plan: Plan, role: str) -> dict[str, Json]:
    found = in_region(plan, "aws_cloudcontrolapi_resource", role)
    return {body["type_name"]: json.loads(body["desired_state"]) for body in found}


def types(plan: Plan) -> set[str]:
    return {type_ for type_ in plan.document["resource"] if "opensearch" in type_ or "bedrockagent" in type_}


def test_each_store_has_its_own_resources_and_none_of_the_other_store(opensearch: Plan, s3_vectors: Plan) -> None:
    assert types(s3_vectors) == set()
    assert "opensearch" not in json.dumps(s3_vectors.document["resource"]).lower()
    assert "s3vectors" not in json.dumps(opensearch.document).lower()
    assert types(opensearch) == {
        "aws_bedrockagent_data_source",
        "aws_bedrockagent_knowledge_base",
        "aws_opensearchserverless_access_policy",
        "aws_opensearchserverless_collection",
        "aws_opensearchserverless_security_policy",
    }


@pytest.mark.parametrize("role", ROLES)
def test_deleting_a_data_source_does_not_wait_for_its_vectors(opensearch: Plan, s3_vectors: Plan, role: str) -> None:
    assert only(in_region(opensearch, "aws_bedrockagent_data_source", role))["data_deletion_policy"] == "RETAIN"
    assert cloud_control(s3_vectors, role)["AWS::Bedrock::DataSource"]["DataDeletionPolicy"] == "RETAIN"


@pytest.mark.parametrize("role", ROLES)
def test_the_chunks_are_a_setting_on_either_store(opensearch: Plan, s3_vectors: Plan, role: str) -> None:
    source = only(in_region(opensearch, "aws_bedrockagent_data_source", role))
    chunking = only(only(source["vector_ingestion_configuration"])["chunking_configuration"])
    assert chunking["chunking_strategy"] == "FIXED_SIZE"
    assert chunking["fixed_size_chunking_configuration"] == [{"max_tokens": 300, "overlap_percentage": 10}]
    state = cloud_control(s3_vectors, role)["AWS::Bedrock::DataSource"]
    assert state["VectorIngestionConfiguration"]["ChunkingConfiguration"] == {
        "ChunkingStrategy": "FIXED_SIZE",
        "FixedSizeChunkingConfiguration": {"MaxTokens": 300, "OverlapPercentage": 10},
    }


@pytest.mark.parametrize("role", ROLES)
def test_the_default_chunks_are_those_of_the_design(plan: Plan, default_opensearch: Plan, role: str) -> None:
    source = only(in_region(default_opensearch, "aws_bedrockagent_data_source", role))
    chunking = only(only(source["vector_ingestion_configuration"])["chunking_configuration"])
    assert chunking["fixed_size_chunking_configuration"] == [{"max_tokens": 500, "overlap_percentage": 20}]
    state = cloud_control(plan, role)["AWS::Bedrock::DataSource"]["VectorIngestionConfiguration"]
    size = {"MaxTokens": 500, "OverlapPercentage": 20}
    assert state["ChunkingConfiguration"]["FixedSizeChunkingConfiguration"] == size


@pytest.mark.parametrize("role", ROLES)
def test_the_index_and_the_embedding_have_the_same_dimensions(opensearch: Plan, s3_vectors: Plan, role: str) -> None:
    index = cloud_control(opensearch, role)["AWS::OpenSearchServerless::Index"]
    vector = index["Mappings"]["Properties"]["bedrock-knowledge-base-default-vector"]
    assert (vector["Dimension"], vector["Method"]["Engine"]) == (512, "faiss")
    assert '"dimensions": 512' in json.dumps(in_region(opensearch, "aws_bedrockagent_knowledge_base", role))
    made = cloud_control(s3_vectors, role)
    assert made["AWS::S3Vectors::Index"]["Dimension"] == 512
    assert '"Dimensions": 512' in json.dumps(made["AWS::Bedrock::KnowledgeBase"])


@pytest.mark.parametrize("role", ROLES)
def test_the_knowledge_base_writes_into_the_index_of_this_stack(opensearch: Plan, role: str) -> None:
    storage = only(only(in_region(opensearch, "aws_bedrockagent_knowledge_base", role))["storage_configuration"])
    target = only(storage["opensearch_serverless_configuration"])
    index = cloud_control(opensearch, role)["AWS::OpenSearchServerless::Index"]
    assert target["vector_index_name"] == index["IndexName"]
    assert set(only(target["field_mapping"]).values()) == set(index["Mappings"]["Properties"])
    collection = f"${{aws_opensearchserverless_collection.{role}_knowledge_base_vectors_collection."
    assert without_hash(target["collection_arn"]) == f"{collection}arn}}"
    assert without_hash(index["CollectionEndpoint"]) == f"{collection}collection_endpoint}}"


@pytest.mark.parametrize("role", ROLES)
def test_the_knowledge_base_is_created_after_its_index_and_its_permissions(
    opensearch: Plan, s3_vectors: Plan, role: str
) -> None:
    typed = only(in_region(opensearch, "aws_bedrockagent_knowledge_base", role))["depends_on"]
    bodies = in_region(s3_vectors, "aws_cloudcontrolapi_resource", role)
    stored = only(body for body in bodies if body["type_name"] == "AWS::Bedrock::KnowledgeBase")["depends_on"]
    first = {f"{role}_knowledge_base_role_policy", f"{role}_knowledge_base_vectors_index_resource"}
    assert _waits(typed) == first
    assert _waits(stored) == {*first, f"{role}_ingestion_dead_letters"}


@pytest.mark.parametrize("role", ROLES)
def test_a_queue_stands_between_the_role_and_a_knowledge_base_that_cloud_control_creates(
    opensearch: Plan, s3_vectors: Plan, role: str
) -> None:
    """Nothing repeats a refused call of Cloud Control, and the provider waits 25 s for a new queue."""
    between, at_once = (
        next(queue for queue in in_region(plan, "aws_sqs_queue", role) if queue["name"].endswith("dead-letters"))
        for plan in (s3_vectors, opensearch)
    )
    assert _waits(between["depends_on"]) == {f"{role}_knowledge_base_role_policy"}
    assert "depends_on" not in at_once  # OpenSearch's collection takes longer, and the provider repeats the call


def _waits(addresses: Json) -> set[str]:
    return {without_hash(address).split(".")[1] for address in addresses}


@pytest.mark.parametrize("role", ROLES)
def test_the_data_source_is_the_region_s_documents_bucket(opensearch: Plan, s3_vectors: Plan, role: str) -> None:
    configuration = only(only(in_region(opensearch, "aws_bedrockagent_data_source", role))["data_source_configuration"])
    arn = only(configuration["s3_configuration"])["bucket_arn"]
    assert without_hash(arn) == f"${{aws_s3_bucket.{role}_documents_private_bucket.arn}}"
    state = cloud_control(s3_vectors, role)["AWS::Bedrock::DataSource"]["DataSourceConfiguration"]
    bucket = f"arn:aws:s3:::chatbot-docs-{ACCOUNT}-{s3_vectors.region(role)}"
    assert render(s3_vectors, state["S3Configuration"]["BucketArn"]) == bucket


@pytest.mark.parametrize("role", ROLES)
def test_the_collection_has_no_standby_replicas_and_its_policies_come_first(opensearch: Plan, role: str) -> None:
    collection = only(in_region(opensearch, "aws_opensearchserverless_collection", role))
    assert (collection["type"], collection["standby_replicas"]) == ("VECTORSEARCH", "DISABLED")
    kinds = sorted(address.split(".")[0] for address in collection["depends_on"])
    policy = "aws_opensearchserverless_security_policy"
    assert kinds == ["aws_opensearchserverless_access_policy", policy, policy]
    assert {body["type"] for body in in_region(opensearch, policy, role)} == {"encryption", "network"}


@pytest.mark.parametrize("role", ROLES)
def test_the_knowledge_base_uses_the_vectors_and_the_applier_manages_them(default_opensearch: Plan, role: str) -> None:
    plan = default_opensearch
    policy = json.loads(only(in_region(plan, "aws_opensearchserverless_access_policy", role))["policy"])
    by_principal = {only(rule["Principal"]): only(rule["Rules"])["Permission"] for rule in policy}
    applier = "${data.aws_iam_session_context.applier.issuer_arn}"
    (reader,) = by_principal.keys() - {applier}
    region = plan.region(role)
    assert render(plan, reader) == f"arn:aws:iam::{ACCOUNT}:role/chatbot-knowledge-base-{region}"
    assert set(by_principal[reader]) == {"aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument"}
    assert "aoss:CreateIndex" in by_principal[applier]
    assert not {"aoss:ReadDocument", "aoss:WriteDocument"} & set(by_principal[applier])


LISTED = ["arn:aws:iam::111122223333:role/ci", "arn:aws:iam::111122223333:role/people/admin"]


@pytest.mark.parametrize("role", ROLES)
def test_every_listed_applier_manages_the_vectors_and_the_order_does_not_depend_on_the_present_one(
    synthesize: Synthesize, role: str
) -> None:
    store = {"vector_store": "opensearch-serverless"}
    listed = synthesize(default_settings(operations={"appliers": LISTED}, knowledge_base=store))
    policy = only(in_region(listed, "aws_opensearchserverless_access_policy", role))["policy"]
    names = ", ".join(["data.aws_iam_session_context.applier.issuer_arn", *map(json.dumps, LISTED)])
    assert policy.count(f'"Principal" = sort(distinct([{names}]))') == 1


USER_OR_ROLE = re.compile("^arn:aws[a-z-]*:iam::[0-9]{12}:(user|role)/")


def test_only_users_and_roles_may_apply_a_stack_with_opensearch(opensearch: Plan, s3_vectors: Plan) -> None:
    condition = only(opensearch.document["data"]["aws_iam_session_context"]["applier"]["lifecycle"]["postcondition"])
    assert condition["condition"] == f'${{can(regex("{USER_OR_ROLE.pattern}", self.issuer_arn))}}'
    assert "operations.appliers" in condition["error_message"]
    assert "lifecycle" not in s3_vectors.document["data"]["aws_iam_session_context"]["applier"]
    for arn in (*LISTED, "arn:aws:iam::111122223333:user/a", "arn:aws-us-gov:iam::111122223333:role/a/b"):
        assert USER_OR_ROLE.search(arn)
    for arn in ("arn:aws:iam::111122223333:root", "arn:aws:sts::111122223333:federated-user/a"):
        assert not USER_OR_ROLE.search(arn)


@pytest.mark.parametrize("role", ROLES)
def test_vectors_in_s3_have_chunks_as_non_filterable_metadata(s3_vectors: Plan, role: str) -> None:
    """Source: docs.aws.amazon.com, Bedrock, "Prerequisites for using a vector store you created"."""
    made = cloud_control(s3_vectors, role)
    index = made["AWS::S3Vectors::Index"]
    keys = index["MetadataConfiguration"]["NonFilterableMetadataKeys"]
    assert set(keys) == {"AMAZON_BEDROCK_TEXT", "AMAZON_BEDROCK_METADATA"}
    assert index["VectorBucketName"] == made["AWS::S3Vectors::VectorBucket"]["VectorBucketName"]
    arn = made["AWS::Bedrock::KnowledgeBase"]["StorageConfiguration"]["S3VectorsConfiguration"]["IndexArn"]
    assert arn.endswith(f":bucket/{index['VectorBucketName']}/index/{index['IndexName']}")
    region = s3_vectors.region(role)
    use = only(s for s in role_statements(s3_vectors)[f"chatbot-knowledge-base-{region}"] if s["Sid"] == "UseVectors")
    assert use["Resource"] == [arn]


def test_a_cloud_control_resource_sets_only_writable_properties_of_its_schema(
    opensearch: Plan, s3_vectors: Plan
) -> None:
    bodies = [
        body for plan in (opensearch, s3_vectors) for body in resources(plan, "aws_cloudcontrolapi_resource").values()
    ]
    assert len({body["type_name"] for body in bodies}) == 5
    for body in bodies:
        schema, state = json.loads(body["schema"]), json.loads(body["desired_state"])
        read_only = {path.removeprefix("/properties/") for path in schema["readOnlyProperties"]}
        assert schema["typeName"] == body["type_name"]
        assert set(state) <= set(schema["properties"]) - read_only
        assert set(schema["primaryIdentifier"]) <= {f"/properties/{name}" for name in schema["properties"]}


@pytest.mark.parametrize("role", ROLES)
def test_the_embedding_model_is_the_region_s_own_and_the_role_may_run_it(
    plan: Plan, default_opensearch: Plan, role: str
) -> None:
    arn = f"arn:aws:bedrock:{plan.region(role)}::foundation-model/{TITAN}"
    assert f'"{arn}"' in json.dumps(in_region(default_opensearch, "aws_bedrockagent_knowledge_base", role))
    assert f'"{arn}"' in json.dumps(cloud_control(plan, role)["AWS::Bedrock::KnowledgeBase"])
    for either in (plan, default_opensearch):
        found = role_statements(either)[f"chatbot-knowledge-base-{plan.region(role)}"]
        assert only(s for s in found if s["Action"] == ["bedrock:InvokeModel"])["Resource"] == [arn]
