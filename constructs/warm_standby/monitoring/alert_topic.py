"""The alert topic of one region."""

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from warm_standby.iam import Statement, deny_without_tls, policy_document
from warm_standby.region import Region


class AlertTopic(Construct):
    """The SNS topic that the region's alarms notify. Each subscriber must confirm by email.

    It is not encrypted with the AWS managed key, because the policy of that key does not let CloudWatch publish.
    Source: docs.aws.amazon.com, SNS, "Key management", "Event sources and encrypted topics".
    """

    def __init__(self, scope: Construct, id_: str, *, region: Region, emails: Sequence[str]) -> None:
        super().__init__(scope, id_)
        self.topic = SnsTopic(self, "topic", provider=region.provider, name=region.names.regional("alerts"))
        arn = region.names.arn("sns", region.names.regional("alerts"))
        SnsTopicPolicy(
            self,
            "policy",
            provider=region.provider,
            arn=self.topic.arn,
            policy=policy_document(
                Statement(
                    sid="AlarmsPublish",
                    principal={"Service": "cloudwatch.amazonaws.com"},
                    actions=["sns:Publish"],
                    resources=[arn],
                    conditions={"StringEquals": {"aws:SourceAccount": region.names.account}},
                ),
                deny_without_tls("sns:Publish", [arn]),
            ),
        )
        for email in emails:
            SnsTopicSubscription(
                self,
                f"subscription_{email}",
                provider=region.provider,
                topic_arn=self.topic.arn,
                protocol="email",
                endpoint=email,
            )
