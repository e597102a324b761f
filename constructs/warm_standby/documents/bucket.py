"""The documents bucket of one region."""

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_bucket_cors_configuration import (
    S3BucketCorsConfiguration,
    S3BucketCorsConfigurationCorsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from constructs import Construct

from warm_standby.names import Names
from warm_standby.private_bucket import PrivateBucket
from warm_standby.settings import Documents, Settings


class DocumentsBucket(Construct):
    """A private bucket that accepts uploads from the site's origins, and whose old versions expire.

    S3 replicates neither lifecycle rules nor their actions, so both regions get the same rules.
    Source: docs.aws.amazon.com, S3, "What does Amazon S3 replicate?".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        settings: Settings,
        site_origins: Sequence[str],
    ) -> None:
        super().__init__(scope, id_)
        force_destroy = settings.operations.force_destroy
        self.private_bucket = PrivateBucket(
            self, "private", provider=provider, name=names.bucket("docs"), force_destroy=force_destroy
        )
        self.bucket = self.private_bucket.bucket
        self.arn = self.private_bucket.arn
        S3BucketCorsConfiguration(
            self,
            "cors",
            provider=provider,
            bucket=self.bucket.id,
            cors_rule=[
                S3BucketCorsConfigurationCorsRule(
                    allowed_methods=["POST"],
                    allowed_origins=list(site_origins),
                    allowed_headers=["*"],
                    max_age_seconds=3600,
                )
            ],
        )
        S3BucketLifecycleConfiguration(
            self,
            "lifecycle",
            provider=provider,
            bucket=self.bucket.id,
            rule=[_clean_up_rule(settings.documents), *_expiration_rules(settings.documents)],
            depends_on=[self.private_bucket.versioning],
        )


def _clean_up_rule(settings: Documents) -> S3BucketLifecycleConfigurationRule:
    return S3BucketLifecycleConfigurationRule(
        id="clean-up",
        status="Enabled",
        filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
        abort_incomplete_multipart_upload=[
            S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)
        ],
        noncurrent_version_expiration=[
            S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                noncurrent_days=settings.noncurrent_version_days
            )
        ],
    )


def _expiration_rules(settings: Documents) -> list[S3BucketLifecycleConfigurationRule]:
    if settings.expire_days is None:
        return []
    return [
        S3BucketLifecycleConfigurationRule(
            id="expire",
            status="Enabled",
            filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
            expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=settings.expire_days)],
        )
    ]
