"""The ingestion status function's entry point."""

import os
from collections.abc import Mapping

import boto3

from ingestion_status.jobs import last_jobs
from ingestion_status.settings import Settings
from shared.api import LambdaContext, Response, serve
from shared.aws_calls import client_config
from shared.environment import Environment
from shared.logs import Log

_SETTINGS = Settings.read(Environment(variables=os.environ))
_LOG = Log(fields={"function": "ingestion_status", "region": _SETTINGS.region})
# At worst one listing and two rounds of reasons, each two attempts of 4 s and a pause: below API Gateway's 29 s.
_BEDROCK_AGENT = boto3.client(
    "bedrock-agent",
    region_name=_SETTINGS.region,
    config=client_config(connect_seconds=1, read_seconds=3, attempts=2),
)


def handler(event: Mapping[str, object], context: LambdaContext) -> dict[str, object]:
    """Answer `GET /ingestion-status` with the last jobs."""
    return serve(event, context, site_origin=_SETTINGS.site_origin, log=_LOG, route=_status)


def _status(_event: Mapping[str, object], log: Log) -> Response:
    jobs = last_jobs(_BEDROCK_AGENT, _SETTINGS)
    log.info("jobs_listed", count=len(jobs))
    return Response(body={"jobs": jobs, "region": _SETTINGS.region})
