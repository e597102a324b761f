"""What was applied: the stack's outputs and its manifest, as frozen records."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from standby.errors import StandbyError

Role = Literal["primary", "failover"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
SIMULATED_VECTOR_STORE: Final = "opensearch-serverless"
"""A Knowledge Base on another vector store is made through Cloud Control, which the emulator stores without serving."""


@dataclass(frozen=True, kw_only=True)
class RegionalDeployment:
    """One region's part of the manifest."""

    role: Role
    region: str
    api_url: str
    documents_bucket: str
    frontend_bucket: str
    knowledge_base_id: str
    data_source_id: str
    ingest_queue_url: str


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """The manifest: what an operator needs to know about what is deployed."""

    name: str
    account: str
    vector_store: str
    site_url: str
    regions: Mapping[Role, RegionalDeployment]

    @property
    def answers_questions(self) -> bool:
        """Whether the emulator serves a Knowledge Base on this vector store."""
        return self.vector_store == SIMULATED_VECTOR_STORE

    def other(self, role: Role) -> RegionalDeployment:
        """Return the other region."""
        return self.regions["failover" if role == "primary" else "primary"]


def read_deployment(outputs: Mapping[str, str]) -> Deployment:
    """Read the manifest from the stack's outputs. Raises `StandbyError` when it is not what it should be."""
    try:
        manifest = json.loads(outputs["manifest"])
        return Deployment(
            name=manifest["name"],
            account=manifest["account"],
            vector_store=manifest["vectorStore"],
            site_url=manifest["site"]["url"],
            regions={role: _region(role, manifest["regions"][role]) for role in ROLES},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StandbyError(f"The stack's manifest output is not as expected: {error!r}") from error


def _region(role: Role, part: Mapping[str, str]) -> RegionalDeployment:
    return RegionalDeployment(
        role=role,
        region=part["region"],
        api_url=part["apiUrl"],
        documents_bucket=part["documentsBucket"],
        frontend_bucket=part["frontendBucket"],
        knowledge_base_id=part["knowledgeBaseId"],
        data_source_id=part["dataSourceId"],
        ingest_queue_url=part["ingestQueueUrl"],
    )
