"""What the controller reads of Route 53's checkers: the newest point of their metric, if it is fresh."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from controller.checkers import see_from_the_checkers
from standby_protocol.automatic import Verdict
from tests.lambdas.helpers import EmulatedRegion

OTHER = "11111111-2222-3333-4444-555555555555"
NOW = datetime.now(UTC).replace(second=30, microsecond=0)


@pytest.fixture
def cloudwatch(emulated: EmulatedRegion) -> Any:  # noqa: ANN401 - a client
    return boto3.client("cloudwatch", region_name=emulated.region)


def publish(cloudwatch: Any, check: str, values: dict[int, float], metric: str = "HealthCheckStatus") -> None:  # noqa: ANN401
    """Publish a value for each number of minutes ago."""
    cloudwatch.put_metric_data(
        Namespace="AWS/Route53",
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": "HealthCheckId", "Value": check}],
                "Timestamp": NOW.replace(second=0) - timedelta(minutes=minutes),
                "Value": value,
            }
            for minutes, value in values.items()
        ],
    )


@pytest.mark.parametrize(
    "values, verdict",
    [
        ({1: 0.0}, "failed"),
        ({1: 1.0}, "healthy"),
        ({3: 1.0, 2: 1.0, 1: 0.0}, "failed"),
        ({3: 0.0, 2: 0.0, 1: 1.0}, "healthy"),
        ({3: 0.0}, "failed"),
        ({4: 0.0}, "unknown"),
        ({60: 0.0}, "unknown"),
        ({}, "unknown"),
        ({-1: 0.0}, "unknown"),
    ],
    ids=str,
)
def test_the_newest_point_decides_and_one_that_is_four_minutes_old_says_nothing(
    cloudwatch: Any,  # noqa: ANN401 - a client
    request: pytest.FixtureRequest,
    values: dict[int, float],
    verdict: Verdict,
) -> None:
    check = request.node.name
    publish(cloudwatch, OTHER, {1: 0.0 if verdict == "healthy" else 1.0})
    publish(cloudwatch, check, {1: 0.0 if verdict == "healthy" else 1.0}, metric="ConnectionTime")
    publish(cloudwatch, check, values)
    assert see_from_the_checkers(cloudwatch, check, now=NOW) == verdict


def test_a_minute_in_which_the_check_was_healthy_once_has_not_failed(cloudwatch: Any) -> None:  # noqa: ANN401 - a client
    publish(cloudwatch, "both", {1: 0.0})
    publish(cloudwatch, "both", {1: 1.0})
    assert see_from_the_checkers(cloudwatch, "both", now=NOW) == "healthy"


def test_in_a_rehearsal_a_point_of_the_same_minute_can_be_too_old(cloudwatch: Any) -> None:  # noqa: ANN401 - a client
    minute = timedelta(seconds=3)
    for seconds in (14, 10):
        cloudwatch.put_metric_data(
            Namespace="AWS/Route53",
            MetricData=[
                {
                    "MetricName": "HealthCheckStatus",
                    "Dimensions": [{"Name": "HealthCheckId", "Value": f"fast-{seconds}"}],
                    "Timestamp": NOW - timedelta(seconds=seconds),
                    "Value": 0.0,
                }
            ],
        )
    assert see_from_the_checkers(cloudwatch, "fast-14", now=NOW, minute=minute) == "unknown"
    assert see_from_the_checkers(cloudwatch, "fast-10", now=NOW, minute=minute) == "failed"


@pytest.mark.parametrize(
    "points, status, verdict",
    [
        ([(1, 0.0), (2, 1.0)], "Complete", "failed"),
        ([(2, 1.0), (1, 0.0)], "Complete", "failed"),
        ([(4, 0.0)], "Complete", "unknown"),
        ([(-1, 0.0)], "Complete", "unknown"),
        ([(1, 0.0)], "PartialData", "unknown"),
        ([(1, 0.0)], "InternalError", "unknown"),
    ],
    ids=str,
)
def test_points_that_cloudwatch_adds_by_rounding_and_an_incomplete_result_say_nothing(
    cloudwatch: Any,  # noqa: ANN401 - a client
    points: list[tuple[int, float]],
    status: str,
    verdict: Verdict,
) -> None:
    times = [NOW.replace(second=0) - timedelta(minutes=minutes) for minutes, _ in points]
    result = {"Id": "status", "Timestamps": times, "Values": [value for _, value in points], "StatusCode": status}
    with Stubber(cloudwatch) as stubber:
        stubber.add_response("get_metric_data", {"MetricDataResults": [result]})
        assert see_from_the_checkers(cloudwatch, "check", now=NOW) == verdict


@pytest.mark.parametrize("minute,period", [(timedelta(minutes=1), 60), (timedelta(seconds=6), 1)])
def test_the_checkers_metric_is_asked_for_four_minutes(minute: timedelta, period: int) -> None:
    client = boto3.client("cloudwatch", region_name="us-east-1")
    metric = {
        "Namespace": "AWS/Route53",
        "MetricName": "HealthCheckStatus",
        "Dimensions": [{"Name": "HealthCheckId", "Value": OTHER}],
    }
    query = {"Id": "status", "MetricStat": {"Metric": metric, "Period": period, "Stat": "Maximum"}}
    asked = {"MetricDataQueries": [query], "StartTime": NOW - 4 * minute, "EndTime": NOW}
    points: list[Any] = [{"Id": "status", "Timestamps": [NOW, NOW - 4 * minute], "Values": [0.0, 1.0]}]
    with Stubber(client) as stubber:
        for code in ("Complete", "PartialData"):
            stubber.add_response("get_metric_data", {"MetricDataResults": [{**points[0], "StatusCode": code}]}, asked)
        assert see_from_the_checkers(client, OTHER, now=NOW, minute=minute) == "failed"
        assert see_from_the_checkers(client, OTHER, now=NOW, minute=minute) == "unknown"
