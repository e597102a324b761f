"""The emulator refuses a Knowledge Base for the reasons for which Bedrock refuses it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from standby.rehearsal.emulator.knowledge_base_rules import (
    PROPAGATION_SECONDS,
    ROLE_MESSAGE,
    STORAGE_MESSAGE,
    Document,
    corrected_creation,
    role_refusal,
    search_indexes,
    storage_refusal,
)

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
INDEX = "arn:aws:s3vectors:us-west-2:000000000000:bucket/vectors/index/documents"
COLLECTION = "arn:aws:aoss:us-west-2:000000000000:collection/abc"


def trust(*services: str, effect: str = "Allow") -> str:
    statement = {"Effect": effect, "Action": "sts:AssumeRole", "Principal": {"Service": [*services]}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(*, age: float = 60, policy: str = trust("bedrock.amazonaws.com")) -> Document:
    return {
        "CreateDate": (NOW - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "AssumeRolePolicyDocument": policy,
    }


def on_s3_vectors(*, index: str = INDEX, dimensions: int | None = 1024) -> Document:
    model = {"bedrockEmbeddingModelConfiguration": {"dimensions": dimensions}} if dimensions else None
    return {
        "knowledgeBaseConfiguration": {"vectorKnowledgeBaseConfiguration": {"embeddingModelConfiguration": model}},
        "storageConfiguration": {"type": "S3_VECTORS", "s3VectorsConfiguration": {"indexArn": index}},
    }


@pytest.mark.parametrize(
    "found,refused",
    [
        (None, True),
        (role(), False),
        (role(age=PROPAGATION_SECONDS), False),
        (role(age=PROPAGATION_SECONDS - 1), True),
        (role(policy=trust("lambda.amazonaws.com")), True),
        (role(policy=trust("bedrock.amazonaws.com", effect="Deny")), True),
        (role(policy=trust("lambda.amazonaws.com", "bedrock.amazonaws.com")), False),
        (role(policy="no JSON"), True),
        (role(policy='{"Statement": {"Effect": "Allow", "Principal": {"Service": "bedrock.amazonaws.com"}}}'), False),
    ],
)
def test_a_role_is_assumed_if_it_trusts_bedrock_and_is_known_everywhere(
    found: Document | None, *, refused: bool
) -> None:
    assert role_refusal(found, now=NOW) == (ROLE_MESSAGE if refused else "")


def test_an_index_that_does_not_exist_or_has_other_dimensions_is_refused() -> None:
    assert storage_refusal(on_s3_vectors(), {INDEX: 1024}) == ""
    assert storage_refusal(on_s3_vectors(dimensions=None), {INDEX: 1024}) == ""
    assert storage_refusal(on_s3_vectors(), {}) == f"{STORAGE_MESSAGE}: no such index [{INDEX}]"
    assert "invalid dimension: 512. Dimension should be: 1024" in storage_refusal(
        on_s3_vectors(dimensions=512), {INDEX: 1024}
    )
    assert storage_refusal({}, {INDEX: 1024}).startswith(STORAGE_MESSAGE)


def test_an_index_of_opensearch_is_found_by_its_collection_and_its_name() -> None:
    mappings = {"Properties": {"vector": {"Type": "knn_vector", "Dimension": 512}, "text": {"Type": "text"}}}
    state = {"CollectionEndpoint": "https://abc", "IndexName": "documents", "Mappings": mappings}
    collections = [{"collectionEndpoint": "https://abc", "arn": COLLECTION}]
    indexes = search_indexes([state], collections)
    assert indexes == {f"{COLLECTION}/documents": 512}
    assert search_indexes([state], []) == {}
    storage = {"collectionArn": COLLECTION, "vectorIndexName": "documents"}
    assert storage_refusal({"storageConfiguration": {"opensearchServerlessConfiguration": storage}}, indexes) == ""


def test_a_refused_knowledge_base_is_not_created() -> None:
    created: list[object] = []

    def create(body: object) -> tuple[int, dict[str, str], bytes]:
        created.append(body)
        return 202, {}, b"{}"

    reasons = {"a": "", "b": "too young"}
    corrected = corrected_creation(
        create,
        refusal=lambda body: reasons[body["name"]],
        refuse=lambda reason: (400, {}, reason.encode()),
    )
    assert corrected(b'{"name": "a"}') == (202, {}, b"{}")
    assert corrected('{"name": "b"}') == (400, {}, b"too young")
    assert created == [b'{"name": "a"}']
