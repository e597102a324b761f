"""One region's alarms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cdktf_cdktf_provider_aws.cloudwatch_log_metric_filter import (
    CloudwatchLogMetricFilter,
    CloudwatchLogMetricFilterMetricTransformation,
)
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.api.definition import STAGE
from warm_standby.api.rest_api import RestApi
from warm_standby.documents.ingestion_queue import IngestionQueue
from warm_standby.functions.function import Function
from warm_standby.monitoring.alert_topic import AlertTopic
from warm_standby.names import Names

FIVE_MINUTES: Final = 300
REPLICATION_THRESHOLD: Final = 15 * 60


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A CloudWatch metric; `period` is in seconds."""

    namespace: str
    name: str
    statistic: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    period: int = FIVE_MINUTES


class Alarms(Construct):
    """The alarms that every region has. `alarm` adds one more to the same topic."""

    def __init__(self, scope: Construct, id_: str, *, provider: AwsProvider, names: Names, topic: AlertTopic) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        self._names = names
        self._actions = [topic.topic.arn]
        self.namespace = f"WarmStandby/{names.deployment}"

    def alarm(
        self,
        purpose: str,
        *,
        description: str,
        metric: Metric,
        above: float | None = None,
        below: float | None = None,
        periods: int = 1,
        missing: str = "notBreaching",
    ) -> None:
        """Alert when the metric is above (or below) a threshold for so many periods in a row."""
        CloudwatchMetricAlarm(
            self,
            purpose,
            provider=self._provider,
            alarm_name=self._names.regional(purpose.replace("_", "-")),
            alarm_description=description,
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=dict(metric.dimensions) or None,
            statistic=metric.statistic,
            period=metric.period,
            evaluation_periods=periods,
            comparison_operator="GreaterThanThreshold" if above is not None else "LessThanThreshold",
            threshold=above if above is not None else below,
            treat_missing_data=missing,
            alarm_actions=self._actions,
            ok_actions=self._actions,
        )

    def function_errors(self, function: Function, *, purpose: str, above: int) -> None:
        """Alert on errors that a function logged, or died of, whichever are more, in five minutes."""
        logged = Metric(namespace=self.namespace, name=f"{purpose}-errors", statistic="Sum")
        self._count(function, purpose=f"{purpose}_errors", metric=logged, pattern='{ $.level = "ERROR" }', value="1")
        self._logged_or_died(
            f"{purpose}_errors",
            function=function,
            logged=logged,
            description=f"{function.name} failed more than {above} times in 5 minutes",
            above=above,
        )

    def ingestion_stuck(self, ingest: Function, *, sweep_minutes: int) -> None:
        """Alert when ingestion keeps failing, however slowly: in three periods of four, each as long as a sweep's.

        A period in which every job failed, or every sweep died, has one error or three; `function_errors` lets those
        pass. One period of the four may be without: two sweeps fall into one where their minutes straddle its end.
        """
        period = max(FIVE_MINUTES, sweep_minutes * 60)
        failed = Metric(namespace=self.namespace, name="ingestion-failed", statistic="Sum", period=period)
        pattern = '{ $.message = "last_job_failed" }'
        self._count(ingest, purpose="ingestion_failed", metric=failed, pattern=pattern, value="1")
        self._logged_or_died(
            "ingestion_stuck",
            function=ingest,
            logged=failed,
            description=(
                f"No document gets into the Knowledge Base: ingestion jobs, or {ingest.name} itself, have failed for"
                f" {3 * period // 60} minutes. docs/runbook.md, The Knowledge Base is behind"
            ),
            above=0,
            periods=4,
            breaching=3,
        )

    def dead_letters(self, queue: IngestionQueue) -> None:
        """Alert on any document event that was given up."""
        name = self._names.regional("ingest-dead-letters")
        self.alarm(
            "dead_letters",
            description=f"{name} holds events that could not be ingested: docs/runbook.md",
            metric=Metric(
                namespace="AWS/SQS",
                name="ApproximateNumberOfMessagesVisible",
                statistic="Maximum",
                dimensions={"QueueName": queue.dead_letters.name},
            ),
            above=0,
        )

    def api_errors(self, api: RestApi) -> None:
        """Alert when more than 5 % of the API's answers are 5xx (the metric's average is their share)."""
        self.alarm(
            "api_errors",
            description=f"More than 5 % of {api.name}'s answers are 5xx",
            metric=Metric(
                namespace="AWS/ApiGateway",
                name="5XXError",
                statistic="Average",
                dimensions={"ApiName": api.name, "Stage": STAGE},
            ),
            above=0.05,
        )

    def health(self, function: Function) -> None:
        """Alert when the scheduled health check finds less than 100 %, or is not made, three minutes in a row."""
        metric = Metric(namespace=self.namespace, name="healthy-percent", statistic="Minimum", period=60)
        self._count(
            function,
            purpose="healthy_percent",
            metric=metric,
            pattern="{ $.healthyPercent = * }",
            value="$.healthyPercent",
        )
        self.alarm(
            "health",
            description=f"{function.name} found less than 100 % healthy for 3 minutes",
            metric=metric,
            below=100,
            periods=3,
            missing="breaching",
        )

    def _logged_or_died(
        self,
        purpose: str,
        *,
        function: Function,
        logged: Metric,
        description: str,
        above: int,
        periods: int = 1,
        breaching: int | None = None,
    ) -> None:
        died = Metric(
            namespace="AWS/Lambda",
            name="Errors",
            statistic="Sum",
            dimensions={"FunctionName": function.name},
            period=logged.period,
        )
        CloudwatchMetricAlarm(
            self,
            purpose,
            provider=self._provider,
            alarm_name=self._names.regional(purpose.replace("_", "-")),
            alarm_description=description,
            metric_query=[
                CloudwatchMetricAlarmMetricQuery(
                    id="errors",
                    expression="MAX([FILL(logged, 0), FILL(died, 0)])",
                    label="Errors",
                    return_data=True,
                ),
                _query("logged", logged),
                _query("died", died),
            ],
            evaluation_periods=periods,
            datapoints_to_alarm=breaching,
            comparison_operator="GreaterThanThreshold",
            threshold=above,
            treat_missing_data="notBreaching",
            alarm_actions=self._actions,
            ok_actions=self._actions,
        )

    def _count(self, function: Function, *, purpose: str, metric: Metric, pattern: str, value: str) -> None:
        CloudwatchLogMetricFilter(
            self,
            f"{purpose}_filter",
            provider=self._provider,
            name=self._names.regional(purpose.replace("_", "-")),
            log_group_name=function.log_group.name,
            pattern=pattern,
            metric_transformation=CloudwatchLogMetricFilterMetricTransformation(
                namespace=metric.namespace, name=metric.name, value=value
            ),
        )


def _query(id_: str, metric: Metric) -> CloudwatchMetricAlarmMetricQuery:
    return CloudwatchMetricAlarmMetricQuery(
        id=id_,
        metric=CloudwatchMetricAlarmMetricQueryMetric(
            namespace=metric.namespace,
            metric_name=metric.name,
            stat=metric.statistic,
            period=metric.period,
            dimensions=dict(metric.dimensions) or None,
        ),
    )
