"""Wait until a Knowledge Base has indexed documents.

On AWS, a replica causes the same S3 event as an upload. In the emulator it causes none, and the scheduled sweep of the
`ingest` function finds it. A rehearsal does not wait minutes for the schedule but runs the sweep itself.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

import boto3

from standby.console import Progress
from standby.deadline import poll
from standby.deployment.manifest import Region
from standby.deployment.sweep import run_sweep
from standby.errors import StandbyError
from standby.rehearsal.checks.documents import UploadedDocument, wait_for

S3_EVENT_SECONDS: Final = 60.0
SWEEP_SECONDS: Final = 60.0
SWEEP_PAUSE_SECONDS: Final = 3.0

Documents = AbstractSet[UploadedDocument]


@dataclass(frozen=True, kw_only=True)
class Ingestion:
    """The ingestion of one region."""

    session: boto3.Session
    region: Region
    progress: Progress

    def wait(self, *, by_event: Documents, by_sweep: Documents) -> str:
        """Wait until the documents are indexed, and return in words how each was indexed.

        An S3 event alone must index those in `by_event`. Raises `StandbyError` when a document is not indexed in time.
        """
        if not by_event | by_sweep:
            raise StandbyError("No document was uploaded, so none can be ingested.")
        before = self.indexed(frozenset(document for document in by_sweep if not document.new))
        wait_for(
            lambda: True if by_event <= self.indexed(by_event) else None,
            seconds=S3_EVENT_SECONDS,
            missing=f"S3 events did not index {_names(by_event)} (see `standby rehearse logs ingest`)",
        )
        swept = by_sweep - self.indexed(by_sweep)
        if swept:
            self.progress.start(
                f"Running the sweep of ingest in {self.region.region}: in the emulator, replicas cause no S3 events"
            )
            self._sweep_until_indexed(swept)
        groups = {"before": before, "by S3 event": (by_event | by_sweep) - before - swept, "by sweep": swept}
        return "indexed: " + ", ".join(f"{len(found)} {how}" for how, found in groups.items() if found)

    def indexed(self, documents: Documents) -> Documents:
        """Return the documents that the Knowledge Base returns for their own questions."""
        return frozenset(document for document in documents if self._is_retrieved(document))

    def _is_retrieved(self, document: UploadedDocument) -> bool:
        response = self.session.client("bedrock-agent-runtime").retrieve(
            knowledgeBaseId=self.region.knowledge_base_id, retrievalQuery={"text": document.sample.question}
        )
        uri = f"s3://{self.region.documents_bucket}/{document.key}"
        return any(
            result.get("location", {}).get("s3Location", {}).get("uri") == uri
            for result in response["retrievalResults"]
        )

    def _sweep_until_indexed(self, documents: Documents) -> None:
        def sweep() -> bool:
            run_sweep(self.session.client("lambda"), self.region)
            return documents <= self.indexed(documents)

        if not poll(sweep, seconds=SWEEP_SECONDS, pause=SWEEP_PAUSE_SECONDS):
            raise StandbyError(f"The sweep did not index {_names(documents)} within {SWEEP_SECONDS:.0f} s")


def _names(documents: Documents) -> str:
    return ", ".join(sorted(document.sample.name for document in documents))
