"""From a document's S3 event to the `ingest` function: queue, dead letters, schedule."""

from typing import Final

from cdktf import Fn
from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import CloudwatchEventTarget
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
    LambdaEventSourceMapping,
    LambdaEventSourceMappingScalingConfig,
)
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_bucket_notification import S3BucketNotification, S3BucketNotificationQueue
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from warm_standby.documents.bucket import DocumentsBucket
from warm_standby.functions.function import Function
from warm_standby.iam import Statement, deny_without_tls, policy_document
from warm_standby.names import Names

FUNCTION_TIMEOUT: Final = 60
BATCHING_WINDOW: Final = 5
# Six times the function's time-out, plus the batching window.
# Source: docs.aws.amazon.com, Lambda, "Creating and configuring an Amazon SQS event source mapping".
VISIBILITY_TIMEOUT: Final = 6 * FUNCTION_TIMEOUT + BATCHING_WINDOW
# While a job runs its messages come back, so many receives are no error: 50 x 365 s is a job of five hours.
MAX_RECEIVES: Final = 50
FOURTEEN_DAYS: Final = 14 * 24 * 3600
BATCH_SIZE: Final = 1000


class IngestionQueue(Construct):
    """The queue of a bucket's document events, and the dead letters of those that `ingest` could never take.

    Both are kept 14 days. The queue's policy is its own argument: the provider waits 25 s after each change of a queue,
    and would after a policy of its own once more.
    Source: hashicorp/terraform-provider-aws, internal/service/sqs/queue.go, waitQueueAttributesPropagated.
    """

    def __init__(
        self, scope: Construct, id_: str, *, provider: AwsProvider, names: Names, documents: DocumentsBucket
    ) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        self._names = names
        self.name = names.regional("ingest")
        self.arn = names.arn("sqs", self.name)
        self.dead_letters = SqsQueue(
            self,
            "dead_letters",
            provider=provider,
            name=names.regional("ingest-dead-letters"),
            message_retention_seconds=FOURTEEN_DAYS,
            sqs_managed_sse_enabled=True,
        )
        self.queue = SqsQueue(
            self,
            "queue",
            provider=provider,
            name=self.name,
            message_retention_seconds=FOURTEEN_DAYS,
            visibility_timeout_seconds=VISIBILITY_TIMEOUT,
            sqs_managed_sse_enabled=True,
            policy=policy_document(*self._policy(documents)),
            redrive_policy=Fn.jsonencode(
                {"deadLetterTargetArn": self.dead_letters.arn, "maxReceiveCount": MAX_RECEIVES}
            ),
        )
        self._receive_events_of(documents)

    def _receive_events_of(self, documents: DocumentsBucket) -> None:
        """Send every creation (multipart and presigned POST included) and removal in the bucket to the queue."""
        S3BucketNotification(
            documents,
            "notification",
            provider=self._provider,
            bucket=documents.bucket.id,
            queue=[
                S3BucketNotificationQueue(
                    id="ingest", queue_arn=self.queue.arn, events=["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
                )
            ],
        )

    def _policy(self, documents: DocumentsBucket) -> tuple[Statement, Statement]:
        events = Statement(
            sid="DocumentEvents",
            principal={"Service": "s3.amazonaws.com"},
            actions=["sqs:SendMessage"],
            resources=[self.arn],
            conditions={
                "ArnLike": {"aws:SourceArn": documents.arn},
                "StringEquals": {"aws:SourceAccount": self._names.account},
            },
        )
        return events, deny_without_tls("sqs:*", [self.arn])

    def consume_statement(self) -> Statement:
        """Return what a function's role needs so that Lambda may poll the queue for it."""
        actions = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        return Statement(sid="ConsumeEvents", actions=actions, resources=[self.arn])

    def feed(self, ingest: Function) -> None:
        """Hand batches of events to the function; a burst becomes few batches, and few ingestion jobs."""
        LambdaEventSourceMapping(
            self,
            "mapping",
            provider=self._provider,
            event_source_arn=self.queue.arn,
            function_name=ingest.function.arn,
            batch_size=BATCH_SIZE,
            maximum_batching_window_in_seconds=BATCHING_WINDOW,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=LambdaEventSourceMappingScalingConfig(maximum_concurrency=2),
        )


class Schedule(Construct):
    """An EventBridge rule that invokes a function every so many minutes."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        function: Function,
        purpose: str,
        minutes: int,
        event: dict[str, object] | None = None,
    ) -> None:
        super().__init__(scope, id_)
        rule = CloudwatchEventRule(
            self,
            "rule",
            provider=provider,
            name=names.regional(purpose),
            schedule_expression=f"rate({minutes} {'minute' if minutes == 1 else 'minutes'})",
        )
        CloudwatchEventTarget(
            self,
            "target",
            provider=provider,
            rule=rule.name,
            target_id=purpose,
            arn=function.function.arn,
            input=Fn.jsonencode(event) if event else None,
        )
        function.allow(
            f"scheduled_{purpose}",
            principal="events.amazonaws.com",
            source_arn=names.arn("events", f"rule/{rule.name}"),
        )
