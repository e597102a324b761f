"""The distribution as CloudFront holds it. Everything that the edge does is read here, nothing repeated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from standby.errors import StandbyError
from standby.rehearsal.edge_cache.rules import Behavior

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
    """An S3 bucket behind the edge; `signed`: the edge signs its requests (origin access control)."""

    id: str
    host: str
    attempts: int
    connect_seconds: int
    signed: bool


@dataclass(frozen=True, kw_only=True)
class OriginGroup:
    """Two origins, and the status codes of the first on which the second is asked."""

    id: str
    members: tuple[str, str]
    status_codes: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ResponseHeader:
    """A header that the edge adds; `override`: also in place of the origin's own."""

    name: str
    value: str
    override: bool


@dataclass(frozen=True, kw_only=True)
class CacheBehavior:
    """How requests for paths like `pattern` are served ("*": all others)."""

    pattern: str
    methods: tuple[str, ...]
    viewer_protocol: str
    compress: bool
    caching: Behavior
    headers: tuple[ResponseHeader, ...]
    removed_headers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A distribution; `behaviors` in the order in which they are tried, the default one last."""

    arn: str
    hosts: tuple[str, ...]
    root: str
    origins: Mapping[str, Origin]
    groups: Mapping[str, OriginGroup]
    behaviors: tuple[CacheBehavior, ...]


def read_distribution(client: "CloudFrontClient", id_: str) -> Distribution:
    """Read the distribution. Raises `StandbyError` when there is none, or when it has what the edge cannot do."""
    try:
        found = client.get_distribution(Id=id_)["Distribution"]
        config = found["DistributionConfig"]
        reader = _Reader(client, config)
        return Distribution(
            arn=found["ARN"],
            hosts=(found["DomainName"], *config.get("Aliases", {}).get("Items", [])),
            root=config.get("DefaultRootObject", ""),
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
            raise _unsupported(f"the origin {origin['Id']}, which is not a whole S3 bucket")
        return Origin(
            id=origin["Id"],
            host=origin["DomainName"],
            attempts=origin.get("ConnectionAttempts", 3),
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
            raise _unsupported(f"functions (behaviour {pattern})")
        caching, gzip = self._caching(behavior.get("CachePolicyId", ""), behavior["TargetOriginId"], pattern=pattern)
        policy = self._headers_policy(behavior.get("ResponseHeadersPolicyId", ""))
        return CacheBehavior(
            pattern=pattern,
            methods=tuple(behavior["AllowedMethods"]["Items"] if "AllowedMethods" in behavior else ("GET", "HEAD")),
            viewer_protocol=behavior["ViewerProtocolPolicy"],
            compress=behavior.get("Compress", False) and gzip,
            caching=caching,
            headers=_response_headers(policy) if policy else (),
            removed_headers=_removed(policy) if policy else (),
        )

    def _caching(self, policy_id: str, target: str, *, pattern: str) -> tuple[Behavior, bool]:
        if not policy_id:
            raise _unsupported(f"the behaviour {pattern}, which has no cache policy")
        config = self._client.get_cache_policy(Id=policy_id)["CachePolicy"]["CachePolicyConfig"]
        keyed = config["ParametersInCacheKeyAndForwardedToOrigin"]
        queries = keyed["QueryStringsConfig"]["QueryStringBehavior"]
        others = {keyed["HeadersConfig"]["HeaderBehavior"], keyed["CookiesConfig"]["CookieBehavior"]}
        if others != {"none"} or queries not in {"none", "all"}:
            raise _unsupported(f"a cache key of headers, cookies or some query strings (behaviour {pattern})")
        caching = Behavior(
            target=target,
            minimum=config["MinTTL"],
            default=config.get("DefaultTTL", 86_400),
            maximum=config.get("MaxTTL", 31_536_000),
            query=queries == "all",
            errors=self._error_seconds(),
        )
        return caching, keyed["EnableAcceptEncodingGzip"]

    def _error_seconds(self) -> dict[int, float]:
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


def _removed(policy: "ResponseHeadersPolicyConfigOutputTypeDef") -> tuple[str, ...]:
    return tuple(item["Header"] for item in policy.get("RemoveHeadersConfig", {}).get("Items", []))


def _unsupported(what: str) -> StandbyError:
    return StandbyError(
        f"The rehearsal's edge cannot do {what}.", hint="Only what it does can be rehearsed: change the distribution."
    )
