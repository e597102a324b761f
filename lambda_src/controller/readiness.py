"""Whether the failover region can serve now: its deep health, and how far its Knowledge Base is behind."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from controller.vantage import DEEP_SECONDS, get
from shared.errors import error_code
from shared.ingestion_jobs import list_jobs

if TYPE_CHECKING:
    from controller.clients import Clients
    from controller.settings import ControlledRegion, Settings

JOBS = 100
MAX_PAGES = 20
"""20,000 documents are compared; with more, the Knowledge Base counts as behind."""
CLOCK_TOLERANCE = timedelta(seconds=2)


def describe_unhealthy(clients: "Clients", settings: "Settings", region: "ControlledRegion") -> str:
    """Return what is wrong with the region's API, "" if its deep health check is healthy."""
    if settings.health_function:
        document = _invoke_health(clients, settings.health_function)
    else:
        document = get(f"{region.api_url}health?deep=true", seconds=DEEP_SECONDS).document
    if not isinstance(document, dict):
        return "its deep health check does not answer, or fails"
    status = document.get("status")
    if document.get("region") != region.region:
        return "its API answers as another region"
    return "" if status == "healthy" else f"it is {status}"


def _invoke_health(clients: "Clients", function: str) -> Any:  # noqa: ANN401 - any JSON value
    """Where users sign in, only a caller of the function itself gets a deep check."""
    event = {"httpMethod": "GET", "path": "/health", "queryStringParameters": {"deep": "true"}}
    try:
        payload = clients.functions.invoke(FunctionName=function, Payload=json.dumps(event))["Payload"].read()
        return json.loads(json.loads(payload)["body"])
    except (ClientError, BotoCoreError, ValueError, LookupError, TypeError):
        return None


def describe_behind(clients: "Clients", settings: "Settings", *, now: datetime) -> str:
    """Return how far the Knowledge Base is behind its bucket, "" if no further than the objective allows.

    A document is behind if the last complete job began before it came. The time of a replica is its original's, so a
    replica that arrives late can be missed: its event and the sweep index it.
    """
    try:
        jobs = list_jobs(
            clients.bedrock_agent,
            knowledge_base_id=settings.knowledge_base_id,
            data_source_id=settings.data_source_id,
            count=JOBS,
        )
        began = next((job.started_at for job in jobs if job.complete), None)
        oldest = _find_oldest_after(clients, settings.documents_bucket, began)
    except (ClientError, BotoCoreError) as error:
        return f"it could not be compared with its bucket ({error_code(error)})"
    if oldest is None or now - oldest <= settings.max_lag:
        return ""
    return f"a document of {oldest:%Y-%m-%d %H:%M} UTC is not indexed"


def _find_oldest_after(clients: "Clients", bucket: str, began: datetime | None) -> datetime | None:
    """Return the time of the oldest document that came after this, None if there is none. Raises botocore's errors."""
    pages = clients.s3["failover"].get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="uploads/")
    found: list[datetime] = []
    for number, page in enumerate(pages, start=1):
        times = [each["LastModified"] for each in page.get("Contents", [])]
        found += [time for time in times if began is None or time > began - CLOCK_TOLERANCE]
        if number == MAX_PAGES and page.get("IsTruncated"):
            return datetime.min.replace(tzinfo=(began or found[0]).tzinfo)
    return min(found, default=None)
