"""`config.json`, which tells pages whose API to ask: two copies, one truth.

A copy is only ever replaced on condition of what was read (`If-Match` on its ETag), so nobody overwrites unseen what
another operator wrote. Source: docs.aws.amazon.com, S3, "How to prevent object overwrites with conditional writes".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import Manifest, Region, Role

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY: Final = "config.json"
_MISSING: Final = frozenset({"NoSuchKey", "404"})
_CHANGED: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "404", "412", "409"})
"""412: another content is there; 409: another write is under way; 404: what was to be replaced is gone."""


@dataclass(frozen=True, kw_only=True)
class RoutingConfig:
    """What a `config.json` says. `generation` is None where somebody wrote it by hand; pages obey it all the same."""

    api_url: str
    fallback_api_url: str | None = None
    region: str = ""
    role: str = ""
    generation: int | None = None
    updated_at: str = ""

    @property
    def manually_edited(self) -> bool:
        """Whether this was not written by Terraform or by this tool."""
        return self.generation is None


@dataclass(frozen=True, kw_only=True)
class ConfigCopy:
    """One bucket's `config.json`. Neither config nor ETag: there is none; an ETag alone: what is there is none."""

    role: Role
    region: str
    bucket: str
    config: RoutingConfig | None = None
    etag: str = ""
    text: str = ""

    @property
    def generation(self) -> int:
        """The generation, 0 where none is known."""
        return self.config.generation or 0 if self.config else 0


ConfigCopies = Mapping[Role, ConfigCopy | Unavailable]


class PreconditionFailedError(Exception):
    """The object is not what was read: somebody else wrote it since."""


def parse_config(text: str) -> RoutingConfig:
    """Read a `config.json`. Raises `ValueError` when it names no API."""
    document = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("apiUrl"), str):
        raise ValueError("no apiUrl")  # noqa: TRY004 - as for text that is no JSON at all
    generation, fallback = document.get("generation"), document.get("fallbackApiUrl")
    counted = isinstance(generation, int) and not isinstance(generation, bool) and generation >= 1
    return RoutingConfig(
        api_url=document["apiUrl"],
        fallback_api_url=fallback if isinstance(fallback, str) else None,
        region=str(document.get("region", "")),
        role=str(document.get("role", "")),
        generation=generation if counted else None,
        updated_at=str(document.get("updatedAt", "")),
    )


def render_config(config: RoutingConfig) -> str:
    """Return the text of a `config.json`."""
    document: dict[str, object] = {"apiUrl": config.api_url}
    if config.fallback_api_url is not None:
        document["fallbackApiUrl"] = config.fallback_api_url
    document |= {"region": config.region, "role": config.role}
    document |= {"generation": config.generation, "updatedAt": config.updated_at}
    return json.dumps(document)


def config_for_role(manifest: Manifest, role: Role, *, generation: int, updated_at: str) -> RoutingConfig:
    """Return the `config.json` that has the region of this role serve."""
    return RoutingConfig(
        api_url=manifest.regions[role].api_url,
        fallback_api_url=manifest.other(role).api_url if manifest.api_fallback else None,
        region=manifest.regions[role].region,
        role=role,
        generation=generation,
        updated_at=updated_at,
    )


def authoritative_copy(copies: ConfigCopies) -> ConfigCopy | None:
    """Return the copy that holds; None when none is known.

    A hand-made one in the failover bucket holds, for the edge reads it first and pages obey it. Else the highest
    generation does; with equal ones the failover bucket's, for the same reason.
    """
    known = [copies.get("failover"), copies.get("primary")]
    real = [copy for copy in known if isinstance(copy, ConfigCopy) and copy.config is not None]
    if real and real[0].role == "failover" and real[0].config is not None and real[0].config.manually_edited:
        return real[0]
    return max(real, key=lambda copy: copy.generation, default=None)


def moves_users(manifest: Manifest, copies: ConfigCopies, target: Role) -> bool:
    """Tell whether having this region serve moves anybody: the edge reads the failover bucket first.

    A switch that was killed after its first write may hold already, and have moved nobody.
    """
    read_first = (copies.get("failover"), copies.get("primary"))
    said = [copy.config for copy in read_first if isinstance(copy, ConfigCopy) and copy.config is not None]
    return not said or manifest.role_of(said[0].api_url) != target


def copies_agree(copies: ConfigCopies) -> bool:
    """Tell whether both copies are known and say the same."""
    known = [copy for copy in copies.values() if isinstance(copy, ConfigCopy)]
    return len(known) > 1 and all(copy.config is not None and copy.config == known[0].config for copy in known)


def read_copy(s3: "S3Client", region: Region) -> ConfigCopy:
    """Read one bucket's copy. Raises botocore's errors, except where there simply is none."""
    place = ConfigCopy(role=region.role, region=region.region, bucket=region.frontend_bucket)
    try:
        answer = s3.get_object(Bucket=region.frontend_bucket, Key=KEY)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return place
        raise
    text = answer["Body"].read().decode("utf-8", errors="replace")
    try:
        config = parse_config(text)
    except ValueError:
        config = None
    return replace(place, config=config, etag=answer["ETag"], text=text)


def write_copy(s3: "S3Client", seen: ConfigCopy, text: str) -> None:
    """Replace the copy that was seen.

    Raises `PreconditionFailedError` when another one is there by now, botocore's errors when nobody knows. A write
    whose answer got lost is looked up before it counts as failed.
    """
    condition = {"IfMatch": seen.etag} if seen.etag else {"IfNoneMatch": "*"}
    try:
        s3.put_object(
            Bucket=seen.bucket,
            Key=KEY,
            Body=text.encode(),
            ContentType="application/json",
            CacheControl="no-store",
            **condition,  # type: ignore[arg-type]  # one of two keyword arguments, both text
        )
    except (ClientError, BotoCoreError) as error:
        if _holds(s3, seen, text):
            return
        if isinstance(error, ClientError) and error.response["Error"]["Code"] in _CHANGED:
            raise PreconditionFailedError from error
        raise


def _holds(s3: "S3Client", seen: ConfigCopy, text: str) -> bool:
    try:
        return bool(s3.get_object(Bucket=seen.bucket, Key=KEY)["Body"].read() == text.encode())
    except (ClientError, BotoCoreError):
        return False
