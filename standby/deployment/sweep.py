"""The sweep: invoke a region's `ingest` function with the event of its schedule.

`ingest` then starts an ingestion job if the bucket differs from the content that the last complete job indexed.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from standby.deployment.manifest import Region
from standby.errors import StandbyError
from standby.text import one_line

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


DECISIONS: Final = ("start", "wait", "covered")


def run_sweep(client: "LambdaClient", region: Region) -> str:
    """Run the sweep and return the decision of `ingest`: `start`, `wait` or `covered`.

    Raises botocore's errors, and `StandbyError` when the function fails or returns any other answer.
    """
    answer = client.invoke(FunctionName=region.ingest_function, Payload=json.dumps(sweep_event(region.region)).encode())
    text = answer["Payload"].read() or b"null"
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    decision = body.get("decision") if isinstance(body, Mapping) else None
    if answer.get("FunctionError") or decision not in DECISIONS:
        raise StandbyError(f"{region.ingest_function} failed: {one_line(text.decode(errors='replace'))}")
    return str(decision)


def sweep_event(region: str) -> dict[str, object]:
    """Return the event of a schedule that fires now.

    Source: docs.aws.amazon.com, EventBridge, "Creating a rule that runs on a schedule".
    """
    return {
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": f"{datetime.now(tz=UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": [],
        "detail": {},
    }
