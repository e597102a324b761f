"""Check the applied stack by using it: every check observes an effect, not a status."""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, partial
from http import HTTPStatus
from typing import Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from standby.console import Progress, Stopwatch
from standby.deadline import poll
from standby.deployment.concurrency import TIME_OUT, explain
from standby.deployment.manifest import ROLES, Manifest, Region, Role
from standby.deployment.sweep import run_sweep
from standby.errors import StandbyError
from standby.json_model import JsonModel
from standby.machine import with_load
from standby.rehearsal.checks.api import Api
from standby.rehearsal.checks.documents import (
    REPLICATION_SECONDS,
    SampleDocument,
    UploadedDocument,
    find_object,
    replicates,
    wait_for,
)
from standby.rehearsal.checks.sign_in import SignIn
from standby.rehearsal.files.json_files import parse_object
from standby.rehearsal.network.network import Client

SITE_FILES: Final = ("index.html", "config.json")
EDGE: Final = "edge"
PAGE_SECONDS: Final = 10.0
S3_EVENT_SECONDS: Final = 60.0
SWEEP_SECONDS: Final = 60.0
SWEEP_PAUSE_SECONDS: Final = 3.0

Documents = AbstractSet[UploadedDocument]


class Result(StrEnum):
    """The result of a check."""

    PASSED = "ok"
    FAILED = "failed"


class Check(JsonModel):
    """One check."""

    name: str = Field(description="the name of the check")
    role: Role | None = Field(description="the role of the region; null for a check of the edge")
    region: str = Field(description="the region; `edge` for a check of the edge")
    result: Result = Field(description="`ok` or `failed`")
    detail: str = Field(description="the observation of the check, or the error")
    seconds: float = Field(description="the duration of the check")


@dataclass(frozen=True)
class Verification:
    """The inputs of all checks: the deployment, a client, a session for each role, and the sample documents.

    `sign_in`: the user who asks; None if the rehearsal is open.
    """

    deployment: Manifest
    client: Client
    sessions: Mapping[Role, boto3.Session]
    samples: tuple[SampleDocument, ...]
    progress: Progress
    sign_in: SignIn | None = None

    def run(self) -> Iterator[Check]:
        """Yield each check as it ends: site, health, uploads, replication, ingestion, questions. None raises."""
        for role in ROLES:
            yield self._check("site files", role, partial(self._site_files, role))
            yield self._check("health", role, partial(self._health, role))
        yield self._check("page", None, self._page)
        yield self._check("config", None, self._config)
        uploaded: list[UploadedDocument] = []
        for sample in self.samples:
            role = sample.role if sample.role in self._replicating_roles else "primary"
            yield self._check("upload", role, partial(self._upload, sample, role, uploaded))
        for document in uploaded:
            if document.role in self._replicating_roles:
                destination = self.deployment.other(document.role).role
                yield self._check("replication", destination, partial(self._replication, document))
        for role in ROLES:
            yield self._check("ingestion", role, partial(self._ingestion, role, uploaded))
        for role in ROLES:
            yield self._check("question", role, partial(self._question, role, uploaded))

    def _check(self, name: str, role: Role | None, observe: Callable[[], str]) -> Check:
        region = self.deployment.regions[role].region if role else EDGE
        self.progress.start(f"Checking {name} in {region}" if role else f"Checking {name} through the edge")
        stopwatch = Stopwatch()
        try:
            result, detail = Result.PASSED, observe()
        except (StandbyError, ClientError) as error:
            result, detail = Result.FAILED, str(error)
        except (BotoCoreError, HTTPError) as error:
            result, detail = Result.FAILED, _describe_silence(error, region)
        seconds = round(stopwatch.seconds, 2)
        return Check(name=name, role=role, region=region, result=result, detail=detail, seconds=seconds)

    @cached_property
    def _replicating_roles(self) -> frozenset[Role]:
        return frozenset(role for role in ROLES if replicates(self.sessions[role], self.deployment.regions[role]))

    def _api(self, role: Role) -> Api:
        return Api(url=self.deployment.regions[role].api_url, client=self.client, sign_in=self.sign_in)

    def _site_files(self, role: Role) -> str:
        bucket = self.deployment.regions[role].frontend_bucket
        s3 = self.sessions[role].client("s3")
        for name in SITE_FILES:
            s3.head_object(Bucket=bucket, Key=name)
        return f"{' and '.join(SITE_FILES)} in {bucket}"

    def _health(self, role: Role) -> str:
        report = self._api(role).get("health")
        if report.get("status") != "healthy":
            raise StandbyError(f"GET /health: {report.get('status')}")
        return f"GET /health: healthy, {report.get('totalResponseTimeMs')} ms"

    def _page(self) -> str:
        url = f"{self.deployment.site.url}/"
        response = self._get(url)
        if "Content-Security-Policy" not in response.headers or b"<html" not in response.data:
            raise StandbyError(f"{url} is not an HTML page with a Content-Security-Policy")
        return f"{url} over TLS, {len(response.data)} bytes, with a Content-Security-Policy"

    def _config(self) -> str:
        url = f"{self.deployment.site.url}/config.json"
        content = self._get(url).data
        config = parse_object(content)
        by_url: dict[object, Region] = {region.api_url: region for region in self.deployment.regions.values()}
        serving = by_url.get(config.get("apiUrl"))
        if serving is None:
            raise StandbyError(f"{url} does not name an API of this deployment: {content[:200]!r}")
        return f"{url} names the API of the {serving.role} region, generation {config.get('generation')}"

    def _get(self, url: str) -> BaseHTTPResponse:
        response = self.client.request("GET", url, timeout=PAGE_SECONDS, cold=True)  # from the buckets, not a cache
        if response.status != HTTPStatus.OK:
            raise StandbyError(f"GET {url}: {response.status}")
        return response

    def _upload(self, sample: SampleDocument, role: Role, uploaded: list[UploadedDocument]) -> str:
        existing = find_object(self.sessions[role], self.deployment.regions[role], sample=sample)
        key = existing or self._api(role).upload(
            name=sample.name, content_type=sample.content_type, content=sample.content
        )
        uploaded.append(UploadedDocument(sample=sample, role=role, key=key, new=existing is None))
        return f"{sample.name} is in the bucket already" if existing else f"POST /upload, then {sample.name} to S3"

    def _replication(self, document: UploadedDocument) -> str:
        destination = self.deployment.other(document.role)
        session = self.sessions[destination.role]

        def replica_status() -> str | None:
            key = find_object(session, destination, sample=document.sample, key=document.key)
            if key is None:
                return None
            replica = session.client("s3").head_object(Bucket=destination.documents_bucket, Key=key)
            return replica.get("ReplicationStatus", "")

        missing = f"{document.sample.name} was not replicated"
        status = wait_for(replica_status, seconds=REPLICATION_SECONDS, missing=missing)
        return f"{document.sample.name} was replicated, status {status}"

    def _ingestion(self, role: Role, uploaded: list[UploadedDocument]) -> str:
        here = {document for document in uploaded if document.role == role or document.role in self._replicating_roles}
        ingestion = Ingestion(session=self.sessions[role], region=self.deployment.regions[role], progress=self.progress)
        return ingestion.wait(here)

    def _question(self, role: Role, uploaded: list[UploadedDocument]) -> str:
        document = self._document_for_question(role, uploaded)
        bucket = self.deployment.regions[role].documents_bucket
        answer = self._api(role).post("docs", {"question": document.sample.question})
        citations = answer.get("citations")
        cited = [part.get("uri") for part in citations if isinstance(part, dict)] if isinstance(citations, list) else []
        sample = document.sample
        if cited != [f"s3://{bucket}/{document.key}"]:
            raise StandbyError(f"The answer to {sample.question!r} does not cite {sample.name} alone: {cited}")
        if sample.answer not in str(answer.get("response")):
            raise StandbyError(
                f"The answer to {sample.question!r} does not say {sample.answer!r}: {answer.get('response')!r}"
            )
        origin = self.deployment.regions[document.role].region
        return f'says "{sample.answer}", cites {sample.name}, uploaded in {origin}'

    def _document_for_question(self, role: Role, uploaded: list[UploadedDocument]) -> UploadedDocument:
        replicas = [doc for doc in uploaded if doc.role != role and doc.role in self._replicating_roles]
        for document in (*replicas, *(doc for doc in uploaded if doc.role == role)):
            return document
        raise StandbyError("No document was uploaded, so no question can be asked.")


@dataclass(frozen=True, kw_only=True)
class Ingestion:
    """The ingestion of one region, observed until the Knowledge Base has indexed documents.

    An upload raises an S3 event, and so does its replica. A document that was in the bucket before this run raises none
    now. If the Knowledge Base is new, the scheduled sweep of `ingest` finds it. A rehearsal does not wait minutes for
    the schedule but runs the sweep itself.
    """

    session: boto3.Session
    region: Region
    progress: Progress

    def wait(self, documents: Documents) -> str:
        """Wait until the documents are indexed, and return in words how each was indexed.

        S3 events alone must index the new ones. Raises `StandbyError` when a document is not indexed in time.
        """
        if not documents:
            raise StandbyError("No document was uploaded, so none can be ingested.")
        new = frozenset(document for document in documents if document.new)
        before = self.indexed(documents - new)
        wait_for(
            lambda: True if new <= self.indexed(new) else None,
            seconds=S3_EVENT_SECONDS,
            missing=f"S3 events did not index {_names(new)} (see `standby rehearse logs ingest`)",
        )
        swept = documents - new - before
        if swept:
            self.progress.start(f"Running the sweep of ingest in {self.region.region} for documents of an earlier run")
            self._sweep_until_indexed(swept)
        groups = {"before": before, "by S3 event": new, "by sweep": swept}
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
            raise StandbyError(with_load(f"The sweep did not index {_names(documents)} within {SWEEP_SECONDS:.0f} s."))


def _describe_silence(error: Exception, region: str) -> str:
    """Return that a region or the edge did not answer; the time of the check says how long it waited."""
    why = explain(error)
    said = f"{'The edge' if region == EDGE else region} {why}."
    return with_load(said) if TIME_OUT in why.why else said


def _names(documents: Documents) -> str:
    return ", ".join(sorted(document.sample.name for document in documents))
