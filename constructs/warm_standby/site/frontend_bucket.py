"""One region's copy of the static site."""

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_object import S3Object
from constructs import Construct

from warm_standby.iam import Statement
from warm_standby.names import Names
from warm_standby.private_bucket import PrivateBucket


@dataclass(frozen=True, kw_only=True)
class SiteFile:
    """One file of the site: its key, where it lies beside the Terraform JSON, and how it is served.

    `source_hash` changes when the file does.
    """

    key: str
    path: str
    source_hash: str
    content_type: str


# An edge that has seen a file before serves it at once and asks later (stale-while-revalidate), and goes on serving it
# for a week while both buckets fail (stale-if-error).
# Source: docs.aws.amazon.com, CloudFront, "Manage how long content stays in the cache (expiration)".
SITE_CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=86400, stale-if-error=604800"


# The operators' journal lies beside the config.json that it tells of, for both must be writable in the same moment.
OPERATORS_PREFIX = "standby/"


class FrontendBucket(Construct):
    """A private bucket with the site in it, readable by one distribution, but for what operators keep there."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        site: Sequence[SiteFile],
        distribution_arn: str,
        force_destroy: bool,
    ) -> None:
        super().__init__(scope, id_)
        name = names.bucket("frontend")
        self.private_bucket = PrivateBucket(
            self,
            "private",
            provider=provider,
            name=name,
            force_destroy=force_destroy,
            bucket_policy_statements=[
                _readable_by(distribution_arn, f"arn:aws:s3:::{name}"),
                _never_served(f"arn:aws:s3:::{name}"),
            ],
        )
        self.bucket = self.private_bucket.bucket
        # The regional name: the global one may redirect for a day.
        # Source: docs.aws.amazon.com, CloudFront, "Origin settings".
        self.domain_name = self.bucket.bucket_regional_domain_name
        bucket_id = self.bucket.id
        for file in site:
            S3Object(
                self,
                f"file_{file.key}",
                provider=provider,
                bucket=bucket_id,
                key=file.key,
                source=file.path,
                source_hash=file.source_hash,
                content_type=file.content_type,
                cache_control=SITE_CACHE_CONTROL,
                depends_on=[self.private_bucket.versioning],
            )


def _readable_by(distribution_arn: str, bucket_arn: str) -> Statement:
    # No ListBucket: a missing object then answers 403, which the origin group fails over on.
    # Source: docs.aws.amazon.com, CloudFront, "Restrict access to an Amazon S3 origin".
    return Statement(
        sid="DistributionReads",
        principal={"Service": "cloudfront.amazonaws.com"},
        actions=["s3:GetObject"],
        resources=[f"{bucket_arn}/*"],
        conditions={"StringEquals": {"AWS:SourceArn": distribution_arn}},
    )


def _never_served(bucket_arn: str) -> Statement:
    return Statement(
        sid="DistributionNeverReads",
        effect="Deny",
        principal={"Service": "cloudfront.amazonaws.com"},
        actions=["s3:GetObject"],
        resources=[f"{bucket_arn}/{OPERATORS_PREFIX}*"],
    )
