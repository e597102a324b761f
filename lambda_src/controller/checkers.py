"""The second vantage point where the API has a name in DNS: Route 53's health checkers ask the primary region's API.

The controller reads their result as the metric `HealthCheckStatus`, which Route 53 publishes in us-east-1 alone, each
minute. So it is read only by a controller that is in us-east-1 itself. Sources: docs.aws.amazon.com, Route 53,
"Monitoring health checks using CloudWatch" and "Monitoring your resources with Amazon Route 53 health checks and Amazon
CloudWatch".
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from standby_protocol.automatic import Verdict

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

FRESH_MINUTES: Final = 4
"""A point is named by the beginning of its minute. So it is of at most three minutes ago, and an older one says nothing
of now."""
STATISTIC: Final = "Maximum"
"""A minute counts as failed only if the check was never healthy in it."""
_MINUTE: Final = timedelta(minutes=1)
_PERIOD_SECONDS: Final = 60
_REHEARSAL_PERIOD_SECONDS: Final = 1
_COMPLETE: Final = "Complete"


def see_from_the_checkers(
    cloudwatch: "CloudWatchClient", health_check_id: str, *, now: datetime, minute: timedelta = _MINUTE
) -> Verdict:
    """Return what the newest point says. Without a fresh one it is `unknown`. Raises botocore's errors.

    `minute` is shorter in a rehearsal.
    """
    oldest = now - FRESH_MINUTES * minute
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {
                "Id": "status",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/Route53",
                        "MetricName": "HealthCheckStatus",
                        "Dimensions": [{"Name": "HealthCheckId", "Value": health_check_id}],
                    },
                    "Period": _PERIOD_SECONDS if minute >= _MINUTE else _REHEARSAL_PERIOD_SECONDS,
                    "Stat": STATISTIC,
                },
            }
        ],
        StartTime=oldest,
        EndTime=now,
    )
    (result,) = answer["MetricDataResults"]
    # CloudWatch rounds the start down to a whole minute. Source: CloudWatch API Reference, "GetMetricData".
    points = [point for point in zip(result["Timestamps"], result["Values"], strict=True) if oldest <= point[0] <= now]
    if result["StatusCode"] != _COMPLETE or not points:
        return "unknown"
    _, newest = max(points)
    return "failed" if newest == 0 else "healthy"
