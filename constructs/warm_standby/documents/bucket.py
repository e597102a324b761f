"""The documents bucket of one region."""

from collections.abc import Sequence
from typing import Final

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

from warm_standby.documents.prefixes import DOCUMENTS_PREFIX, TOMBSTONES_PREFIX
from warm_standby.names import Names
from warm_standby.private_bucket import PrivateBucket
from warm_standby.settings import Documents, Settings

LATE_DAYS: Final = 30
"""How many days longer than documents their tombstones stay. S3 expires objects late, and no copy may outlive them."""


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

    def objects(self, prefix: str) -> str:
        """Return the ARN of all objects under a prefix, for a policy."""
        return f"{self.arn}/{prefix}*"


def _clean_up_rule(settings: Documents) -> S3BucketLifecycleConfigurationRule:
    return S3BucketLifecycleConfigurationRule(
        id="clean-up",
        status="Enabled",
        filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
        # A delete marker whose versions have all expired goes too.
        expiration=[S3BucketLifecycleConfigurationRuleExpiration(expired_object_delete_marker=True)],
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
    """Return the rules that delete documents, and their tombstones later. Without the setting, both stay.

    A document is older than its tombstone. So a copy in a region that missed the deletion expires before the tombstone.
    """
    if settings.expire_days is None:
        return []
    days = {DOCUMENTS_PREFIX: settings.expire_days, TOMBSTONES_PREFIX: settings.expire_days + LATE_DAYS}
    return [
        S3BucketLifecycleConfigurationRule(
            id="expire" if prefix == DOCUMENTS_PREFIX else "expire-tombstones",
            status="Enabled",
            filter=[S3BucketLifecycleConfigurationRuleFilter(prefix=prefix)],
            expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=after)],
        )
        for prefix, after in days.items()
    ]
