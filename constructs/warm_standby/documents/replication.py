"""S3 replication of documents from one region's bucket to the other region's bucket."""

from typing import Final

from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_bucket_replication_configuration import (
    S3BucketReplicationConfigurationA,
    S3BucketReplicationConfigurationRule,
    S3BucketReplicationConfigurationRuleDeleteMarkerReplication,
    S3BucketReplicationConfigurationRuleDestination,
    S3BucketReplicationConfigurationRuleDestinationMetrics,
    S3BucketReplicationConfigurationRuleDestinationMetricsEventThreshold,
    S3BucketReplicationConfigurationRuleDestinationReplicationTime,
    S3BucketReplicationConfigurationRuleDestinationReplicationTimeTime,
    S3BucketReplicationConfigurationRuleFilter,
    S3BucketReplicationConfigurationRuleSourceSelectionCriteria,
    S3BucketReplicationConfigurationRuleSourceSelectionCriteriaReplicaModifications,
)
from constructs import Construct

from warm_standby.documents.bucket import DocumentsBucket
from warm_standby.iam import ServiceRole, Statement
from warm_standby.names import Names

RULE_ID: Final = "documents"
RTC_MINUTES: Final = 15


class Replication(Construct):
    """Replication in one direction, with Replication Time Control and a role for this direction only.

    Two directions do not loop, because S3 never replicates a replica. The role's trust policy has no condition: AWS
    documents none for replication, and a condition key that S3 does not set would stop replication silently.
    Source: docs.aws.amazon.com, S3, "What does Amazon S3 replicate?", "Using S3 Replication Time Control".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        source: DocumentsBucket,
        destination: DocumentsBucket,
    ) -> None:
        super().__init__(scope, id_)
        role = ServiceRole(
            self,
            "role",
            provider=provider,
            name=names.account_wide("replication"),
            service="s3.amazonaws.com",
            statements=_role_statements(source, destination),
        )
        S3BucketReplicationConfigurationA(
            self,
            "configuration",
            provider=provider,
            bucket=source.bucket.id,
            role=role.role.arn,
            rule=[_rule(destination)],
            depends_on=[role.policy, source.private_bucket.versioning, destination.private_bucket.versioning],
        )


def _rule(destination: DocumentsBucket) -> S3BucketReplicationConfigurationRule:
    return S3BucketReplicationConfigurationRule(
        id=RULE_ID,
        status="Enabled",
        priority=1,
        # An empty filter makes this a V2 rule, which replicates delete markers only if that is enabled.
        filter=S3BucketReplicationConfigurationRuleFilter(prefix=""),
        delete_marker_replication=S3BucketReplicationConfigurationRuleDeleteMarkerReplication(status="Disabled"),
        source_selection_criteria=S3BucketReplicationConfigurationRuleSourceSelectionCriteria(
            replica_modifications=S3BucketReplicationConfigurationRuleSourceSelectionCriteriaReplicaModifications(
                status="Enabled"
            )
        ),
        destination=S3BucketReplicationConfigurationRuleDestination(
            bucket=destination.bucket.arn,
            replication_time=S3BucketReplicationConfigurationRuleDestinationReplicationTime(
                status="Enabled",
                time=S3BucketReplicationConfigurationRuleDestinationReplicationTimeTime(minutes=RTC_MINUTES),
            ),
            metrics=S3BucketReplicationConfigurationRuleDestinationMetrics(
                status="Enabled",
                event_threshold=S3BucketReplicationConfigurationRuleDestinationMetricsEventThreshold(
                    minutes=RTC_MINUTES
                ),
            ),
        ),
    )


def _role_statements(source: DocumentsBucket, destination: DocumentsBucket) -> list[Statement]:
    """Return the permissions of the DR guide, without `s3:ReplicateDelete`: delete markers are not replicated.

    Source: docs.aws.amazon.com, S3, "Setting up permissions for live replication".
    """
    return [
        Statement(
            sid="ReadConfiguration", actions=["s3:GetReplicationConfiguration", "s3:ListBucket"], resources=[source.arn]
        ),
        Statement(
            sid="ReadVersions",
            actions=["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"],
            resources=[f"{source.arn}/*"],
        ),
        Statement(
            sid="WriteReplicas",
            actions=["s3:ReplicateObject", "s3:ReplicateTags"],
            resources=[f"{destination.arn}/*"],
        ),
    ]
