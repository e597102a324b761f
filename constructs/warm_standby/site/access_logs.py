"""The access logs of the site: CloudFront delivers them into a log bucket."""

from typing import Final

from cdktf_cdktf_provider_aws.cloudfront_distribution import CloudfrontDistribution
from cdktf_cdktf_provider_aws.cloudwatch_log_delivery import CloudwatchLogDelivery
from cdktf_cdktf_provider_aws.cloudwatch_log_delivery_destination import (
    CloudwatchLogDeliveryDestination,
    CloudwatchLogDeliveryDestinationDeliveryDestinationConfiguration,
)
from cdktf_cdktf_provider_aws.cloudwatch_log_delivery_source import CloudwatchLogDeliverySource
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.monitoring.log_bucket import LogBucket

FIELDS: Final = (
    *("date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem", "sc-status"),
    *("cs(User-Agent)", "x-edge-result-type", "x-edge-request-id", "x-host-header", "cs-protocol", "cs-bytes"),
    *("time-taken", "ssl-protocol", "ssl-cipher", "x-edge-response-result-type", "cs-protocol-version", "c-port"),
    *("time-to-first-byte", "x-edge-detailed-result-type", "sc-content-type", "sc-content-len"),
)
"""The logged fields. `cs-uri-query`, `cs(Referer)` and `cs(Cookie)` are left out: after a sign-in, the address of the
page has a code of the identity provider.
Source: docs.aws.amazon.com, CloudFront, "Standard logging reference", "Log file fields"."""


class SiteAccessLogs(Construct):
    """The delivery of the distribution's access logs into a log bucket, as JSON.

    CloudFront's older logging needs a bucket with ACLs, which this stack's buckets have not. All three resources are in
    us-east-1, and the bucket may be in another region.
    Source: docs.aws.amazon.com, CloudFront, "Configure standard logging (v2)".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        name: str,
        distribution: CloudfrontDistribution,
        log_bucket: LogBucket,
    ) -> None:
        super().__init__(scope, id_)
        source = CloudwatchLogDeliverySource(
            self,
            "source",
            provider=provider,
            name=f"{name}-site",
            log_type="ACCESS_LOGS",
            resource_arn=distribution.arn,
        )
        destination = CloudwatchLogDeliveryDestination(
            self,
            "destination",
            provider=provider,
            name=f"{name}-site",
            output_format="json",
            delivery_destination_configuration=[
                CloudwatchLogDeliveryDestinationDeliveryDestinationConfiguration(
                    destination_resource_arn=log_bucket.bucket.arn
                )
            ],
        )
        self.delivery = CloudwatchLogDelivery(
            self,
            "delivery",
            provider=provider,
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            record_fields=list(FIELDS),
            depends_on=[log_bucket.private_bucket.policy],
        )
