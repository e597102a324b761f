"""Notifications: a function of one region that tells changes to a topic and to the default event bus."""

import json
from collections.abc import Sequence
from typing import Final

from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from cdktf_cdktf_provider_aws.s3_bucket_notification import S3BucketNotification, S3BucketNotificationLambdaFunction
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from warm_standby.functions.function import Function
from warm_standby.functions.schedule import Schedule
from warm_standby.iam import Statement, deny_without_tls, policy_document
from warm_standby.regional_backend import RegionalBackend
from warm_standby.settings import Settings
from warm_standby.site.distribution import ROUTING_CONFIG_KEY
from warm_standby.site.frontend_bucket import OPERATOR_PREFIX

PACKAGE: Final = "notifications"
SOURCE: Final = "warm-standby"
"""The source of the events: `lambda_src/notifications/messages.py` writes it, and the role may use no other."""
JOURNAL_PREFIX: Final = f"{OPERATOR_PREFIX}journal/"
STATE_PREFIX: Final = f"{OPERATOR_PREFIX}notifications/"
STATE_KEY: Final = f"{STATE_PREFIX}state.json"
DRILL_KEY: Final = f"{OPERATOR_PREFIX}automatic/drill.json"
TIMEOUT: Final = 45
"""Seconds, less than the minute after which another run tells what this one has claimed."""
MINUTES: Final = 1
ALARMS: Final = ("health", "readiness")
"""The alarms of a region that say whether it is ready."""
STATE_VERSION_DAYS: Final = 1


class Notifications(Construct):
    """The topic and the function of one region, and what invokes the function: S3's events, and a schedule.

    The function reads config.json, the journal and the state of both regions. It writes only its own state, and it
    publishes only in its own region, so nothing that it needs is in the other one. `controller_parameter` names the
    state of the automatic failover's controller, in the region that has one.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        backend: RegionalBackend,
        other: RegionalBackend,
        settings: Settings,
        code: str,
        controller_parameter: str | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self._controller_parameter = controller_parameter
        self._provider = provider
        self._backend = backend
        self._other = other
        self._names = backend.names
        self.topic_name = self._names.regional(PACKAGE)
        self.topic_arn = self._names.arn("sns", self.topic_name)
        self.topic = SnsTopic(self, "topic", provider=provider, name=self.topic_name, kms_master_key_id="alias/aws/sns")
        self._protect_topic()
        self._subscribe(settings.notifications.emails)
        self.function = self._function(settings, code)
        self.schedule = Schedule(
            self, PACKAGE, provider=provider, names=self._names, function=self.function, minutes=MINUTES
        )
        self._invoke_on_writes()
        self._expire_old_states()
        backend.alarms.function_errors(self.function, package=PACKAGE, above=3)

    def _protect_topic(self) -> None:
        SnsTopicPolicy(
            self,
            "policy",
            provider=self._provider,
            arn=self.topic.arn,
            policy=policy_document(deny_without_tls("sns:Publish", [self.topic_arn])),
        )

    def _subscribe(self, emails: Sequence[str]) -> None:
        for email in emails:
            SnsTopicSubscription(
                self,
                f"subscription_{email}",
                provider=self._provider,
                topic_arn=self.topic.arn,
                protocol="email",
                endpoint=email,
            )

    def _function(self, settings: Settings, code: str) -> Function:
        alarms = [self._names.regional(purpose) for purpose in ALARMS]
        return Function(
            self,
            "function",
            provider=self._provider,
            names=self._names,
            package=PACKAGE,
            code=code,
            environment={
                "DEPLOYMENT": self._names.deployment,
                "BUCKET": self._backend.frontend.bucket.bucket,
                "API_URL": self._backend.api.url,
                "OTHER_REGION": self._other.names.region,
                "OTHER_BUCKET": self._other.frontend.bucket.bucket,
                "OTHER_API_URL": self._other.api.url,
                "FAILOVER_REGION": settings.regions.failover,
                "TOPIC_ARN": self.topic.arn,
                "ALARMS": json.dumps(alarms),
                **({"CONTROLLER_PARAMETER": self._controller_parameter} if self._controller_parameter else {}),
            },
            statements=self._statements(),
            timeout=TIMEOUT,
            memory=512,
            log_retention_days=settings.operations.log_retention_days,
        )

    def _statements(self) -> list[Statement]:
        buckets = [f"arn:aws:s3:::{one.names.bucket('frontend')}" for one in (self._backend, self._other)]
        read = (ROUTING_CONFIG_KEY, f"{JOURNAL_PREFIX}*", STATE_KEY, DRILL_KEY)
        return [
            *self._controller_statements(),
            Statement(
                sid="ReadFacts",
                actions=["s3:GetObject"],
                resources=[f"{bucket}/{key}" for bucket in buckets for key in read],
            ),
            # Without it, a missing object would be a denied one. A condition on the prefix would deny it, too.
            # Source: docs.aws.amazon.com, S3 API Reference, "GetObject", "Permissions".
            Statement(sid="ListJournal", actions=["s3:ListBucket"], resources=buckets),
            Statement(sid="WriteState", actions=["s3:PutObject"], resources=[f"{buckets[0]}/{STATE_KEY}"]),
            Statement(
                sid="ReadAlarms",
                actions=["cloudwatch:DescribeAlarms"],
                resources=[self._names.arn("cloudwatch", "alarm:*")],
            ),
            Statement(sid="PublishToTopic", actions=["sns:Publish"], resources=[self.topic_arn]),
            Statement(
                sid="PublishToBus",
                actions=["events:PutEvents"],
                resources=[self._names.arn("events", "event-bus/default")],
                conditions={"StringEquals": {"events:source": SOURCE}},
            ),
        ]

    def _controller_statements(self) -> list[Statement]:
        if self._controller_parameter is None:
            return []
        parameter = self._names.arn("ssm", f"parameter{self._controller_parameter}")
        return [Statement(sid="ReadController", actions=["ssm:GetParameter"], resources=[parameter])]

    def _invoke_on_writes(self) -> None:
        """Run the function when config.json or the journal is written in this region's bucket."""
        bucket = self._backend.frontend
        permission = self.function.add_permission(
            "frontend_events", principal="s3.amazonaws.com", source_arn=bucket.private_bucket.arn
        )
        S3BucketNotification(
            self,
            "events",
            provider=self._provider,
            bucket=bucket.bucket.id,
            lambda_function=[
                S3BucketNotificationLambdaFunction(
                    id=purpose,
                    lambda_function_arn=self.function.function.arn,
                    events=["s3:ObjectCreated:*"],
                    filter_prefix=prefix,
                )
                for purpose, prefix in (("config", ROUTING_CONFIG_KEY), ("journal", JOURNAL_PREFIX))
            ],
            depends_on=[permission],
        )

    def _expire_old_states(self) -> None:
        """Delete the old versions of the state, which is written each minute. All other objects keep theirs."""
        S3BucketLifecycleConfiguration(
            self,
            "lifecycle",
            provider=self._provider,
            bucket=self._backend.frontend.bucket.id,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="clean-up",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)
                    ],
                ),
                S3BucketLifecycleConfigurationRule(
                    id="expire-states",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix=STATE_PREFIX)],
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=STATE_VERSION_DAYS
                        )
                    ],
                ),
            ],
            depends_on=[self._backend.frontend.private_bucket.versioning],
        )
