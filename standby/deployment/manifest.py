"""The manifest, which the stack writes into each region's Parameter Store. `manifest_reader` fetches it."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import ConfigDict, Field, ValidationError, model_validator

from standby.deployment.api_url import normalize_api_url
from standby.errors import StandbyError
from standby.json_model import JsonModel, Key, describe_errors

Role = Literal["primary", "failover"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
OLDEST_SCHEMA: Final = 2


class Region(JsonModel):
    """One region's part of the manifest."""

    model_config = ConfigDict(extra="ignore")

    role: Role = Field(exclude=True, description="the region's role, which is its key")
    region: str = Field(description="the AWS region")
    api_url: str = Field(description="the API, with its stage")
    health_url: str = Field(description="the API's `/health`")
    documents_bucket: str = Field(description="the bucket of uploaded documents")
    frontend_bucket: str = Field(description="the bucket of the site, config.json and the journal")
    knowledge_base_id: str = Field(description="the Knowledge Base")
    data_source_id: str = Field(description="its data source, the documents bucket")
    ingest_queue_url: str = Field(description="the queue of S3 events for `ingest`")
    dead_letter_queue_url: str = Field(description="the queue of events that `ingest` could not process")
    alert_topic_arn: str = Field(description="the SNS topic that alarms notify")
    ingest_function: str = Field(description="the name of the `ingest` function")
    replicates_to: str = Field(description='the region that its documents replicate to, "" for none')
    functions: tuple[str, ...] = Field(default=(), description="the names of the functions")
    schedules: tuple[str, ...] = Field(default=(), description="the names of the EventBridge rules of the schedules")
    alarms: int = Field(default=0, ge=0, description="the number of alarms that notify the topic")
    origin_check: str = Field(
        default="", description="the path on the site of a file that the edge reads from this frontend bucket alone"
    )


class Site(JsonModel):
    """The site's part of the manifest."""

    model_config = ConfigDict(extra="ignore")

    url: str = Field(description="the site's URL")
    distribution_id: str = Field(description="the CloudFront distribution")
    api_fallback: bool = Field(description="whether pages may use the other region's API by themselves")


class Manifest(JsonModel):
    """The whole deployment."""

    model_config = ConfigDict(extra="ignore")

    schema_version: int = Field(default=OLDEST_SCHEMA, description="2")
    name: str = Field(description="the deployment's name")
    account: str = Field(description="the AWS account")
    vector_store: str = Field(description="`opensearch-serverless` or `s3-vectors`")
    site: Site
    regions: Mapping[Annotated[Role, Key("ROLE")], Region]
    disagreement: str = Field(default="", exclude=True, description="why the manifests of both regions differ")

    @model_validator(mode="before")
    @classmethod
    def _order_regions_and_name_their_roles(cls, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        if isinstance(value, Mapping) and isinstance(regions := value.get("regions"), Mapping):
            parts = {role: regions[role] for role in ROLES if role in regions}
            named = {
                role: {"role": role, **part} if isinstance(part, Mapping) else part for role, part in parts.items()
            }
            return {**value, "regions": named}
        return value

    @model_validator(mode="after")
    def _require_both_roles(self) -> "Manifest":
        if missing := [role for role in ROLES if role not in self.regions]:
            raise ValueError(f"no {' and no '.join(missing)} region")
        return self

    def other(self, role: Role) -> Region:
        """Return the other region."""
        return self.regions["failover" if role == "primary" else "primary"]

    def role_of(self, api_url: str) -> Role | None:
        """Return the role whose API this is; None if it is the API of neither region."""
        for role in ROLES:
            if normalize_api_url(self.regions[role].api_url) == normalize_api_url(api_url):
                return role
        return None


def parse_manifest(text: str) -> Manifest:
    """Read a manifest. Raises `StandbyError` for any other text, and for a manifest of an older version."""
    try:
        document = json.loads(text)
        version = document.get("schemaVersion") if isinstance(document, dict) else None
        if isinstance(version, int) and version < OLDEST_SCHEMA:
            raise StandbyError(
                f"The manifest has schema version {version}; {OLDEST_SCHEMA} is needed.",
                hint="Apply the stack again with this version of the project.",
            )
        manifest = Manifest.from_json(document)
    except ValidationError as error:
        raise StandbyError(f"The manifest is not as expected: {describe_errors(error)}") from error
    except (ValueError, RecursionError) as error:
        raise StandbyError("The manifest is not as expected: it is not JSON.") from error
    for role, region in manifest.regions.items():
        if not normalize_api_url(region.api_url):  # config.json would name no API
            raise StandbyError(f"The manifest is not as expected: regions.{role}.apiUrl is not a URL that pages call.")
    return manifest
