"""The security headers of all responses of the site."""

from collections.abc import Sequence
from typing import Final

from cdktf_cdktf_provider_aws.cloudfront_response_headers_policy import (
    CloudfrontResponseHeadersPolicy,
    CloudfrontResponseHeadersPolicySecurityHeadersConfig,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicy,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigContentTypeOptions,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigFrameOptions,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigReferrerPolicy,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurity,
)
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

TWO_YEARS: Final = 2 * 365 * 24 * 3600


class SecurityHeaders(Construct):
    """A response headers policy: CSP, HSTS, nosniff, no framing, no referrer.

    The site's scripts may call only the site's own origin and `connect_sources`. These are the APIs of both regions,
    because a failover must not need a change of the distribution, both documents buckets, for uploads, and the issuer's
    origins if users sign in.
    """

    def __init__(
        self, scope: Construct, id_: str, *, provider: AwsProvider, name: str, connect_sources: Sequence[str]
    ) -> None:
        super().__init__(scope, id_)
        self.policy = CloudfrontResponseHeadersPolicy(
            self,
            "policy",
            provider=provider,
            name=f"{name}-site",
            comment="Security headers of the site",
            security_headers_config=CloudfrontResponseHeadersPolicySecurityHeadersConfig(
                content_security_policy=CloudfrontResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicy(
                    content_security_policy=content_security_policy(connect_sources), override=True
                ),
                content_type_options=CloudfrontResponseHeadersPolicySecurityHeadersConfigContentTypeOptions(
                    override=True
                ),
                frame_options=CloudfrontResponseHeadersPolicySecurityHeadersConfigFrameOptions(
                    frame_option="DENY", override=True
                ),
                referrer_policy=CloudfrontResponseHeadersPolicySecurityHeadersConfigReferrerPolicy(
                    referrer_policy="no-referrer", override=True
                ),
                strict_transport_security=CloudfrontResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurity(
                    access_control_max_age_sec=TWO_YEARS, include_subdomains=False, override=True
                ),
            ),
        )


def content_security_policy(connect_sources: Sequence[str]) -> str:
    """Return a policy that allows the site's own files and calls to the given origins, but no inline code."""
    connect = " ".join(("'self'", *connect_sources))
    directives = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        f"connect-src {connect}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(directives)
