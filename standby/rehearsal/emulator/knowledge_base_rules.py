"""What Bedrock checks before it creates a Knowledge Base. MiniStack creates one from any JSON.

Bedrock assumes the role at once, and reads the vector store with it. A role that is some seconds old is not known in
all places yet, and then the creation is refused. Terraform's own resource repeats the call, and Cloud Control does not.
Sources: docs.aws.amazon.com, IAM, "Troubleshoot IAM", "Changes that I make are not always immediately visible";
github.com/awslabs/agents-for-amazon-bedrock-blueprints, issue 22; github.com/aws-ia/terraform-aws-bedrock, issue 149.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

PROPAGATION_SECONDS: Final = 20.0
"""The age of a role below which Bedrock may not know it. AWS names no time; modules and samples wait 10 to 20 s."""

SERVICE: Final = "bedrock.amazonaws.com"
ROLE_MESSAGE: Final = (
    "Bedrock Knowledge Base was unable to assume the given role. Provide the proper permissions and retry the request."
)
STORAGE_MESSAGE: Final = "The knowledge base storage configuration provided is invalid"
"""The start of AWS's messages. Terraform's own resource repeats a call that ends with one of the two.
Source: hashicorp/terraform-provider-aws, internal/service/bedrockagent/knowledge_base.go."""

Document = Mapping[str, Any]
Response = tuple[int, Mapping[str, str], bytes]


def corrected_creation(
    create: Callable[[object], Response],
    *,
    refusal: Callable[[Document], str],
    refuse: Callable[[str], Response],
) -> Callable[[object], Response]:
    """Return MiniStack's function that creates a Knowledge Base, changed so that it is refused for a reason of AWS."""

    def create_if_valid(body: object) -> Response:
        reason = refusal(_parse(body))
        return refuse(reason) if reason else create(body)

    return create_if_valid


def role_refusal(role: Document | None, *, now: datetime) -> str:
    """Return why Bedrock cannot assume this role; "" if it can."""
    if role is None or not _trusts_bedrock(role):
        return ROLE_MESSAGE
    age = now - datetime.strptime(role["CreateDate"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return ROLE_MESSAGE if age.total_seconds() < PROPAGATION_SECONDS else ""


def storage_refusal(knowledge_base: Document, indexes: Mapping[str, int]) -> str:
    """Return why Bedrock cannot use the vector store; "" if it can.

    `indexes` has the dimensions of each index, by its ARN in S3 Vectors, or by COLLECTION_ARN/NAME in OpenSearch.
    """
    storage = knowledge_base.get("storageConfiguration") or {}
    vectors, search = (
        storage.get(key) or {} for key in ("s3VectorsConfiguration", "opensearchServerlessConfiguration")
    )
    index = vectors.get("indexArn") or f"{search.get('collectionArn')}/{search.get('vectorIndexName')}"
    if index not in indexes:
        return f"{STORAGE_MESSAGE}: no such index [{index}]"
    dimensions = _dimensions(knowledge_base)
    if dimensions is not None and dimensions != indexes[index]:
        reason = f"Query vector has invalid dimension: {dimensions}. Dimension should be: {indexes[index]}"
        return f"{STORAGE_MESSAGE}: {reason}"
    return ""


def search_indexes(desired_states: Iterable[Document], collections: Iterable[Document]) -> dict[str, int]:
    """Return the dimensions of each index of OpenSearch Serverless, by COLLECTION_ARN/NAME."""
    arns = {collection["collectionEndpoint"]: collection["arn"] for collection in collections}
    return {
        f"{arns[state['CollectionEndpoint']]}/{state['IndexName']}": field["Dimension"]
        for state in desired_states
        if state["CollectionEndpoint"] in arns
        for field in state["Mappings"]["Properties"].values()
        if field.get("Type") == "knn_vector"
    }


def _dimensions(knowledge_base: Document) -> int | None:
    configuration = (knowledge_base.get("knowledgeBaseConfiguration") or {}).get("vectorKnowledgeBaseConfiguration")
    model = ((configuration or {}).get("embeddingModelConfiguration") or {}).get("bedrockEmbeddingModelConfiguration")
    dimensions = (model or {}).get("dimensions")
    return dimensions if isinstance(dimensions, int) else None


def _trusts_bedrock(role: Document) -> bool:
    trust = _parse(role.get("AssumeRolePolicyDocument") or "{}")
    statements = trust.get("Statement") or []
    return any(
        statement.get("Effect") == "Allow" and SERVICE in _listed((statement.get("Principal") or {}).get("Service"))
        for statement in (statements if isinstance(statements, list) else [statements])
    )


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _parse(body: object) -> Document:
    try:
        document = json.loads(body) if isinstance(body, str | bytes) else {}
    except ValueError:
        return {}
    return document if isinstance(document, Mapping) else {}
