"""The log bucket of one region: the access logs of its buckets and of the site."""

from collections.abc import Sequence
from typing import Final

from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from cdktf_cdktf_provider_aws.s3_bucket_logging import (
    S3BucketLoggingA,
    S3BucketLoggingTargetObjectKeyFormat,
    S3BucketLoggingTargetObjectKeyFormatPartitionedPrefix,
)
from constructs import Construct

from warm_standby.iam import Statement
from warm_standby.names import GLOBAL_REGION, Names
from warm_standby.private_bucket import PrivateBucket

S3_PREFIX: Final = "s3/"
DELIVERY_PREFIX: Final = "AWSLogs/"


class LogBucket(Construct):
    """A private bucket into which AWS's services write access logs. Each log is deleted after `days` days.

    `logged` are the buckets of this region whose requests it records, by the names of their folders. S3 delivers no
    server access logs into a bucket of another region or with a KMS key.
    Source: docs.aws.amazon.com, S3, "Enabling Amazon S3 server access logging".
    """

    def __init__(
        self, scope: Construct, id_: str, *, provider: AwsProvider, names: Names, days: int, force_destroy: bool
    ) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        name = names.bucket("logs")
        sources = [names.bucket(purpose) for purpose in ("docs", "frontend")]
        self.private_bucket = PrivateBucket(
            self,
            "private",
            provider=provider,
            name=name,
            force_destroy=force_destroy,
            bucket_policy_statements=[
                _accept_server_access_logs(f"arn:aws:s3:::{name}", sources, names.account),
                _accept_deliveries(f"arn:aws:s3:::{name}", names.account),
            ],
        )
        self.bucket = self.private_bucket.bucket
        self.arn = self.private_bucket.arn
        self._expire(days)

    def log_requests_to(self, folder: str, bucket: S3Bucket) -> None:
        """Record the requests to a bucket below `s3/FOLDER/`, by account, region, bucket and day."""
        partition = S3BucketLoggingTargetObjectKeyFormatPartitionedPrefix(partition_date_source="EventTime")
        S3BucketLoggingA(
            self,
            f"requests_to_{folder}",
            provider=self._provider,
            bucket=bucket.id,
            target_bucket=self.bucket.id,
            target_prefix=f"{S3_PREFIX}{folder}/",
            target_object_key_format=S3BucketLoggingTargetObjectKeyFormat(partitioned_prefix=partition),
            depends_on=[self.private_bucket.policy],
        )

    def _expire(self, days: int) -> None:
        S3BucketLifecycleConfiguration(
            self,
            "lifecycle",
            provider=self._provider,
            bucket=self.bucket.id,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="expire",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=days)],
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=1)
                    ],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)
                    ],
                )
            ],
            depends_on=[self.private_bucket.versioning],
        )


def _accept_server_access_logs(bucket_arn: str, sources: Sequence[str], account: str) -> Statement:
    # Source: docs.aws.amazon.com, S3, "Enabling Amazon S3 server access logging", "Permissions for log delivery".
    return Statement(
        sid="ServerAccessLogs",
        principal={"Service": "logging.s3.amazonaws.com"},
        actions=["s3:PutObject"],
        resources=[f"{bucket_arn}/{S3_PREFIX}*"],
        conditions={
            "ArnLike": {"aws:SourceArn": [f"arn:aws:s3:::{source}" for source in sources]},
            "StringEquals": {"aws:SourceAccount": account},
        },
    )


def _accept_deliveries(bucket_arn: str, account: str) -> Statement:
    # As AWS's page has it. With a narrower text, AWS would add its own statement, and each plan would remove that.
    # Source: docs.aws.amazon.com, CloudWatch Logs, "Enable logging from AWS services", "Logs sent to Amazon S3".
    return Statement(
        sid="Deliveries",
        principal={"Service": "delivery.logs.amazonaws.com"},
        actions=["s3:PutObject"],
        resources=[f"{bucket_arn}/{DELIVERY_PREFIX}{account}/*"],
        conditions={
            "ArnLike": {"aws:SourceArn": f"arn:aws:logs:{GLOBAL_REGION}:{account}:delivery-source:*"},
            "StringEquals": {"aws:SourceAccount": account, "s3:x-amz-acl": "bucket-owner-full-control"},
        },
    )
