"""The metric `HealthCheckStatus` of each health check, which Route 53 publishes in us-east-1 each minute.

Source: docs.aws.amazon.com, Route 53, "Monitoring health checks using CloudWatch". AWS documents no delay, and there is
none here.
"""

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from standby.rehearsal.dns.zones import HealthView

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDatumTypeDef

NAMESPACE: Final = "AWS/Route53"
METRIC: Final = "HealthCheckStatus"
DIMENSION: Final = "HealthCheckId"


@dataclass(frozen=True, kw_only=True)
class MetricPublisher:
    """Publishes what is known of each check, once in each minute of the automatic failover's controller."""

    client: "CloudWatchClient"
    view: "Callable[[], HealthView]"
    minute_seconds: float

    def run(self) -> None:
        """Publish until the process ends."""
        while True:
            time.sleep(self.minute_seconds)
            try:
                self.publish()
            except (ClientError, BotoCoreError) as error:  # a busy emulator: the next minute has a point again
                sys.stderr.write(f"CloudWatch does not answer: {error}\n")

    def publish(self) -> None:
        """Publish one point of each check: 1 is healthy, 0 is not. Raises botocore's errors."""
        if points := statuses(self.view()):
            self.client.put_metric_data(Namespace=NAMESPACE, MetricData=points)


def statuses(view: HealthView) -> "list[MetricDatumTypeDef]":
    """Return one point of each check, also of the calculated ones."""
    return [
        {
            "MetricName": METRIC,
            "Dimensions": [{"Name": DIMENSION, "Value": check_id}],
            "Value": float(view.is_healthy(check_id)),
        }
        for check_id in view.configs
    ]
