"""Wait until a Knowledge Base has indexed documents.

On AWS a replica raises the same S3 event as an upload; in the emulator it raises none, and the scheduled sweep of the
`ingest` function finds it. A rehearsal does not wait minutes for the schedule: it sends the sweep's event itself.
"""

import json
import time
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

import boto3

from standby.console import Progress
from standby.deployment.manifest import Region
from standby.errors import StandbyError
from standby.rehearsal.checks.documents import UploadedDocument, wait_for

BY_EVENT_SECONDS: Final = 60.0
BY_SWEEP_SECONDS: Final = 60.0
BETWEEN_SWEEPS_SECONDS: Final = 3.0

Documents = AbstractSet[UploadedDocument]


@dataclass(frozen=True, kw_only=True)
class Ingestion:
    """The ingestion of one region."""

    session: boto3.Session
    region: Region
    progress: Progress

    def wait(self, *, by_event: Documents, by_sweep: Documents) -> str:
        """Wait until the documents are indexed; say how each came in.

        `by_event` are those whose S3 event must lead there without help. Raises `StandbyError` when one is missing.
        """
        if not by_event | by_sweep:
            raise StandbyError("No document was uploaded that could be ingested.")
        before = self.indexed(frozenset(document for document in by_sweep if not document.fresh))
        wait_for(
            lambda: True if by_event <= self.indexed(by_event) else None,
            seconds=BY_EVENT_SECONDS,
            missing=f"S3 events led to no ingestion of {_names(by_event)} (`standby rehearse logs ingest`)",
        )
        swept = by_sweep - self.indexed(by_sweep)
        if swept:
            self.progress.start(
                f"Sending the sweep's event to ingest in {self.region.region}: replicas raise none here"
            )
            self._sweep_until(swept)
        parts = {"before": before, "by S3 event": (by_event | by_sweep) - before - swept, "by sweep": swept}
        return "indexed: " + ", ".join(f"{len(found)} {how}" for how, found in parts.items() if found)

    def indexed(self, documents: Documents) -> Documents:
        """Return those of the documents that the Knowledge Base finds again, by asking it their own questions."""
        return frozenset(document for document in documents if self._finds(document))

    def _finds(self, document: UploadedDocument) -> bool:
        answer = self.session.client("bedrock-agent-runtime").retrieve(
            knowledgeBaseId=self.region.knowledge_base_id, retrievalQuery={"text": document.sample.question}
        )
        uri = f"s3://{self.region.documents_bucket}/{document.key}"
        return any(
            result.get("location", {}).get("s3Location", {}).get("uri") == uri for result in answer["retrievalResults"]
        )

    def _sweep_until(self, documents: Documents) -> None:
        deadline = time.monotonic() + BY_SWEEP_SECONDS
        while True:
            self._sweep()
            if documents <= self.indexed(documents):
                return
            if time.monotonic() > deadline:
                raise StandbyError(
                    f"The sweep led to no ingestion of {_names(documents)} within {BY_SWEEP_SECONDS:.0f} s"
                )
            time.sleep(BETWEEN_SWEEPS_SECONDS)

    def _sweep(self) -> None:
        function = self._function_arn()
        answer = self.session.client("lambda").invoke(FunctionName=function, Payload=json.dumps(self._event()).encode())
        if answer.get("FunctionError"):
            raise StandbyError(f"The sweep failed: {answer['Payload'].read().decode()[:300]}")

    def _function_arn(self) -> str:
        queue = self.region.ingest_queue_url.rsplit("/", 1)[-1]
        mappings = self.session.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        for mapping in mappings:
            if mapping["EventSourceArn"].rsplit(":", 1)[-1] == queue:
                return mapping["FunctionArn"]
        raise StandbyError(f"No function reads the queue {queue}")

    def _event(self) -> dict[str, object]:
        # The event of a schedule. Source: docs.aws.amazon.com, EventBridge, "Creating a rule that runs on a schedule".
        return {
            "version": "0",
            "id": "00000000-0000-0000-0000-000000000000",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "000000000000",
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "region": self.region.region,
            "resources": [],
            "detail": {},
        }


def _names(documents: Documents) -> str:
    return ", ".join(sorted(document.sample.name for document in documents))
