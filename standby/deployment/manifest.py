"""The manifest, which the stack writes into each region's Parameter Store. `manifest_reader` fetches it."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from standby.errors import StandbyError
from standby.json_model import JsonModel, Key, describe_errors
from standby.text import one_line
from standby_protocol.api_url import normalize_api_url
from standby_protocol.deployment import ROLES, Role

__all__ = [
    "MAX_NAMES",
    "MAX_SHOWN",
    "MAX_TEXT_BYTES",
    "ROLES",
    "SCHEMA_VERSION",
    "ApiUrl",
    "AwsRegion",
    "HttpUrl",
    "Manifest",
    "Name",
    "Region",
    "Role",
    "Site",
    "describe_differences",
    "find_differences",
    "parse_manifest",
]

SCHEMA_VERSION: Final = 2
MAX_TEXT_BYTES: Final = 2048
"""The longest text of a manifest. A whole one has at most 4 KB: docs.aws.amazon.com, Systems Manager, "Managing
parameter tiers"."""
MAX_NAMES: Final = 100
"""The most functions or schedules that a region names, and the most alarms."""
MAX_SHOWN: Final = 3
"""The differences between two manifests that a message names."""


def _require_api_url(url: str) -> str:
    if not normalize_api_url(url):  # config.json would name no API
        raise ValueError("not a URL that pages call")
    return url


Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT_BYTES, pattern=r"^[!-~]+$")]
"""A name or an address: ASCII without blanks, so that it is safe in a URL, in a key and on a terminal."""
ApiUrl = Annotated[Name, AfterValidator(_require_api_url)]
HttpUrl = Annotated[Name, StringConstraints(pattern=r"^https?://[!-~]+$")]
AwsRegion = Annotated[str, StringConstraints(max_length=32, pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$")]


class Region(JsonModel):
    """One region's part of the manifest."""

    model_config = ConfigDict(extra="ignore")

    role: Role = Field(exclude=True, description="the region's role, which is its key")
    region: AwsRegion = Field(description="the AWS region")
    api_url: ApiUrl = Field(description="the API, with its stage")
    health_url: HttpUrl = Field(description="the API's `/health`")
    documents_bucket: Name = Field(description="the bucket of uploaded documents")
    frontend_bucket: Name = Field(description="the bucket of the site, config.json and the journal")
    knowledge_base_id: Name = Field(description="the Knowledge Base")
    data_source_id: Name = Field(description="its data source, the documents bucket")
    ingest_queue_url: HttpUrl = Field(description="the queue of S3 events for `ingest`")
    dead_letter_queue_url: HttpUrl = Field(description="the queue of events that `ingest` could not process")
    alert_topic_arn: Name = Field(description="the SNS topic that alarms notify")
    ingest_function: Name = Field(description="the name of the `ingest` function")
    replicates_to: AwsRegion | Literal[""] = Field(
        description='the region that its documents replicate to, "" for none'
    )
    functions: tuple[Name, ...] = Field(default=(), max_length=MAX_NAMES, description="the names of the functions")
    schedules: tuple[Name, ...] = Field(
        default=(), max_length=MAX_NAMES, description="the names of the EventBridge rules of the schedules"
    )
    alarms: int = Field(
        default=0, ge=0, le=MAX_NAMES, strict=True, description="the number of alarms that notify the topic"
    )
    origin_check: Name | Literal[""] = Field(
        default="", description="the path on the site of a file that the edge reads from this frontend bucket alone"
    )

    @property
    def signs_in(self) -> bool:
        """Whether the API asks for an access token on every route but `/health`."""
        return bool(self.function("authorizer"))

    def function(self, purpose: str) -> str:
        """Return the name of the region's function for a purpose (`query`), "" if the manifest names none."""
        return next((name for name in self.functions if name.endswith(f"-{purpose}")), "")


class Site(JsonModel):
    """The site's part of the manifest."""

    model_config = ConfigDict(extra="ignore")

    url: HttpUrl = Field(description="the site's URL")
    distribution_id: Name = Field(description="the CloudFront distribution")
    api_fallback: bool = Field(strict=True, description="whether pages may use the other region's API by themselves")


class Dns(JsonModel):
    """The API's name in DNS. It is optional."""

    model_config = ConfigDict(extra="ignore")

    name: Name = Field(description="the name of the API for clients that are not the page")
    primary_health_check_id: Name = Field(description="Route 53's health check of the primary region's `/health`")
    serving_health_check_id: Name = Field(
        description="Route 53's health check that is healthy while config.json names the primary region"
    )
    standby_health_check_id: Name = Field(
        description="Route 53's health check of the failover region's `/health`, which only alerts"
    )


class Manifest(JsonModel):
    """The whole deployment."""

    model_config = ConfigDict(extra="ignore")

    schema_version: Literal[2] = Field(default=SCHEMA_VERSION, description="2")
    name: Name = Field(description="the deployment's name")
    account: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")] = Field(description="the AWS account")
    vector_store: Name = Field(description="`opensearch-serverless` or `s3-vectors`")
    issuer: HttpUrl | Literal[""] = Field(
        default="", description='the OpenID Connect issuer of the users; "" if anyone with the address may ask'
    )
    automatic: bool = Field(
        default=False, strict=True, description="whether a controller in the failover region moves users by itself"
    )
    notifications: bool = Field(default=False, strict=True, description="whether each region reports changes")
    site: Site
    dns: Dns | None = Field(default=None, description="the API's name in DNS; null if it has none")
    regions: Mapping[Annotated[Role, Key("ROLE")], Region]
    read_from: str = Field(default="", exclude=True, description="the region whose manifest this is")
    differences: tuple[str, ...] = Field(
        default=(), exclude=True, description="the values in which the other region's manifest differs"
    )
    warnings: tuple[str, ...] = Field(
        default=(), exclude=True, description="what is wrong with a region's manifest, one sentence each"
    )

    @property
    def controller_parameter(self) -> str:
        """The name of the parameter that has the state of the automatic failover's controller."""
        return f"/warm-standby/{self.name}/automatic"

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
        if len({region.region for region in self.regions.values()}) < len(ROLES):
            raise ValueError("both roles name one region")
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
    """Read a manifest. Raises `StandbyError` for any other text, and for a manifest of another version."""
    try:
        document = json.loads(text)
        _require_schema(document.get("schemaVersion") if isinstance(document, dict) else None)
        return Manifest.from_json(document)
    except ValidationError as error:
        raise StandbyError(f"The manifest is not as expected: {one_line(describe_errors(error))}") from error
    except (ValueError, RecursionError) as error:
        raise StandbyError("The manifest is not as expected: it is not JSON.") from error


def find_differences(one: Manifest, other: Manifest) -> tuple[str, ...]:
    """Return the paths of the values that two manifests do not have in common, such as `site.apiFallback`."""
    own, their = dict(_flatten(one.as_json())), dict(_flatten(other.as_json()))
    return tuple(path for path in own | their if own.get(path) != their.get(path))


def describe_differences(paths: tuple[str, ...]) -> str:
    """Return a sentence on the values in which the manifests of both regions differ."""
    more = f" and {len(paths) - MAX_SHOWN} more" if len(paths) > MAX_SHOWN else ""
    return f"the manifests of both regions differ in {', '.join(paths[:MAX_SHOWN])}{more}"


def _require_schema(version: object) -> None:
    if type(version) is not int or version == SCHEMA_VERSION:
        return  # the model refuses anything that is no number
    older = version < SCHEMA_VERSION
    raise StandbyError(
        f"The manifest has schema version {one_line(str(version))}; {SCHEMA_VERSION} is needed.",
        hint="Apply the stack again with this version of the project."
        if older
        else "Use the version of the project that applied the stack.",
    )


def _flatten(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    if not isinstance(value, Mapping):
        yield path, value
        return
    for key, part in value.items():
        yield from _flatten(part, f"{path}.{key}" if path else key)
