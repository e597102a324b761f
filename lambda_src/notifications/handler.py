"""The notifications function's entry point."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

import boto3

from notifications.publish import AwsPublisher, Topics
from notifications.read import Reader
from notifications.run import BucketStateStore, Run
from notifications.settings import Settings
from shared.api import LambdaContext
from shared.aws_calls import client_config
from shared.environment import Environment
from shared.logs import Log

_SETTINGS = Settings.read(Environment(variables=os.environ))
_LOG = Log(fields={"function": "notifications", "region": _SETTINGS.region})
_OWN = client_config(connect_seconds=2, read_seconds=4, attempts=2)
_OTHER = client_config(connect_seconds=2, read_seconds=3)
_S3 = {
    _SETTINGS.region: boto3.client("s3", region_name=_SETTINGS.region, config=_OWN),
    _SETTINGS.other_region: boto3.client("s3", region_name=_SETTINGS.other_region, config=_OTHER),
}
_READER = Reader(
    settings=_SETTINGS,
    s3=_S3,
    cloudwatch=boto3.client("cloudwatch", region_name=_SETTINGS.region, config=_OWN),
    ssm=boto3.client("ssm", region_name=_SETTINGS.region, config=_OWN) if _SETTINGS.controller_parameter else None,
)
_PUBLISHER = AwsPublisher(
    sns=cast("Topics", boto3.client("sns", region_name=_SETTINGS.region, config=_OWN)),
    events=boto3.client("events", region_name=_SETTINGS.region, config=_OWN),
    topic_arn=_SETTINGS.topic_arn,
)


def handler(event: Mapping[str, object], context: LambdaContext) -> dict[str, object]:
    """Look at both regions and report what is new. Every event means the same: look now.

    The events are S3's of config.json and the journal, and the schedule's.
    """
    log = _LOG.bind(requestId=context.aws_request_id)
    run = Run(
        deployment=_SETTINGS.deployment,
        region=_SETTINGS.region,
        other=_SETTINGS.other_region,
        store=BucketStateStore(s3=_S3[_SETTINGS.region], bucket=_SETTINGS.bucket, log=log),
        look=_READER.look,
        publisher=_PUBLISHER,
        now=lambda: datetime.now(tz=UTC),
        log=log,
    )
    outcome = run.run()
    log.info("looked", reported=outcome.reported, left=outcome.left, scheduled="Records" not in event)
    return {"reported": outcome.reported, "left": outcome.left, "unread": dict(outcome.unread)}
