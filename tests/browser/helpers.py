"""What the browser tests share: a person in front of the page, and what they see."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, TypedDict
from urllib.parse import urlsplit

from playwright.sync_api import CDPSession, FilePayload, Locator, Page, Request, Route

from standby.manifest import ROLES, Role
from standby.rehearsal.core import Rehearsal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SECONDS: Final = 30.0
CONFIG: Final = "config.json"


class Config(TypedDict, total=False):
    """`config.json`, or what a test writes in its place."""

    apiUrl: object
    fallbackApiUrl: object
    region: object
    role: object
    generation: object


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it is shown, and how long it was waited for."""

    article: Locator
    seconds: float

    @property
    def text(self) -> str:
        return self.article.locator(".answer").inner_text()

    @property
    def region(self) -> str:
        return self.article.locator("footer").inner_text().partition("Answered from ")[2].partition(" ")[0]

    @property
    def sources(self) -> list[str]:
        return self.article.locator(".passage .name").all_inner_texts()


@dataclass(kw_only=True)
class Visitor:
    """One person with the page open in a browser of their own; `trouble` is what the page did wrong."""

    page: Page
    url: str
    requests: list[tuple[float, Request]] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.append((time.monotonic(), request)))
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("console", lambda said: self._heard(said.text))

    @cached_property
    def devtools(self) -> CDPSession:
        """What Chromium's own developer tools can do to the page's network."""
        return self.page.context.new_cdp_session(self.page)

    def upload_at(self, bytes_per_second: int) -> None:
        """Give the person a line that sends so much; -1 is as fast as it goes."""
        line = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
        self.devtools.send("Network.emulateNetworkConditions", line)

    def open(self) -> "Visitor":
        """Open the page and wait until it has read what it reads at the start."""
        self.page.goto(self.url)
        self.page.locator("#limits:not(:empty)").wait_for(state="attached")
        return self

    def ask(self, question: str, *, seconds: float = SECONDS) -> Answer:
        """Ask as a person does, and wait for the answer."""
        started = time.monotonic()
        article = self.begin(question)
        article.locator(".answer").wait_for(timeout=seconds * 1000)
        return Answer(article=article, seconds=time.monotonic() - started)

    def begin(self, question: str) -> Locator:
        """Ask, and do not wait."""
        asked = self.page.locator("article").count()
        self.page.locator("#question").fill(question)
        self.page.locator("#question").press("Enter")
        return self.page.locator("article").nth(asked)

    def upload(self, *files: FilePayload) -> None:
        self.page.locator("#files").set_input_files(list(files))

    def document(self, name: str) -> Locator:
        """Return the row of a document."""
        return self.page.locator("#list li").filter(has=self.page.locator(".name", has_text=name))

    def wait_until(self, name: str, state: str, *, seconds: float = SECONDS) -> None:
        """Wait until a document's row says so."""
        row = self.document(name).locator(".state").get_by_text(state, exact=True)
        row.wait_for(timeout=seconds * 1000)

    def until(self, seen: Callable[[], object], *, what: str, seconds: float = SECONDS) -> None:
        """Wait until `seen` returns something, while the page goes on; fail with `what` after so many seconds."""
        deadline = time.monotonic() + seconds
        while not seen():
            assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
            self.page.wait_for_timeout(20)

    @property
    def line(self) -> str:
        """The quiet line under the header, as it is now."""
        return self.page.locator("#line").inner_text()

    @property
    def region(self) -> str:
        return self.page.locator("#region").inner_text()

    def see(self, text: str, *, seconds: float = SECONDS) -> None:
        """Wait until the quiet line says so."""
        self.page.locator("#line").filter(has_text=text).wait_for(timeout=seconds * 1000)

    def see_region(self, region: str, *, seconds: float = SECONDS) -> None:
        """Wait until the page says that this region answers."""
        self.page.locator("#region").filter(has_text=region).wait_for(timeout=seconds * 1000)

    def asked_for(self, path: str, *, since: float = 0.0) -> list[Request]:
        """Return the requests for URLs that end so, preflights left out."""
        return [
            request
            for at, request in self.requests
            if at >= since and urlsplit(request.url).path.endswith(path) and request.method != "OPTIONS"
        ]

    def _heard(self, text: str) -> None:
        # Failed requests are reported too, and many a test makes them fail. What the page's policy stops is a mistake.
        if "Content Security Policy" in text or "TrustedHTML" in text:
            self.trouble.append(text)


def text_file(name: str, content: bytes, kind: str = "text/plain") -> FilePayload:
    """Make a file as a person has it on their disk."""
    return {"name": name, "mimeType": kind, "buffer": content}


def answer_with(
    visitor: Visitor, text: str, citations: Sequence[Mapping[str, object]] = (), *, api_url: str = "**/prod/"
) -> None:
    """Have the API answer questions with this; its own answers are the emulated model's, the same for everything."""

    def fulfill(route: Route) -> None:
        region = (urlsplit(route.request.url).hostname or "").split(".")[2]
        answer = {"response": text, "citations": list(citations), "citation": "", "sessionId": "s", "region": region}
        route.fulfill(json=answer, headers={"Access-Control-Allow-Origin": visitor.url})

    visitor.page.route(f"{api_url}docs", fulfill)


def lose_the_answer(visitor: Visitor, url_pattern: str, then: Callable[[], None]) -> None:
    """Have the answer to the next POST of this pattern lost on its way: it was carried out, and nobody knows.

    `then` is what happens in that moment.
    """
    devtools = visitor.devtools

    def lose(event: dict[str, Any]) -> None:
        if event["request"]["method"] != "POST":
            devtools.send("Fetch.continueRequest", {"requestId": event["requestId"]})
            return
        then()
        devtools.send("Fetch.failRequest", {"requestId": event["requestId"], "errorReason": "ConnectionReset"})
        devtools.send("Fetch.disable")

    devtools.on("Fetch.requestPaused", lose)
    devtools.send("Fetch.enable", {"patterns": [{"urlPattern": url_pattern, "requestStage": "Response"}]})


def read_configs(rehearsal: Rehearsal) -> dict[Role, str | None]:
    """Return `config.json` of both buckets, None where there is none."""
    return {role: _object(rehearsal, role) for role in ROLES}


def write_config(rehearsal: Rehearsal, content: Config | str | None, *roles: Role) -> None:
    """Write `config.json` to both buckets, or to these roles'; None removes it."""
    for role in roles or ROLES:
        s3 = _s3(rehearsal, role)
        bucket = rehearsal.deployment.regions[role].frontend_bucket
        if content is None:
            s3.delete_object(Bucket=bucket, Key=CONFIG)
            continue
        body = content if isinstance(content, str) else json.dumps(content)
        s3.put_object(
            Bucket=bucket, Key=CONFIG, Body=body.encode(), ContentType="application/json", CacheControl="no-store"
        )


def documents_named(rehearsal: Rehearsal, role: Role, name: str) -> list[str]:
    """Return the keys of a region's documents that end in this file name."""
    s3 = _s3(rehearsal, role)
    bucket = rehearsal.deployment.regions[role].documents_bucket
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [entry["Key"] for page in pages for entry in page.get("Contents", []) if entry["Key"].endswith(f"/{name}")]


def wait_for(seen: Callable[[], object], *, what: str, seconds: float = SECONDS) -> None:
    """Wait until `seen` returns something; fail with `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


def _object(rehearsal: Rehearsal, role: Role) -> str | None:
    s3 = _s3(rehearsal, role)
    try:
        found = s3.get_object(Bucket=rehearsal.deployment.regions[role].frontend_bucket, Key=CONFIG)
    except s3.exceptions.NoSuchKey:
        return None
    return found["Body"].read().decode()


@cache
def _s3(rehearsal: Rehearsal, role: Role) -> "S3Client":
    """Return a client that is made once: that takes longer than what most tests ask of it."""
    return rehearsal.session(role).client("s3")
