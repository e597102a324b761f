"""The CloudFront distribution over both frontend buckets, with automatic failover of static pages."""

from collections.abc import Sequence
from typing import Any, Final

from cdktf_cdktf_provider_aws.cloudfront_distribution import (
    CloudfrontDistribution,
    CloudfrontDistributionDefaultCacheBehavior,
    CloudfrontDistributionOrderedCacheBehavior,
    CloudfrontDistributionOrigin,
    CloudfrontDistributionOriginGroup,
    CloudfrontDistributionOriginGroupFailoverCriteria,
    CloudfrontDistributionOriginGroupMember,
    CloudfrontDistributionRestrictions,
    CloudfrontDistributionRestrictionsGeoRestriction,
    CloudfrontDistributionViewerCertificate,
)
from cdktf_cdktf_provider_aws.cloudfront_origin_access_control import CloudfrontOriginAccessControl
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.names import Role
from warm_standby.settings import Site
from warm_standby.site.frontend_bucket import FrontendBucket
from warm_standby.site.origin_check import origin_check_key
from warm_standby.site.security_headers import SecurityHeaders

# Source: docs.aws.amazon.com, CloudFront, "Use managed cache policies".
CACHING_OPTIMIZED: Final = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED: Final = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"

# Origin groups fail over only for these methods.
ORIGIN_FAILOVER_METHODS: Final = ["GET", "HEAD", "OPTIONS"]
PRIMARY_FIRST: Final = "primary-first"
FAILOVER_FIRST: Final = "failover-first"
ROLES: Final[tuple[Role, ...]] = ("primary", "failover")
ROUTING_CONFIG_KEY: Final = "config.json"


class Distribution(Construct):
    """A distribution over two buckets: pages from the primary bucket first, `config.json` from the failover bucket.

    `hosts` are its addresses: the domain name, if there is one, and CloudFront's own, which goes on serving. `url` has
    the first.

    It makes one connection attempt with the shortest timeout, because CloudFront's defaults (3 x 10 s) would delay a
    page by half a minute. `config.json` has its own origin group, because a primary region that returns after an outage
    has an old `config.json` in its bucket. Each bucket's origin check is read from that bucket alone.
    `web_acl_arn` is the web ACL that looks at each request first.
    Source: docs.aws.amazon.com, CloudFront, "Optimize high availability with CloudFront origin failover".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        name: str,
        settings: Site,
        primary: FrontendBucket,
        failover: FrontendBucket,
        connect_sources: Sequence[str],
        web_acl_arn: str | None = None,
    ) -> None:
        super().__init__(scope, id_)
        access = CloudfrontOriginAccessControl(
            self,
            "origin_access_control",
            provider=provider,
            name=f"{name}-frontend",
            description="CloudFront signs its requests to the frontend buckets",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
        )
        headers = SecurityHeaders(self, "headers", provider=provider, name=name, connect_sources=connect_sources)
        behavior: dict[str, Any] = {
            "viewer_protocol_policy": "redirect-to-https",
            "allowed_methods": ORIGIN_FAILOVER_METHODS,
            "cached_methods": ORIGIN_FAILOVER_METHODS,
            "response_headers_policy_id": headers.policy.id,
            "compress": True,
        }
        self.distribution = CloudfrontDistribution(
            self,
            "distribution",
            provider=provider,
            comment=f"{name}: the site, from two regions",
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            default_root_object="index.html",
            aliases=list(settings.domain_names) or None,
            origin=[_origin("primary", primary, access), _origin("failover", failover, access)],
            origin_group=[
                _origin_group(PRIMARY_FIRST, settings, "primary", "failover"),
                _origin_group(FAILOVER_FIRST, settings, "failover", "primary"),
            ],
            default_cache_behavior=CloudfrontDistributionDefaultCacheBehavior(
                target_origin_id=PRIMARY_FIRST, cache_policy_id=CACHING_OPTIMIZED, **behavior
            ),
            ordered_cache_behavior=[
                CloudfrontDistributionOrderedCacheBehavior(
                    path_pattern=f"/{path}",
                    target_origin_id=origin,
                    cache_policy_id=CACHING_DISABLED,
                    **behavior,
                )
                for path, origin in (
                    (ROUTING_CONFIG_KEY, FAILOVER_FIRST),
                    *((origin_check_key(role), role) for role in ROLES),
                )
            ],
            restrictions=CloudfrontDistributionRestrictions(
                geo_restriction=CloudfrontDistributionRestrictionsGeoRestriction(restriction_type="none")
            ),
            viewer_certificate=_certificate(settings),
            web_acl_id=web_acl_arn,
        )
        self.hosts = (*settings.domain_names, self.distribution.domain_name)
        self.url = f"https://{self.hosts[0]}"


def _origin(id_: str, bucket: FrontendBucket, access: CloudfrontOriginAccessControl) -> CloudfrontDistributionOrigin:
    return CloudfrontDistributionOrigin(
        origin_id=id_,
        domain_name=bucket.domain_name,
        origin_access_control_id=access.id,
        connection_attempts=1,
        connection_timeout=1,
    )


def _origin_group(id_: str, settings: Site, *origins: str) -> CloudfrontDistributionOriginGroup:
    codes = sorted(settings.origin_failover_status_codes)
    return CloudfrontDistributionOriginGroup(
        origin_id=id_,
        failover_criteria=CloudfrontDistributionOriginGroupFailoverCriteria(status_codes=codes),
        member=[CloudfrontDistributionOriginGroupMember(origin_id=origin) for origin in origins],
    )


def _certificate(settings: Site) -> CloudfrontDistributionViewerCertificate:
    if not settings.certificate_arn:
        # With the default certificate, CloudFront always sets the minimum protocol version to TLSv1.
        # Source: docs.aws.amazon.com, CloudFront, "Distribution settings", "Security policy".
        return CloudfrontDistributionViewerCertificate(cloudfront_default_certificate=True)
    return CloudfrontDistributionViewerCertificate(
        acm_certificate_arn=settings.certificate_arn,
        ssl_support_method="sni-only",
        minimum_protocol_version="TLSv1.2_2021",
    )
