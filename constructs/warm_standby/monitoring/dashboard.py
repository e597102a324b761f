"""The dashboard of one region: API, functions, ingestion and health."""

import json
from collections.abc import Sequence
from typing import Final

from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.api.definition import STAGE
from warm_standby.api.rest_api import RestApi
from warm_standby.documents.ingestion_queue import IngestionQueue
from warm_standby.functions.function import Function
from warm_standby.names import Names

_COLUMNS: Final = 2
_WIDTH: Final = 12
_HEIGHT: Final = 6

MetricLine = list[object]


class Dashboard(Construct):
    """A CloudWatch dashboard. Its name contains the region, because dashboards belong to the whole account."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        api: RestApi,
        functions: Sequence[Function],
        queue: IngestionQueue,
        namespace: str,
    ) -> None:
        super().__init__(scope, id_)
        graphs: list[tuple[str, list[MetricLine]]] = [
            ("API: requests and errors", _api(api)),
            ("Functions: errors", [["AWS/Lambda", "Errors", "FunctionName", function.name] for function in functions]),
            (
                "Functions: duration, ms, p95",
                [["AWS/Lambda", "Duration", "FunctionName", one.name, {"stat": "p95"}] for one in functions],
            ),
            ("Ingestion: events waiting, dead letters", _queues(queue)),
            ("Health, %", [[namespace, "healthy-percent", {"stat": "Minimum"}]]),
        ]
        CloudwatchDashboard(
            self,
            "dashboard",
            provider=provider,
            dashboard_name=names.account_wide("overview"),
            dashboard_body=json.dumps({"widgets": [_widget(i, *graph, names) for i, graph in enumerate(graphs)]}),
        )


def _widget(position: int, title: str, metrics: list[MetricLine], names: Names) -> dict[str, object]:
    row, column = divmod(position, _COLUMNS)
    return {
        "type": "metric",
        "x": column * _WIDTH,
        "y": row * _HEIGHT,
        "width": _WIDTH,
        "height": _HEIGHT,
        "properties": {"title": title, "region": names.region, "stat": "Sum", "period": 300, "metrics": metrics},
    }


def _api(api: RestApi) -> list[MetricLine]:
    return [
        ["AWS/ApiGateway", metric, "ApiName", api.name, "Stage", STAGE] for metric in ("Count", "4XXError", "5XXError")
    ]


def _queues(queue: IngestionQueue) -> list[MetricLine]:
    return [
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name, {"stat": "Maximum"}]
        for name in (queue.queue.name, queue.dead_letter_queue.name)
    ]
