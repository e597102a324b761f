"""AWS clients with fixed answers, for both packages: a bucket's objects and a Knowledge Base's jobs."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

ROUTING_CONFIG_CASES: Final[list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "routing_config_cases.json").read_text("utf-8")
)
ROUTING_CONFIG_JUDGE: Final = Path(__file__).with_name("judge_routing_config.js").read_text("utf-8")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
# The part of a region's record in the manifest that the operator's tool reads here.
REGION: Any = SimpleNamespace(documents_bucket="documents", knowledge_base_id="KB00000001", data_source_id="DS00000001")


class _S3:
    def __init__(self, pages: Sequence[Mapping[str, object]], page_size: int) -> None:
        self._pages, self._page_size = pages, page_size

    def get_paginator(self, operation: str) -> "_S3":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, **arguments: object) -> Sequence[Mapping[str, object]]:
        assert arguments == {"Bucket": REGION.documents_bucket}
        return self._pages

    def list_objects_v2(self, *, Bucket: str, StartAfter: str = "") -> Mapping[str, object]:  # noqa: N803 - S3's names
        assert Bucket == REGION.documents_bucket
        listed: list[Any] = [entry for page in self._pages for entry in page.get("Contents", ())]  # type: ignore[attr-defined]  # the entries
        following = [entry for entry in listed if entry["Key"] > StartAfter]
        return {"Contents": following[: self._page_size], "IsTruncated": len(following) > self._page_size}


class BedrockAgent:
    """A fake of boto3's client. `listings` and `started` record the requests."""

    def __init__(self, jobs: Sequence[Mapping[str, object]]) -> None:
        self._jobs = jobs
        self.listings: list[Mapping[str, object]] = []
        self.started: list[Mapping[str, object]] = []

    def list_ingestion_jobs(self, **arguments: object) -> Mapping[str, object]:
        self.listings.append(arguments)
        return {"ingestionJobSummaries": self._jobs}

    def start_ingestion_job(self, **arguments: object) -> Mapping[str, object]:
        self.started.append(arguments)
        return {"ingestionJob": {"ingestionJobId": "JOB0000001"}}


def s3_client(objects: Mapping[str, str], *, page_size: int = 1000) -> Any:  # noqa: ANN401 - a fake of boto3's client
    """Return a client whose bucket has these keys with their ETags; S3 lists keys in the order of their UTF-8 bytes."""
    ordered = sorted(objects.items(), key=lambda found: found[0].encode())
    contents = [{"Key": key, "ETag": etag, "Size": 1, "LastModified": NOON} for key, etag in ordered]
    starts = range(0, max(len(contents), 1), page_size)
    return _S3([{"Contents": contents[start : start + page_size]} if contents else {} for start in starts], page_size)


def bedrock_agent(jobs: Sequence[Mapping[str, object]]) -> Any:  # noqa: ANN401 - a fake of boto3's client
    """Return a client whose Knowledge Base has these jobs."""
    return BedrockAgent(jobs)


def job_summary(status: str, *, started: float = 0, description: str = "", failed: int = 0) -> dict[str, object]:
    """Return a job as ListIngestionJobs does; `started` is in seconds after noon."""
    moment = NOON + timedelta(seconds=started)
    return {
        "ingestionJobId": "JOB0000001",
        "status": status,
        "startedAt": moment,
        "updatedAt": moment,
        "statistics": {"numberOfDocumentsScanned": 9, "numberOfDocumentsFailed": failed},
        **({"description": description} if description else {}),
    }


def expected_answer(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result that both rules must have for a case of routing_config_cases.json."""
    return {name: case[name] for name in ("states", "authoritative", "apiUrl", "generation", "manuallyEdited")}
