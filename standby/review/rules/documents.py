"""Rules about the documents: versions, replication, retention, and their way into the Knowledge Base."""

from typing import Final

from standby.review.rules.rule import Guard, Rule, guarded, is_higher, is_kept_shorter, is_lower, is_not, lacks
from standby.review.values import ABSENT, JSON

_APPLY_BACK: Final = "Take the change back. Both regions need the setting for their documents to be the same."
_REPLICATION: Final = ("aws_s3_bucket_replication_configuration",)
_DESTINATION: Final = ("rule", "destination")
_SOURCE: Final = ("desired_state", JSON, "DataSourceConfiguration", "S3Configuration")


def _replication(*path: str, effect: str) -> Guard:
    return Guard(types=_REPLICATION, path=path, is_worse=is_not("Enabled"), effect=effect, remedy=_APPLY_BACK)


DOCUMENT_RULES: Final = (
    Rule(
        name="versioning-off",
        severity="blocked",
        objective="documents RPO",
        title="Versioning of a bucket is suspended.",
        find=guarded(
            Guard(
                types=("aws_s3_bucket_versioning",),
                path=("versioning_configuration", "status"),
                is_worse=is_not("Enabled"),
                effect="S3 replicates only between versioned buckets, and a deleted document cannot be brought back.",
                remedy=_APPLY_BACK,
            )
        ),
    ),
    Rule(
        name="replication-off",
        severity="blocked",
        objective="documents RPO",
        title="A replication rule is disabled, or applies to fewer documents.",
        find=guarded(
            _replication("rule", "status", effect="New documents stay in one region and are lost with it."),
            *(
                Guard(
                    types=_REPLICATION,
                    path=path,
                    is_worse=is_not("", ABSENT),
                    effect="Documents outside of the prefix stay in one region and are lost with it.",
                    remedy=_APPLY_BACK,
                )
                for path in (("rule", "prefix"), ("rule", "filter", "prefix"))
            ),
            *(
                Guard(
                    types=_REPLICATION,
                    path=("rule", "filter", argument),
                    is_worse=lambda _, after: after not in (ABSENT, []),
                    effect="Documents that do not match the filter stay in one region and are lost with it.",
                    remedy=_APPLY_BACK,
                )
                for argument in ("tag", "and")
            ),
            Guard(
                types=("aws_s3_bucket_server_side_encryption_configuration",),
                construct="documents",
                path=("rule", "apply_server_side_encryption_by_default", "sse_algorithm"),
                is_worse=lambda before, after: (
                    str(after).startswith("aws:kms") and not str(before).startswith("aws:kms")
                ),
                # Source: docs.aws.amazon.com, Amazon S3, "Replicating encrypted objects"
                effect="S3 replicates no object that is encrypted with KMS, unless the replication rule selects it.",
                remedy="Take the change back, or let the replication rules select such objects and name the keys.",
                of_new=False,
            ),
            Guard(
                types=_REPLICATION,
                path=(*_DESTINATION, "bucket"),
                is_worse=lambda before, after: before is not ABSENT and before != after,
                effect="Documents are copied to another bucket than the twin region's.",
                remedy=_APPLY_BACK,
            ),
        ),
    ),
    Rule(
        name="replication-time-off",
        severity="blocked",
        objective="documents RPO",
        title="Replication Time Control or its metrics are off, or their threshold is higher.",
        find=guarded(
            _replication(
                *_DESTINATION,
                "replication_time",
                "status",
                effect="Without Replication Time Control, AWS does not promise that a document arrives within minutes.",
            ),
            _replication(
                *_DESTINATION,
                "metrics",
                "status",
                effect="Without the metrics, the alarms for late and failed documents never go off.",
            ),
            Guard(
                types=_REPLICATION,
                path=(*_DESTINATION, "replication_time", "time", "minutes"),
                is_worse=is_higher,
                effect="Documents may arrive later than before.",
                remedy=_APPLY_BACK,
            ),
        ),
    ),
    Rule(
        name="replica-changes-off",
        severity="blocked",
        objective="documents RPO",
        title="Changes of replicas are no longer replicated back.",
        find=guarded(
            _replication(
                "rule",
                "source_selection_criteria",
                "replica_modifications",
                "status",
                effect="After a failover, changes of a document's metadata stay in one region.",
            )
        ),
    ),
    Rule(
        name="retention-shorter",
        severity="blocked",
        objective="documents RPO",
        title="Documents, their old versions or their events are kept for a shorter time.",
        find=guarded(
            Guard(
                types=("aws_s3_bucket_lifecycle_configuration",),
                path=("rule", "expiration", "days"),
                construct="_documents_",
                is_worse=is_kept_shorter,
                of_new=False,
                effect="Documents are deleted sooner than before, in both regions.",
                remedy="Keep the number of days, or accept the finding in standby.toml with a reason.",
            ),
            Guard(
                types=("aws_s3_bucket_lifecycle_configuration",),
                path=("rule", "expiration", "date"),
                is_worse=is_not("", ABSENT),
                of_new=False,
                effect="All documents are deleted on that day, in both regions.",
                remedy="Take the change back.",
            ),
            Guard(
                types=("aws_s3_bucket_lifecycle_configuration",),
                path=("rule", "noncurrent_version_expiration", "noncurrent_days"),
                construct="_documents_",
                is_worse=is_kept_shorter,
                of_new=False,
                effect="A document that was deleted or overwritten by mistake can be brought back for fewer days.",
                remedy="Keep the number of days, or accept the finding in standby.toml with a reason.",
            ),
            Guard(
                types=("aws_sqs_queue",),
                path=("message_retention_seconds",),
                is_worse=is_lower,
                effect="Events of documents are lost sooner, for instance while Bedrock is down.",
                remedy="Keep the number of seconds.",
            ),
        ),
    ),
    Rule(
        name="logs-kept-shorter",
        severity="blocked",
        objective="readiness",
        title="Logs are kept for a shorter time.",
        find=guarded(
            Guard(
                types=("aws_cloudwatch_log_group",),
                path=("retention_in_days",),
                is_worse=is_kept_shorter,
                of_new=False,
                effect="The logs of an incident are gone sooner.",
                remedy="Keep the number of days, or accept the finding in standby.toml with a reason.",
            ),
            Guard(
                types=("aws_s3_bucket_lifecycle_configuration",),
                path=("rule", "expiration", "days"),
                construct="_logs_",
                is_worse=is_kept_shorter,
                of_new=False,
                effect="The access logs of an incident are gone sooner.",
                remedy="Keep the number of days, or accept the finding in standby.toml with a reason.",
            ),
        ),
    ),
    Rule(
        name="ingestion-off",
        severity="blocked",
        objective="readiness",
        title="New documents no longer reach the Knowledge Base of a region.",
        find=guarded(
            Guard(
                types=("aws_s3_bucket_notification",),
                path=("queue", "events"),
                is_worse=lacks,
                effect="Fewer events start an ingestion job: documents wait for the sweep.",
                remedy="Take the change back.",
            ),
            *(
                Guard(
                    types=("aws_s3_bucket_notification",),
                    path=("queue", argument),
                    is_worse=is_not("", ABSENT),
                    effect="Documents with other names start no ingestion job: they wait for the sweep.",
                    remedy="Take the change back.",
                )
                for argument in ("filter_prefix", "filter_suffix")
            ),
            Guard(
                types=("aws_lambda_event_source_mapping",),
                path=("filter_criteria",),
                is_worse=lambda _, after: after not in (ABSENT, []),
                effect="Events that do not match the filter are deleted.",
                remedy="Take the change back.",
            ),
            *(
                Guard(
                    types=("aws_sqs_queue_redrive_policy", "aws_sqs_queue"),
                    path=("redrive_policy", JSON, argument),
                    is_worse=lambda before, after: (
                        before is not ABSENT and (is_lower(before, after) or after is ABSENT)
                    ),
                    effect="Events are given up sooner, for instance while Bedrock is down.",
                    remedy="Take the change back.",
                )
                for argument in ("maxReceiveCount", "deadLetterTargetArn")
            ),
            Guard(
                types=("aws_lambda_event_source_mapping",),
                path=("enabled",),
                is_worse=is_not(True),
                effect="No event starts an ingestion job: documents wait for the sweep.",
                remedy="Take the change back.",
            ),
            Guard(
                types=("aws_cloudwatch_event_rule",),
                path=("state",),
                is_worse=is_not("ENABLED", ABSENT),
                effect="The schedule does not run: no sweep, no health check or no readiness check in this region.",
                remedy="Take the change back.",
            ),
            Guard(
                types=("aws_cloudwatch_event_rule",),
                path=("is_enabled",),
                is_worse=is_not(True, ABSENT),
                effect="The schedule does not run: no sweep, no health check or no readiness check in this region.",
                remedy="Take the change back.",
            ),
            Guard(
                types=("AWS::Bedrock::DataSource",),
                path=("desired_state", JSON, "DataDeletionPolicy"),
                is_worse=is_not("RETAIN"),
                effect="The index is emptied with its data source.",
                remedy="Take the change back.",
            ),
            Guard(
                types=("AWS::Bedrock::DataSource",),
                path=(*_SOURCE, "InclusionPrefixes"),
                is_worse=lambda before, after: before is not ABSENT and before != after,
                effect="The Knowledge Base drops documents, or reads the tombstones of deleted ones as documents.",
                remedy="Take the change back.",
            ),
        ),
    ),
)
