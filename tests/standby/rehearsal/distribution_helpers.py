"""A distribution over two buckets as the stack makes it, for tests that need no Terraform."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from standby.deployment.manifest import ROLES, Role
from tests.standby.manifests import REGIONS

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_cloudfront.type_defs import (
        DistributionConfigTypeDef,
        DistributionConfigUnionTypeDef,
        ResponseHeadersPolicyConfigTypeDef,
    )

CACHING_OPTIMIZED: Final = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED: Final = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_CODES: Final = (403, 404, 500, 502, 503, 504)
CSP: Final = "default-src 'none'"

Config = dict[str, Any]


def distribution_config(client: "CloudFrontClient", buckets: Mapping[Role, str]) -> "DistributionConfigTypeDef":
    """Return the distribution's configuration; make the access control and the headers policy that it names."""
    access = client.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": "site",
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )["OriginAccessControl"]["Id"]
    headers = client.create_response_headers_policy(ResponseHeadersPolicyConfig=_headers_policy())
    headers_id = headers["ResponseHeadersPolicy"]["Id"]
    pages = _behavior("primary-first", CACHING_OPTIMIZED, headers_id)
    config = {"PathPattern": "/config.json", **_behavior("failover-first", CACHING_DISABLED, headers_id)}
    groups = [
        _group("primary-first", ("primary", "failover")),
        _group("failover-first", ("failover", "primary")),
    ]
    distribution: Config = {
        "CallerReference": "small",
        "Comment": "",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Aliases": {"Quantity": 1, "Items": ["chat.example.com"]},
        "Origins": {"Quantity": 2, "Items": [_origin(role, buckets[role], access) for role in ROLES]},
        "OriginGroups": {"Quantity": 2, "Items": groups},
        "DefaultCacheBehavior": pages,
        "CacheBehaviors": {"Quantity": 1, "Items": [config]},
    }
    return cast("DistributionConfigTypeDef", distribution)


def changed(
    config: "DistributionConfigUnionTypeDef",
    *,
    codes: Sequence[int] | None,
    attempts: int | None,
    more: Mapping[str, object],
) -> "DistributionConfigTypeDef":
    """Return the configuration with other failover codes or connection attempts where they are given, and `more`."""
    wanted: Config = {**json.loads(json.dumps(config)), **more}
    for group in wanted["OriginGroups"]["Items"]:
        if codes is not None:
            group["FailoverCriteria"]["StatusCodes"] = {"Quantity": len(codes), "Items": list(codes)}
    for origin in wanted["Origins"]["Items"]:
        origin["ConnectionAttempts"] = attempts or origin["ConnectionAttempts"]
    return cast("DistributionConfigTypeDef", wanted)


def _origin(role: Role, bucket: str, access: str) -> Config:
    return {
        "Id": role,
        "DomainName": f"{bucket}.s3.{REGIONS[role]}.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        "OriginAccessControlId": access,
        "ConnectionAttempts": 1,
        "ConnectionTimeout": 1,
    }


def _group(id_: str, members: tuple[str, str]) -> Config:
    return {
        "Id": id_,
        "FailoverCriteria": {"StatusCodes": {"Quantity": len(ALL_CODES), "Items": list(ALL_CODES)}},
        "Members": {"Quantity": 2, "Items": [{"OriginId": member} for member in members]},
    }


def _behavior(target: str, cache_policy: str, headers_policy: str) -> Config:
    methods = ["GET", "HEAD", "OPTIONS"]
    return {
        "TargetOriginId": target,
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": {"Quantity": 3, "Items": methods, "CachedMethods": {"Quantity": 3, "Items": methods}},
        "CachePolicyId": cache_policy,
        "ResponseHeadersPolicyId": headers_policy,
        "Compress": True,
    }


def _headers_policy() -> "ResponseHeadersPolicyConfigTypeDef":
    policy: Config = {
        "Name": "site",
        "SecurityHeadersConfig": {"ContentSecurityPolicy": {"ContentSecurityPolicy": CSP, "Override": True}},
        "CustomHeadersConfig": {
            "Quantity": 1,
            "Items": [{"Header": "X-Amz-Meta-Served", "Value": "by the edge", "Override": False}],
        },
    }
    return cast("ResponseHeadersPolicyConfigTypeDef", policy)
