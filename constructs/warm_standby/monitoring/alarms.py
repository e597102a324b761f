"""The alarms of one region."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

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
from warm_standby.documents.bucket import DocumentsBucket
from warm_standby.documents.ingestion_queue import IngestionQueue
from warm_standby.documents.replication import RTC_MINUTES, RULE_ID
from warm_standby.functions.function import Function
from warm_standby.monitoring.alert_topic import AlertTopic
from warm_standby.names import Names

FIVE_MINUTES: Final = 300


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A CloudWatch metric; `period` is in seconds."""

    namespace: str
    name: str
    statistic: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    period: int = FIVE_MINUTES

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of an alarm or of a query on this metric, which name the statistic differently."""
        dimensions = dict(self.dimensions) or None
        return {"namespace": self.namespace, "metric_name": self.name, "dimensions": dimensions, "period": self.period}


class Alarms(Construct):
    """The alarms of one region. Each method adds alarms, and all of them notify the same topic.

    `namespace` is the CloudWatch namespace of the metrics that come from the functions' logs. `count` is the number of
    alarms so far.
    """

    def __init__(self, scope: Construct, id_: str, *, provider: AwsProvider, names: Names, topic: AlertTopic) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        self._names = names
        self._actions = [topic.topic.arn]
        self.namespace = f"WarmStandby/{names.deployment}"
        self.count = 0

    def function_errors(self, function: Function, *, package: str, above: int) -> None:
        """Alert on more than `above` errors in five minutes: logged or of failed invocations, whichever are more."""
        logged = self._log_metric(f"{package}_errors", function=function, pattern='{ $.level = "ERROR" }')
        self._alarm(
            f"{package}_errors",
            description=f"{function.name} failed more than {above} times in 5 minutes",
            metric=logged,
            failures_of=function,
            above=above,
        )

    def ingestion_stuck(self, ingest: Function, *, sweep_minutes: int) -> None:
        """Alert when ingestion keeps failing: in three of four periods, each as long as the sweep's interval.

        A period in which every job or every sweep failed has one error or three, too few for `function_errors`.
        One of the four periods may have none: two sweeps can fall into the same period, and leave the next one empty.
        """
        period = max(FIVE_MINUTES, sweep_minutes * 60)
        pattern = '{ $.message = "last_job_failed" }'
        failed = self._log_metric("ingestion_failed", function=ingest, pattern=pattern, period=period)
        self._alarm(
            "ingestion_stuck",
            description=(
                f"No document gets into the Knowledge Base: ingestion jobs, or {ingest.name} itself, have failed for"
                f" {3 * period // 60} minutes. docs/runbook.md, The Knowledge Base is behind"
            ),
            metric=failed,
            failures_of=ingest,
            above=0,
            periods=4,
            datapoints=3,
        )

    def dead_letters(self, queue: IngestionQueue) -> None:
        """Alert on any document event in the dead-letter queue."""
        name = self._names.regional("ingest-dead-letters")
        self._alarm(
            "dead_letters",
            description=f"{name} holds events that could not be ingested: docs/runbook.md",
            metric=Metric(
                namespace="AWS/SQS",
                name="ApproximateNumberOfMessagesVisible",
                statistic="Maximum",
                dimensions={"QueueName": queue.dead_letter_queue.name},
            ),
            above=0,
        )

    def api_errors(self, api: RestApi) -> None:
        """Alert when more than 5 % of the API's responses are 5xx. The average of the metric is their share."""
        self._alarm(
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
        """Alert when the scheduled health check reports less than 100 %, or does not run, for three minutes."""
        metric = self._log_metric(
            "healthy_percent",
            function=function,
            pattern="{ $.healthyPercent = * }",
            value="$.healthyPercent",
            statistic="Minimum",
            period=60,
        )
        self._alarm(
            "health",
            description=f"{function.name} found less than 100 % healthy for 3 minutes",
            metric=metric,
            below=100,
            periods=3,
            missing_data="breaching",
        )

    def readiness(self, function: Function, *, minutes: int) -> None:
        """Alert when the API fails the scheduled readiness check twice in a row, or when the check does not run.

        Two checks can fall into one period and leave the next one empty. So one period alone alerts nobody.
        """
        metric = self._log_metric(
            "ready_percent",
            function=function,
            pattern="{ $.readyPercent = * }",
            value="$.readyPercent",
            statistic="Minimum",
            period=minutes * 60,
        )
        self._alarm(
            "readiness",
            description="This region's API failed to answer a question or to accept an upload, twice in a row",
            metric=metric,
            below=100,
            periods=2,
            missing_data="breaching",
        )

    def controller(self, function: Function) -> None:
        """Alert when the controller has not looked for five minutes, and when it moved users or failed to."""
        looked = self._log_metric("automatic_look", function=function, pattern="{ $.looked = * }", period=60)
        self._alarm(
            "automatic_look",
            description=f"{function.name} has not looked at the primary region for 5 minutes: docs/runbook.md",
            metric=looked,
            below=1,
            periods=5,
            missing_data="breaching",
        )
        pattern = '{ $.message = "moved" || $.message = "not_moved" }'
        self._alarm(
            "automatic_move",
            description=f"{function.name} moved users by itself, or could not: docs/runbook.md",
            metric=self._log_metric("automatic_move", function=function, pattern=pattern),
            above=0,
        )

    def replication_latency(self, *, source: DocumentsBucket, destination: DocumentsBucket) -> None:
        """Alert on slow replication. S3 publishes this metric in the destination's region.

        Source: docs.aws.amazon.com, S3, "Monitoring replication with metrics, event notifications, and statuses".
        """
        self._alarm(
            "replication_latency",
            description="Documents take longer than 15 minutes to arrive in this region",
            metric=_replication_metric("ReplicationLatency", "Maximum", source=source, destination=destination),
            above=RTC_MINUTES * 60,
            missing_data="ignore",
        )

    def replication_failed(self, *, source: DocumentsBucket, destination: DocumentsBucket) -> None:
        """Alert on failed replication. S3 publishes this metric in the source's region (source: the same page)."""
        self._alarm(
            "replication_failed",
            description="Documents of this region could not be replicated: docs/runbook.md",
            metric=_replication_metric("OperationsFailedReplication", "Sum", source=source, destination=destination),
            above=0,
            missing_data="ignore",
        )

    def _alarm(
        self,
        purpose: str,
        *,
        description: str,
        metric: Metric,
        failures_of: Function | None = None,
        above: float | None = None,
        below: float | None = None,
        periods: int = 1,
        datapoints: int | None = None,
        missing_data: str = "notBreaching",
    ) -> None:
        """Alert when the metric is above (or below) a threshold for `periods` periods in a row.

        With `failures_of`, alert on the larger of two counts per period: the metric, and the function's failed
        invocations. With `datapoints`, that many of the last `periods` periods must be above the threshold.
        """
        self.count += 1
        measured = {**metric.arguments, "statistic": metric.statistic}
        if failures_of:
            measured = {"metric_query": _errors(metric, failures_of)}
        CloudwatchMetricAlarm(
            self,
            purpose,
            provider=self._provider,
            alarm_name=self._names.regional(purpose.replace("_", "-")),
            alarm_description=description,
            **measured,
            evaluation_periods=periods,
            datapoints_to_alarm=datapoints,
            comparison_operator="GreaterThanThreshold" if above is not None else "LessThanThreshold",
            threshold=above if above is not None else below,
            treat_missing_data=missing_data,
            alarm_actions=self._actions,
            ok_actions=self._actions,
        )

    def _log_metric(
        self,
        purpose: str,
        *,
        function: Function,
        pattern: str,
        value: str = "1",
        statistic: str = "Sum",
        period: int = FIVE_MINUTES,
    ) -> Metric:
        """Publish a metric of the lines of a function's log that match a pattern. By default, it counts them."""
        name = purpose.replace("_", "-")
        CloudwatchLogMetricFilter(
            self,
            f"{purpose}_filter",
            provider=self._provider,
            name=self._names.regional(name),
            log_group_name=function.log_group.name,
            pattern=pattern,
            metric_transformation=CloudwatchLogMetricFilterMetricTransformation(
                namespace=self.namespace, name=name, value=value
            ),
        )
        return Metric(namespace=self.namespace, name=name, statistic=statistic, period=period)


def _replication_metric(name: str, statistic: str, *, source: DocumentsBucket, destination: DocumentsBucket) -> Metric:
    dimensions = {
        "SourceBucket": source.bucket.bucket,
        "DestinationBucket": destination.bucket.bucket,
        "RuleId": RULE_ID,
    }
    return Metric(namespace="AWS/S3", name=name, statistic=statistic, dimensions=dimensions)


def _errors(logged: Metric, function: Function) -> list[CloudwatchMetricAlarmMetricQuery]:
    dimensions = {"FunctionName": function.name}
    failed = Metric(namespace="AWS/Lambda", name="Errors", statistic="Sum", dimensions=dimensions, period=logged.period)
    larger = "MAX([FILL(logged, 0), FILL(died, 0)])"
    return [
        CloudwatchMetricAlarmMetricQuery(id="errors", expression=larger, label="Errors", return_data=True),
        _query("logged", logged),
        _query("died", failed),
    ]


def _query(id_: str, metric: Metric) -> CloudwatchMetricAlarmMetricQuery:
    measured = CloudwatchMetricAlarmMetricQueryMetric(**metric.arguments, stat=metric.statistic)
    return CloudwatchMetricAlarmMetricQuery(id=id_, metric=measured)
