"""The distribution, read from CloudFront. Every setting of the edge comes from here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from standby.errors import StandbyError
from standby.rehearsal.edge_cache.rules import CacheSettings

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_cloudfront.type_defs import (
        CacheBehaviorTypeDef,
        DefaultCacheBehaviorOutputTypeDef,
        DistributionConfigOutputTypeDef,
        OriginGroupOutputTypeDef,
        OriginOutputTypeDef,
        ResponseHeadersPolicyConfigOutputTypeDef,
    )


@dataclass(frozen=True, kw_only=True)
class Origin:
    """An S3 bucket as an origin. `signed`: the edge signs its requests (origin access control)."""

    id: str
    host: str
    connection_attempts: int
    connect_seconds: int
    signed: bool


@dataclass(frozen=True, kw_only=True)
class OriginGroup:
    """Two origins, and the status codes of the first one on which the edge fails over to the second."""

    id: str
    members: tuple[str, str]
    status_codes: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ResponseHeader:
    """A header that the edge adds. `override`: it replaces the same header of the origin."""

    name: str
    value: str
    override: bool


@dataclass(frozen=True, kw_only=True)
class CacheBehavior:
    """The settings for requests whose path matches `pattern`; the default behavior has "*"."""

    pattern: str
    methods: tuple[str, ...]
    viewer_protocol: str
    compress: bool
    cache_settings: CacheSettings
    headers: tuple[ResponseHeader, ...]
    removed_headers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A distribution. `behaviors` are in the order in which paths are matched, the default behavior last."""

    arn: str
    hosts: tuple[str, ...]
    root_object: str
    origins: Mapping[str, Origin]
    groups: Mapping[str, OriginGroup]
    behaviors: tuple[CacheBehavior, ...]


def read_distribution(client: "CloudFrontClient", id_: str) -> Distribution:
    """Return the distribution. Raises `StandbyError` when it is missing or uses a feature that the edge lacks."""
    try:
        found = client.get_distribution(Id=id_)["Distribution"]
        config = found["DistributionConfig"]
        reader = _Reader(client, config)
        return Distribution(
            arn=found["ARN"],
            hosts=(found["DomainName"], *config.get("Aliases", {}).get("Items", [])),
            root_object=config.get("DefaultRootObject", ""),
            origins={origin["Id"]: reader.origin(origin) for origin in config["Origins"]["Items"]},
            groups={group["Id"]: _group(group) for group in config.get("OriginGroups", {}).get("Items", [])},
            behaviors=reader.behaviors(),
        )
    except ClientError as error:
        raise StandbyError(f"The distribution {id_} cannot be read: {error}") from error


class _Reader:
    def __init__(self, client: "CloudFrontClient", config: "DistributionConfigOutputTypeDef") -> None:
        self._client = client
        self._config = config

    def origin(self, origin: "OriginOutputTypeDef") -> Origin:
        if "S3OriginConfig" not in origin or origin.get("OriginPath"):
            raise _unsupported(f"the origin {origin['Id']}: an origin must be an S3 bucket without an origin path")
        return Origin(
            id=origin["Id"],
            host=origin["DomainName"],
            connection_attempts=origin.get("ConnectionAttempts", 3),
            connect_seconds=origin.get("ConnectionTimeout", 10),
            signed=self._signs(origin.get("OriginAccessControlId", "")),
        )

    def behaviors(self) -> tuple[CacheBehavior, ...]:
        ordered = self._config.get("CacheBehaviors", {}).get("Items", [])
        paths = tuple(self._behavior(behavior, pattern=behavior["PathPattern"]) for behavior in ordered)
        return (*paths, self._behavior(self._config["DefaultCacheBehavior"], pattern="*"))

    def _signs(self, access_control: str) -> bool:
        if not access_control:
            return False
        found = self._client.get_origin_access_control(Id=access_control)["OriginAccessControl"]
        return found["OriginAccessControlConfig"]["SigningBehavior"] != "never"

    def _behavior(
        self, behavior: "DefaultCacheBehaviorOutputTypeDef | CacheBehaviorTypeDef", *, pattern: str
    ) -> CacheBehavior:
        functions = behavior.get("FunctionAssociations", {"Quantity": 0})["Quantity"]
        if functions or behavior.get("LambdaFunctionAssociations", {"Quantity": 0})["Quantity"]:
            raise _unsupported(f"functions (cache behavior {pattern})")
        cache_settings, gzip = self._cache_settings(
            behavior.get("CachePolicyId", ""), behavior["TargetOriginId"], pattern=pattern
        )
        policy = self._headers_policy(behavior.get("ResponseHeadersPolicyId", ""))
        removed = policy.get("RemoveHeadersConfig", {}).get("Items", []) if policy else []
        return CacheBehavior(
            pattern=pattern,
            methods=tuple(behavior["AllowedMethods"]["Items"] if "AllowedMethods" in behavior else ("GET", "HEAD")),
            viewer_protocol=behavior["ViewerProtocolPolicy"],
            compress=behavior.get("Compress", False) and gzip,
            cache_settings=cache_settings,
            headers=_response_headers(policy) if policy else (),
            removed_headers=tuple(item["Header"] for item in removed),
        )

    def _cache_settings(self, policy_id: str, target: str, *, pattern: str) -> tuple[CacheSettings, bool]:
        if not policy_id:
            raise _unsupported(f"the cache behavior {pattern} without a cache policy")
        config = self._client.get_cache_policy(Id=policy_id)["CachePolicy"]["CachePolicyConfig"]
        key = config["ParametersInCacheKeyAndForwardedToOrigin"]
        query_strings = key["QueryStringsConfig"]["QueryStringBehavior"]
        others = {key["HeadersConfig"]["HeaderBehavior"], key["CookiesConfig"]["CookieBehavior"]}
        if others != {"none"} or query_strings not in {"none", "all"}:
            raise _unsupported(f"a cache key with headers, cookies or some query strings (cache behavior {pattern})")
        cache_settings = CacheSettings(
            target_origin=target,
            minimum_ttl=config["MinTTL"],
            default_ttl=config.get("DefaultTTL", 86_400),
            maximum_ttl=config.get("MaxTTL", 31_536_000),
            query_in_key=query_strings == "all",
            error_ttls=self._error_ttls(),
        )
        return cache_settings, key["EnableAcceptEncodingGzip"]

    def _error_ttls(self) -> dict[int, float]:
        responses = self._config.get("CustomErrorResponses", {}).get("Items", [])
        if any(response.get("ResponsePagePath") for response in responses):
            raise _unsupported("custom error pages")
        return {item["ErrorCode"]: float(item.get("ErrorCachingMinTTL", 10)) for item in responses}

    def _headers_policy(self, policy_id: str) -> "ResponseHeadersPolicyConfigOutputTypeDef | None":
        if not policy_id:
            return None
        found = self._client.get_response_headers_policy(Id=policy_id)["ResponseHeadersPolicy"]
        policy = found["ResponseHeadersPolicyConfig"]
        if "CorsConfig" in policy:
            raise _unsupported("CORS by a response headers policy")
        return policy


def _group(group: "OriginGroupOutputTypeDef") -> OriginGroup:
    first, second = (member["OriginId"] for member in group["Members"]["Items"])
    codes = group["FailoverCriteria"]["StatusCodes"]["Items"]
    return OriginGroup(id=group["Id"], members=(first, second), status_codes=tuple(sorted(codes)))


def _response_headers(policy: "ResponseHeadersPolicyConfigOutputTypeDef") -> tuple[ResponseHeader, ...]:
    found: dict[str, tuple[str, bool]] = {}
    security = policy.get("SecurityHeadersConfig", {})
    if csp := security.get("ContentSecurityPolicy"):
        found["Content-Security-Policy"] = (csp["ContentSecurityPolicy"], csp["Override"])
    if options := security.get("ContentTypeOptions"):
        found["X-Content-Type-Options"] = ("nosniff", options["Override"])
    if frame := security.get("FrameOptions"):
        found["X-Frame-Options"] = (frame["FrameOption"], frame["Override"])
    if referrer := security.get("ReferrerPolicy"):
        found["Referrer-Policy"] = (referrer["ReferrerPolicy"], referrer["Override"])
    if transport := security.get("StrictTransportSecurity"):
        parts = [f"max-age={transport['AccessControlMaxAgeSec']}"]
        parts += ["includeSubDomains"] if transport.get("IncludeSubdomains") else []
        parts += ["preload"] if transport.get("Preload") else []
        found["Strict-Transport-Security"] = ("; ".join(parts), transport["Override"])
    for item in policy.get("CustomHeadersConfig", {}).get("Items", []):
        found[item["Header"]] = (item["Value"], item["Override"])
    return tuple(ResponseHeader(name=name, value=value, override=over) for name, (value, over) in found.items())


def _unsupported(feature: str) -> StandbyError:
    return StandbyError(
        f"The edge of the rehearsal does not support {feature}.",
        hint="Only supported features can be rehearsed: change the distribution.",
    )
