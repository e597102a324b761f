"""Put the corrections of Cloud Control, of Knowledge Bases and of indexes into MiniStack's modules."""

import importlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from standby.rehearsal.emulator.cloud_control import (
    DATA_SOURCE,
    KNOWLEDGE_BASE,
    VECTOR_BUCKET,
    VECTOR_INDEX,
    CloudControl,
    DataSources,
    KnowledgeBases,
    ResourceHandler,
    SearchIndexes,
    StoredResources,
    VectorBuckets,
    VectorIndexes,
)
from standby.rehearsal.emulator.index_access import INDEX, PERMISSIONS, corrected_handler, corrected_validation
from standby.rehearsal.emulator.knowledge_base_rules import (
    corrected_creation,
    role_refusal,
    search_indexes,
    storage_refusal,
)
from standby.rehearsal.emulator.requests.model_check import describe_violations, operation_violations


def connect_cloud_control() -> None:
    """Create what Cloud Control creates, and check each Knowledge Base as Bedrock does."""
    control, agent, collections, iam = (
        importlib.import_module(f"ministack.services.{name}")
        for name in ("cloudcontrol", "bedrock_agent", "opensearchserverless", "iam")
    )
    responses = importlib.import_module("ministack.core.responses")
    stored = StoredResources(control)

    def name_resource(service: str, path: str) -> str:
        return f"arn:aws:{service}:{responses.get_region()}:{responses.get_account_id()}:{path}"

    def refusal(knowledge_base: Mapping[str, Any]) -> str:
        role = vars(iam)["_roles"].get(str(knowledge_base.get("roleArn")).rpartition("/")[2])
        indexes = {arn: index["Dimension"] for arn, index in stored.properties(VECTOR_INDEX).items()}
        indexes |= search_indexes(stored.properties(INDEX).values(), vars(collections)["_collections"].values())
        return role_refusal(role, now=datetime.now(UTC)) or storage_refusal(knowledge_base, indexes)

    vars(agent)["_create_kb"] = corrected_creation(
        vars(agent)["_create_kb"], refusal=refusal, refuse=vars(agent)["_validation"]
    )

    def validate(service: str, operation: str, parameters: Mapping[str, object]) -> str:
        found = operation_violations(service, operation, parameters)
        return describe_violations(found) if found else ""

    handlers: dict[str, ResourceHandler] = {
        KNOWLEDGE_BASE: KnowledgeBases(agent, validate=validate),
        DATA_SOURCE: DataSources(agent, validate=validate),
        VECTOR_BUCKET: VectorBuckets(VECTOR_BUCKET, stored=stored, arn=name_resource, validate=validate),
        VECTOR_INDEX: VectorIndexes(VECTOR_INDEX, stored=stored, arn=name_resource, validate=validate),
        INDEX: SearchIndexes(INDEX, stored=stored, arn=name_resource, validate=validate),
    }
    vars(control).update(CloudControl(control, handlers).operations())


def check_index_access(caller: Callable[[], str]) -> None:
    """Let only those see an index whom a data access policy names. `caller` returns the ARN of a request's caller."""
    control, collections = (
        importlib.import_module(f"ministack.services.{name}") for name in ("cloudcontrol", "opensearchserverless")
    )
    responses = importlib.import_module("ministack.core.responses")
    for handler, permission in PERMISSIONS.items():
        vars(control)[handler] = corrected_handler(
            vars(control)[handler],
            permission,
            caller=caller,
            policies=lambda: [record["policy"] for record in vars(collections)["_access_policies"].values()],
            refuse=responses.error_response_json,
        )
    vars(collections)["_validate_data_policy"] = corrected_validation(
        vars(collections)["_validate_data_policy"], vars(collections)["_Invalid"]
    )
