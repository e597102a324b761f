"""The frontend bucket of one region, with its copy of the static site."""

from collections.abc import Sequence

from cdktf import Fn
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_object import (
    S3Object,
    S3ObjectOverrideProvider,
    S3ObjectOverrideProviderDefaultTags,
)
from constructs import Construct

from warm_standby.assets import AssetFile
from warm_standby.iam import Statement
from warm_standby.names import Names
from warm_standby.private_bucket import PrivateBucket

# An edge location serves a cached file at once and revalidates it later (stale-while-revalidate). While both buckets
# fail, it serves the file for up to a week (stale-if-error).
# Source: docs.aws.amazon.com, CloudFront, "Manage how long content stays in the cache (expiration)".
SITE_CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=86400, stale-if-error=604800"

# The operator's journal is in the same bucket as config.json, because both must be writable at the same time.
OPERATOR_PREFIX = "standby/"


class FrontendBucket(Construct):
    """A private bucket with the site's files. The distribution may read all but the operator's files.

    `site` is the path of the site's directory, relative to the Terraform JSON.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        site: str,
        site_files: Sequence[AssetFile],
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
                _allow_distribution(distribution_arn, f"arn:aws:s3:::{name}"),
                _deny_operator_files(f"arn:aws:s3:::{name}"),
            ],
        )
        self.bucket = self.private_bucket.bucket
        # The regional domain name, because the global one may redirect for a day.
        # Source: docs.aws.amazon.com, CloudFront, "Origin settings".
        self.domain_name = self.bucket.bucket_regional_domain_name
        bucket_id = self.bucket.id
        for file in site_files:
            path = f"{site}/{file.key}"
            S3Object(
                self,
                f"file_{file.key}",
                provider=provider,
                bucket=bucket_id,
                key=file.key,
                source=path,
                source_hash=Fn.filesha256(path),
                content_type=file.content_type,
                cache_control=SITE_CACHE_CONTROL,
                override_provider=without_tags(),
                depends_on=[self.private_bucket.versioning],
            )


def without_tags() -> S3ObjectOverrideProvider:
    """Return the block that keeps the deployment's tags off an S3 object, which takes 10 tags at most.

    Source: docs.aws.amazon.com, S3, "Categorizing your objects using tags".
    """
    return S3ObjectOverrideProvider(default_tags=S3ObjectOverrideProviderDefaultTags(tags={}))


def _allow_distribution(distribution_arn: str, bucket_arn: str) -> Statement:
    # Without ListBucket, a missing object gives 403, on which the origin group fails over.
    # Source: docs.aws.amazon.com, CloudFront, "Restrict access to an Amazon S3 origin".
    return Statement(
        sid="DistributionReads",
        principal={"Service": "cloudfront.amazonaws.com"},
        actions=["s3:GetObject"],
        resources=[f"{bucket_arn}/*"],
        conditions={"StringEquals": {"AWS:SourceArn": distribution_arn}},
    )


def _deny_operator_files(bucket_arn: str) -> Statement:
    return Statement(
        sid="DistributionNeverReads",
        effect="Deny",
        principal={"Service": "cloudfront.amazonaws.com"},
        actions=["s3:GetObject"],
        resources=[f"{bucket_arn}/{OPERATOR_PREFIX}*"],
    )
