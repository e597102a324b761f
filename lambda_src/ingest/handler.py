"""The ingest function's entry point."""

import os
from collections.abc import Mapping

import boto3

from ingest.bucket_pages import listing_client, pages_of
from ingest.checkpoint import Checkpoint
from ingest.content import Bucket
from ingest.events import is_sweep, may_rest, read_batch
from ingest.job_starter import JobStarter
from ingest.queue import Queue
from ingest.settings import Settings
from ingest.tombstones import Tombstones
from shared.api import LambdaContext
from shared.aws_calls import client_config
from shared.environment import Environment
from shared.logs import Log

_SETTINGS = Settings.read(Environment(variables=os.environ))
_LOG = Log(fields={"function": "ingest", "region": _SETTINGS.region})
_CONFIG = client_config(connect_seconds=2, read_seconds=10, attempts=3)
_QUEUE_CONFIG = client_config(connect_seconds=1, read_seconds=2)
_JOB_STARTER = JobStarter(
    bedrock_agent=boto3.client("bedrock-agent", region_name=_SETTINGS.region, config=_CONFIG),
    bucket=Bucket(
        read_page=pages_of(listing_client(_SETTINGS.region), _SETTINGS.documents_bucket),
        checkpoint=Checkpoint.make(region=_SETTINGS.region, name=_SETTINGS.sweep_parameter),
        tombstones=Tombstones(
            s3=boto3.client("s3", region_name=_SETTINGS.region, config=_CONFIG), bucket=_SETTINGS.documents_bucket
        ),
    ),
    queue=Queue(
        sqs=boto3.client("sqs", region_name=_SETTINGS.region, config=_QUEUE_CONFIG), url=_SETTINGS.ingest_queue_url
    ),
    settings=_SETTINGS,
)


def handler(event: Mapping[str, object], context: LambdaContext) -> dict[str, object]:
    """Handle an SQS batch (returns `batchItemFailures`) or a scheduled EventBridge event (returns the decision).

    Raises `ValueError` for any other event.
    """
    log = _LOG.bind(requestId=context.aws_request_id)
    records = event.get("Records")
    if isinstance(records, list):
        returned = _JOB_STARTER.handle_batch(read_batch(records, bucket=_SETTINGS.documents_bucket), log)
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in returned]}
    if is_sweep(event):
        return {"decision": _JOB_STARTER.sweep(log, may_rest=may_rest(event))}
    raise ValueError("neither an SQS batch nor a scheduled event")
