"""An S3 bucket that is versioned, encrypted, private, and accepts TLS only."""

from collections.abc import Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import S3BucketVersioningA, S3BucketVersioningVersioningConfiguration
from constructs import Construct

from warm_standby.iam import Statement, deny_without_tls, policy_document


class PrivateBucket(Construct):
    """An S3 bucket with the settings that all buckets of this stack share.

    `bucket_policy_statements` are added to the bucket policy, because a bucket has only one.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        name: str,
        force_destroy: bool,
        bucket_policy_statements: Sequence[Statement] = (),
    ) -> None:
        super().__init__(scope, id_)
        self.bucket = S3Bucket(self, "bucket", provider=provider, bucket=name, force_destroy=force_destroy)
        self._id = self.bucket.id
        self.arn = f"arn:aws:s3:::{name}"
        self.versioning = S3BucketVersioningA(
            self,
            "versioning",
            provider=provider,
            bucket=self._id,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
        )
        self._encrypt(provider)
        self.public_access_block = self._block_public_access(provider)
        self.policy = S3BucketPolicy(
            self,
            "policy",
            provider=provider,
            bucket=self._id,
            policy=policy_document(deny_without_tls("s3:*", [self.arn, f"{self.arn}/*"]), *bucket_policy_statements),
            depends_on=[self.public_access_block],
        )

    def _encrypt(self, provider: AwsProvider) -> None:
        default = S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
            sse_algorithm="AES256"
        )
        S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            provider=provider,
            bucket=self._id,
            rule=[S3BucketServerSideEncryptionConfigurationRuleA(apply_server_side_encryption_by_default=default)],
        )

    def _block_public_access(self, provider: AwsProvider) -> ITerraformDependable:
        S3BucketOwnershipControls(
            self,
            "ownership",
            provider=provider,
            bucket=self._id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        return S3BucketPublicAccessBlock(
            self,
            "public_access_block",
            provider=provider,
            bucket=self._id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
