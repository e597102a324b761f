"""Helpers for the end-to-end tests: documents with unique content, and waiting for effects."""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import urllib3

from standby.deployment.manifest import Role
from standby.deployment.sweep import sweep_event
from standby.rehearsal.network.network import FormField, local_target
from standby.rehearsal.rehearsal import Rehearsal

ROOT: Final = Path(__file__).resolve().parents[2]
SETTINGS: Final = Path(__file__).parent / "e2e.toml"
SIGNED_IN_SETTINGS: Final = Path(__file__).parent / "signed_in.toml"
SECONDS: Final = 60.0

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Document:
    """A text with one unusual word that no other document has."""

    word: str = field(default_factory=lambda: f"word{uuid.uuid4().hex}")

    @property
    def name(self) -> str:
        return f"{self.word}.txt"

    @property
    def content(self) -> bytes:
        return f"The handbook says that {self.word} must be renewed every seventeen days.".encode()

    @property
    def question(self) -> str:
        return f"How often must {self.word} be renewed?"


def wait_for(seen: Callable[[], T | None], *, what: str, seconds: float = SECONDS) -> T:
    """Return the first result of `seen` that is not None; fail with `what` after this many seconds."""
    deadline = time.monotonic() + seconds
    while not (value := seen()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.25)
    return value


def upload(rehearsal: Rehearsal, role: Role, document: Document) -> str:
    """Upload through the API of one region, as the site does; return the document's key."""
    return rehearsal.api(role).upload(name=document.name, content_type="text/plain", content=document.content)


def call(
    rehearsal: Rehearsal, role: Role, method: str, path: str, *, body: bytes | None = None
) -> urllib3.BaseHTTPResponse:
    """Call one region's API and return its answer, whatever the status."""
    url = rehearsal.deployment.regions[role].api_url + path
    return send(method, url, endpoint=rehearsal.endpoint, body=body, headers={"Content-Type": "application/json"})


def send(
    method: str,
    url: str,
    *,
    endpoint: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    fields: Mapping[str, FormField] | None = None,
) -> urllib3.BaseHTTPResponse:
    """Send one request directly to the emulator, for any AWS host in the URL. Faults do not affect it."""
    target = local_target(url, endpoint=endpoint)
    sent = {**(headers or {}), **({"Host": target.host} if target.host else {})}
    if fields is not None:
        return urllib3.request(method, target.url, fields=fields, headers=sent, timeout=30.0, retries=False)
    return urllib3.request(method, target.url, body=body, headers=sent, timeout=30.0, retries=False)


def ask(rehearsal: Rehearsal, role: Role, question: str) -> Mapping[str, Any]:
    """Ask one region's API; the answer must have status 200."""
    answer = call(rehearsal, role, "POST", "docs", body=json.dumps({"question": question}).encode())
    assert answer.status == 200, answer.data
    value: dict[str, Any] = json.loads(answer.data)
    return value


def cites(rehearsal: Rehearsal, role: Role, document: Document, key: str) -> Mapping[str, Any] | None:
    """Return the answer if it cites the document in the region's own bucket, with its text; otherwise None."""
    answer = ask(rehearsal, role, document.question)
    uri = f"s3://{rehearsal.deployment.regions[role].documents_bucket}/{key}"
    found = [part for part in answer["citations"] if part["uri"] == uri and document.word in part["text"]]
    return answer if found else None


def sweep(rehearsal: Rehearsal, role: Role) -> Mapping[str, Any]:
    """Invoke one region's `ingest` as its schedule does; return the invocation's error, or ""."""
    client = rehearsal.session(role).client("lambda")
    name = f"{rehearsal.deployment.name}-ingest"
    event = sweep_event(rehearsal.deployment.regions[role].region)
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    payload = json.loads(answer["Payload"].read() or b"null")
    return payload if answer.get("FunctionError") else {}
