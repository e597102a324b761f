"""The queue that carries document events from S3 to the `ingest` function."""

from typing import Final

from cdktf import Fn
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
    LambdaEventSourceMapping,
    LambdaEventSourceMappingScalingConfig,
)
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_bucket_notification import S3BucketNotification, S3BucketNotificationQueue
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.sqs_queue_redrive_policy import SqsQueueRedrivePolicy
from constructs import Construct

from warm_standby.documents.bucket import DocumentsBucket
from warm_standby.iam import Statement, deny_without_tls, policy_document
from warm_standby.names import Names

# In seconds, unless the name says otherwise.
FUNCTION_TIMEOUT: Final = 60
BATCHING_WINDOW: Final = 5
# Six times the function's timeout, plus the batching window.
# Source: docs.aws.amazon.com, Lambda, "Creating and configuring an Amazon SQS event source mapping".
VISIBILITY_TIMEOUT: Final = 6 * FUNCTION_TIMEOUT + BATCHING_WINDOW
# While an ingestion job runs, its messages return to the queue, so many receives are normal. `ingest` lets a message
# wait 5, 10, 20, 40, 80, 160 and then 320 s: 64 receives allow a job of five hours.
MAX_RECEIVE_COUNT: Final = 64
FOURTEEN_DAYS: Final = 14 * 24 * 3600
BATCH_SIZE: Final = 1000
# The least that Lambda accepts. Source: docs.aws.amazon.com, Lambda API, "ScalingConfig".
MAX_CONCURRENCY: Final = 2


class IngestionQueue(Construct):
    """The queue of a bucket's document events, and its dead-letter queue.

    Both keep messages for 14 days. The provider waits 25 s after each change of a queue. So the queue policy is an
    argument of the queue. The redrive policy is a resource of its own: both queues are made at the same time, and the
    functions do not wait for it.
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
        self.dead_letter_queue = SqsQueue(
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
            policy=policy_document(self._accept_events(documents), deny_without_tls("sqs:*", [self.arn])),
        )
        SqsQueueRedrivePolicy(
            self,
            "redrive_policy",
            provider=provider,
            queue_url=self.queue.url,
            redrive_policy=Fn.jsonencode(
                {"deadLetterTargetArn": self.dead_letter_queue.arn, "maxReceiveCount": MAX_RECEIVE_COUNT}
            ),
        )
        self._add_notification(documents)

    def _add_notification(self, documents: DocumentsBucket) -> None:
        """Send every object creation (also multipart and presigned POST) and removal in the bucket to the queue."""
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

    def _accept_events(self, documents: DocumentsBucket) -> Statement:
        return Statement(
            sid="DocumentEvents",
            principal={"Service": "s3.amazonaws.com"},
            actions=["sqs:SendMessage"],
            resources=[self.arn],
            conditions={
                "ArnLike": {"aws:SourceArn": documents.arn},
                "StringEquals": {"aws:SourceAccount": self._names.account},
            },
        )

    def consumer_statements(self) -> list[Statement]:
        """Return what a function's role needs so that Lambda can poll the queue, and to let a returned message wait."""
        actions = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        return [
            Statement(sid="ConsumeEvents", actions=actions, resources=[self.arn]),
            Statement(sid="ReturnEvents", actions=["sqs:ChangeMessageVisibility"], resources=[self.arn]),
        ]

    def add_consumer(self, *, function_arn: str) -> None:
        """Invoke a function with batches of events, so that a burst starts few ingestion jobs."""
        LambdaEventSourceMapping(
            self,
            "mapping",
            provider=self._provider,
            event_source_arn=self.queue.arn,
            function_name=function_arn,
            batch_size=BATCH_SIZE,
            maximum_batching_window_in_seconds=BATCHING_WINDOW,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=LambdaEventSourceMappingScalingConfig(maximum_concurrency=MAX_CONCURRENCY),
        )
