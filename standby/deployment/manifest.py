"""What is deployed, as the stack's manifest says it: frozen records, and nothing of how they were come by."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from standby.deployment.api_url import normalize_api_url
from standby.errors import StandbyError

Role = Literal["primary", "failover"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
OLDEST_SCHEMA: Final = 2


@dataclass(frozen=True, kw_only=True)
class Region:
    """One region's part of the manifest. `replicates_to` is "" where its documents stay."""

    role: Role
    region: str
    api_url: str
    health_url: str
    documents_bucket: str
    frontend_bucket: str
    knowledge_base_id: str
    data_source_id: str
    ingest_queue_url: str
    dead_letter_queue_url: str
    alert_topic_arn: str
    ingest_function: str
    replicates_to: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The whole deployment. `disagreement` is "" unless the two regions' manifests differ, or one cannot be used."""

    name: str
    account: str
    vector_store: str
    site_url: str
    distribution_id: str
    api_fallback: bool
    regions: Mapping[Role, Region]
    disagreement: str = ""

    def other(self, role: Role) -> Region:
        """Return the other region."""
        return self.regions["failover" if role == "primary" else "primary"]

    def role_of(self, api_url: str) -> Role | None:
        """Return the role whose API this is; None when it is neither's."""
        for role in ROLES:
            if normalize_api_url(self.regions[role].api_url) == normalize_api_url(api_url):
                return role
        return None


def parse_manifest(text: str) -> Manifest:
    """Read a manifest. Raises `StandbyError` when it is not what it should be."""
    try:
        document = json.loads(text)
        if document["schemaVersion"] < OLDEST_SCHEMA:
            raise StandbyError(
                f"The manifest has schema version {document['schemaVersion']}; {OLDEST_SCHEMA} is needed.",
                hint="Apply the stack again with this version of the project.",
            )
        site = document["site"]
        return Manifest(
            name=document["name"],
            account=document["account"],
            vector_store=document["vectorStore"],
            site_url=site["url"],
            distribution_id=site["distributionId"],
            api_fallback=site["apiFallback"],
            regions={role: _region(role, document["regions"][role]) for role in ROLES},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StandbyError(f"The manifest is not as expected: {error!r}") from error


def _region(role: Role, part: Mapping[str, str]) -> Region:
    return Region(
        role=role,
        region=part["region"],
        api_url=part["apiUrl"],
        health_url=part["healthUrl"],
        documents_bucket=part["documentsBucket"],
        frontend_bucket=part["frontendBucket"],
        knowledge_base_id=part["knowledgeBaseId"],
        data_source_id=part["dataSourceId"],
        ingest_queue_url=part["ingestQueueUrl"],
        dead_letter_queue_url=part["deadLetterQueueUrl"],
        alert_topic_arn=part["alertTopicArn"],
        ingest_function=part["ingestFunction"],
        replicates_to=part["replicatesTo"],
    )
