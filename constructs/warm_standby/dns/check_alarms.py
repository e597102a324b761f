"""The alarms on Route 53's health checks."""

from typing import Final

from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.route53_health_check import Route53HealthCheck
from constructs import Construct

from warm_standby.names import Names

_PERIOD_SECONDS: Final = 60
_PERIODS: Final = 3


class CheckAlarms(Construct):
    """Alarms in us-east-1, where Route 53 publishes its metrics. `topic_arn` is a topic of that region.

    Missing data counts as a failure: a health check that does not report protects nobody.
    Source: docs.aws.amazon.com, Route 53, "Monitoring health checks using CloudWatch".
    """

    def __init__(self, scope: Construct, id_: str, *, provider: AwsProvider, names: Names, topic_arn: str) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        self._names = names
        self._topic_arn = topic_arn

    def unhealthy(self, purpose: str, check: Route53HealthCheck, *, description: str) -> None:
        """Alert when fewer than all minutes of three had a healthy check."""
        CloudwatchMetricAlarm(
            self,
            purpose,
            provider=self._provider,
            alarm_name=self._names.regional(f"dns-{purpose.replace('_', '-')}"),
            alarm_description=description,
            namespace="AWS/Route53",
            metric_name="HealthCheckStatus",
            dimensions={"HealthCheckId": check.id},
            statistic="Minimum",
            period=_PERIOD_SECONDS,
            evaluation_periods=_PERIODS,
            comparison_operator="LessThanThreshold",
            threshold=1,
            treat_missing_data="breaching",
            alarm_actions=[self._topic_arn],
            ok_actions=[self._topic_arn],
        )
