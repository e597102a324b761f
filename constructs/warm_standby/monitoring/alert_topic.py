"""The alert topic of one region."""

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from warm_standby.iam import Statement, deny_without_tls, policy_document
from warm_standby.names import Names


class AlertTopic(Construct):
    """The SNS topic that the region's alarms notify. Each subscriber must confirm by email.

    It is not encrypted with the AWS managed key, because the policy of that key does not let CloudWatch publish.
    Source: docs.aws.amazon.com, SNS, "Key management", "Event sources and encrypted topics".
    """

    def __init__(
        self, scope: Construct, id_: str, *, provider: AwsProvider, names: Names, emails: Sequence[str]
    ) -> None:
        super().__init__(scope, id_)
        self.topic = SnsTopic(self, "topic", provider=provider, name=names.regional("alerts"))
        arn = names.arn("sns", names.regional("alerts"))
        SnsTopicPolicy(
            self,
            "policy",
            provider=provider,
            arn=self.topic.arn,
            policy=policy_document(
                Statement(
                    sid="AlarmsPublish",
                    principal={"Service": "cloudwatch.amazonaws.com"},
                    actions=["sns:Publish"],
                    resources=[arn],
                    conditions={"StringEquals": {"aws:SourceAccount": names.account}},
                ),
                deny_without_tls("sns:Publish", [arn]),
            ),
        )
        for email in emails:
            SnsTopicSubscription(
                self,
                f"subscription_{email}",
                provider=provider,
                topic_arn=self.topic.arn,
                protocol="email",
                endpoint=email,
            )
