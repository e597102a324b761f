"""Check what was applied by using it: every check is an effect that was seen, not a status that was read."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from http import HTTPStatus
from typing import Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from standby.console import Progress
from standby.deployment.manifest import ROLES, Manifest, Role
from standby.errors import StandbyError
from standby.rehearsal.checks.api import Api
from standby.rehearsal.checks.documents import ARRIVAL_SECONDS, UploadedDocument, find_object, replicates, wait_for
from standby.rehearsal.checks.ingestion import Ingestion
from standby.rehearsal.checks.report import Check, Result
from standby.rehearsal.checks.samples import SampleDocument
from standby.rehearsal.network.network import Client

SIMULATED_VECTOR_STORE: Final = "opensearch-serverless"
"""A Knowledge Base on another vector store is made through Cloud Control, which the emulator stores without serving."""

SITE_FILES: Final = ("index.html", "config.json")
EDGE: Final = "the edge"
PAGE_SECONDS: Final = 10.0
NOT_SERVED: Final = "the emulator stores a Knowledge Base on this vector store without serving it"


@dataclass(frozen=True)
class Verification:
    """Everything that the checks need: what is deployed, a session for each region, the sample documents."""

    deployment: Manifest
    client: Client
    sessions: Mapping[Role, boto3.Session]
    samples: tuple[SampleDocument, ...]
    progress: Progress

    def run(self) -> Iterator[Check]:
        """Yield each check as it ends: site, health, uploads, replication, ingestion, questions. None raises."""
        for role in ROLES:
            yield self._check("site files", role, partial(self._site, role))
            yield self._served("health", role, partial(self._health, role))
        yield self._check("page", None, self._page)
        yield self._check("config", None, self._config)
        uploaded: list[UploadedDocument] = []
        for sample in self.samples:
            role = sample.role if sample.role in self._sources else "primary"
            yield self._check("upload", role, partial(self._upload, sample, role, uploaded))
        for document in uploaded:
            if document.role in self._sources:
                to = self.deployment.other(document.role).role
                yield self._check("replication", to, partial(self._replicated, document))
        for role in ROLES:
            yield self._served("ingestion", role, partial(self._ingested, role, uploaded))
        for role in ROLES:
            yield self._served("question", role, partial(self._answered, role, uploaded))

    def _check(self, name: str, role: Role | None, act: Callable[[], str]) -> Check:
        region = self.deployment.regions[role].region if role else EDGE
        self.progress.start(f"Checking {name} in {region}")
        began = time.monotonic()
        try:
            result, detail = Result.PASSED, act()
        except (StandbyError, ClientError, BotoCoreError, HTTPError) as error:
            result, detail = Result.FAILED, str(error)
        seconds = round(time.monotonic() - began, 2)
        return Check(name=name, role=role, region=region, result=result, detail=detail, seconds=seconds)

    def _served(self, name: str, role: Role, act: Callable[[], str]) -> Check:
        if self.deployment.vector_store == SIMULATED_VECTOR_STORE:
            return self._check(name, role, act)
        region = self.deployment.regions[role].region
        return Check(name=name, role=role, region=region, result=Result.NOT_SIMULATED, detail=NOT_SERVED, seconds=0)

    @cached_property
    def _sources(self) -> frozenset[Role]:
        return frozenset(role for role in ROLES if replicates(self.sessions[role], self.deployment.regions[role]))

    def _api(self, role: Role) -> Api:
        return Api(url=self.deployment.regions[role].api_url, client=self.client)

    def _site(self, role: Role) -> str:
        bucket = self.deployment.regions[role].frontend_bucket
        s3 = self.sessions[role].client("s3")
        for name in SITE_FILES:
            s3.head_object(Bucket=bucket, Key=name)
        return f"{' and '.join(SITE_FILES)} in {bucket}"

    def _health(self, role: Role) -> str:
        answer = self._api(role).get("health")
        if answer.get("status") != "healthy":
            raise StandbyError(f"GET /health says {answer.get('status')}")
        return f"GET /health in {answer.get('totalResponseTimeMs')} ms"

    def _page(self) -> str:
        url = f"{self.deployment.site_url}/"
        answer = self._asked(url)
        if "Content-Security-Policy" not in answer.headers or b"<html" not in answer.data:
            raise StandbyError(f"{url} is no page with a Content-Security-Policy")
        return f"{url} over TLS, {len(answer.data)} bytes, with its Content-Security-Policy"

    def _config(self) -> str:
        url = f"{self.deployment.site_url}/config.json"
        said = self._asked(url).data
        try:
            config = json.loads(said)
        except ValueError:
            config = None
        by_url = {region.api_url: region for region in self.deployment.regions.values()}
        named = by_url.get(config.get("apiUrl", "")) if isinstance(config, dict) else None
        if named is None:
            raise StandbyError(f"{url} names no API of this deployment: {said[:200]!r}")
        return f"{url} names the {named.role}'s API, generation {config.get('generation')}"

    def _asked(self, url: str) -> BaseHTTPResponse:
        answer = self.client.request("GET", url, timeout=PAGE_SECONDS, cold=True)  # what the buckets hold, not the edge
        if answer.status != HTTPStatus.OK:
            raise StandbyError(f"GET {url}: {answer.status}")
        return answer

    def _upload(self, sample: SampleDocument, role: Role, uploaded: list[UploadedDocument]) -> str:
        there = find_object(self.sessions[role], self.deployment.regions[role], sample=sample)
        key = there or self._api(role).upload(
            name=sample.name, content_type=sample.content_type, content=sample.content
        )
        uploaded.append(UploadedDocument(sample=sample, role=role, key=key, fresh=there is None))
        return f"{sample.name} was there already" if there else f"POST /upload, then {sample.name} to S3"

    def _replicated(self, document: UploadedDocument) -> str:
        to = self.deployment.other(document.role)
        s3 = self.sessions[to.role].client("s3")

        def arrived() -> str | None:
            found = find_object(self.sessions[to.role], to, sample=document.sample, key=document.key)
            return s3.head_object(Bucket=to.documents_bucket, Key=found).get("ReplicationStatus", "") if found else None

        status = wait_for(arrived, seconds=ARRIVAL_SECONDS, missing=f"{document.sample.name} did not arrive")
        return f"{document.sample.name} arrived, status {status}"

    def _ingested(self, role: Role, uploaded: list[UploadedDocument]) -> str:
        by_event = {document for document in uploaded if document.role == role and document.fresh}
        here = {document for document in uploaded if document.role == role or document.role in self._sources}
        ingestion = Ingestion(session=self.sessions[role], region=self.deployment.regions[role], progress=self.progress)
        return ingestion.wait(by_event=by_event, by_sweep=here - by_event)

    def _answered(self, role: Role, uploaded: list[UploadedDocument]) -> str:
        document = self._document_to_ask(role, uploaded)
        bucket = self.deployment.regions[role].documents_bucket
        answer = self._api(role).post("docs", {"question": document.sample.question})
        citations = answer.get("citations")
        cited = [part.get("uri") for part in citations if isinstance(part, dict)] if isinstance(citations, list) else []
        if not answer.get("response") or f"s3://{bucket}/{document.key}" not in cited:
            raise StandbyError(f"{document.sample.question!r} was answered without {document.sample.name}: {cited}")
        origin = self.deployment.regions[document.role].region
        return f"cites {document.sample.name}, uploaded in {origin}"

    def _document_to_ask(self, role: Role, uploaded: list[UploadedDocument]) -> UploadedDocument:
        from_there = [document for document in uploaded if document.role != role and document.role in self._sources]
        for document in (*from_there, *(document for document in uploaded if document.role == role)):
            return document
        raise StandbyError("No document was uploaded that could be asked for.")
