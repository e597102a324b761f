"""What users do, one request at a time, as the page does it: everything by the AWS host names, nothing by our own.

A question reads `/config.json` through the edge first and obeys the highest generation that was ever seen, as an open
page does; a new visitor's obeys what it reads, for nobody has told it anything before. Neither uses `fallbackApiUrl`:
the drill measures the failover that a command does; what the page does by itself is the scenario `browser`.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import urljoin

import urllib3

from standby.drill.measure.documents import CONTENT_TYPE, document_text, file_name, new_word
from standby.drill.measure.records import Result
from standby.rehearsal.network.network import FormField

PAGE_SECONDS: Final = 45.0
CONFIG_SECONDS: Final = 3.0
API_SECONDS: Final = 5.0
"""How long a person's patience lasts. A page's is longer than the 30 s for which CloudFront waits for S3, or the drill
could not tell how long the page really took."""


VERSION_HEADER: Final = "x-amz-version-id"
"""S3 names the version of what it serves, and each bucket gives its own: so a page tells where it came from."""


class Asks(Protocol):
    """A client that reaches the deployment by its public host names. Raises urllib3's `HTTPError`."""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        fields: Mapping[str, FormField] | None = None,
        timeout: float = API_SECONDS,
        cold: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        """Send one request, without retries; `cold`: past whatever the edge has cached."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a user got."""

    result: Result
    status: int = 0
    region: str = ""
    generation: int = 0
    key: str = ""
    word: str = ""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Serving:
    """Which API a page asks: that of the `config.json` with the highest generation; a hand-made one has none."""

    api_url: str
    generation: int = 0

    @classmethod
    def read(cls, text: bytes) -> "Serving | None":
        """Return what a `config.json` says, None where it cannot be understood."""
        try:
            value = json.loads(text)
            url, generation = value["apiUrl"], value.get("generation", 0)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        usable = isinstance(url, str) and url.startswith("https://") and isinstance(generation, int)
        return cls(api_url=url, generation=generation) if usable else None


def obeyed(known: Serving | None, read: Serving | None) -> Serving | None:
    """Return which of the two a page obeys: the higher generation, what was just read between equals.

    One made by hand has no generation and is obeyed as it stands.
    """
    if known is None or read is None:
        return read or known
    return read if read.generation == 0 or read.generation >= known.generation else known


@dataclass(kw_only=True)
class Users:
    """Everybody who uses the site. `question` must be answered with a citation of `canary_key`, where that is given.

    `page_versions`: the version ids of the start page, and the region whose bucket has each.
    """

    client: Asks
    site_url: str
    paths: Sequence[str] = ("/",)
    question: str = "What do the documents say?"
    canary_key: str = ""
    page_versions: Mapping[str, str] = field(default_factory=dict)
    _known: Serving | None = None
    _asked: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def page(self, *, cold: bool = False) -> Answer:
        """Open the page, or (cold) one of the site's files from an edge that has never seen it."""
        answer = self._send("GET", self._next_url(cold=cold), timeout=PAGE_SECONDS, cold=cold)
        if isinstance(answer, Answer):
            return answer
        good = answer.status == HTTPStatus.OK and bool(answer.data)
        region = self.page_versions.get(answer.headers.get(VERSION_HEADER, ""), "")
        return _answered(answer, good=good, region=region)

    def ask(self, *, patience: float = API_SECONDS, new: bool = False) -> Answer:
        """Read `config.json`, then put the question to the API that it names; `new`: as one who was never here."""
        serving = self._read() if new else self._serving()
        if serving is None:
            return Answer(result=Result.ERROR, detail="no config.json was read")
        body = json.dumps({"question": self.question}).encode()
        answer = self._post(serving, "docs", body, timeout=patience)
        if isinstance(answer, Answer):
            return answer
        value = _object(answer.data)
        cited = json.dumps(value.get("citations", ""))
        good = answer.status == HTTPStatus.OK and bool(value.get("response")) and self.canary_key in cited
        return _answered(answer, good=good, region=value.get("region"), generation=serving.generation)

    def upload(self) -> Answer:
        """Upload a document whose one unusual word no other has: POST /upload, then the presigned POST to S3."""
        serving = self._serving()
        if serving is None:
            return Answer(result=Result.ERROR, detail="no config.json was ever read")
        return self._upload(serving, new_word())

    def _upload(self, serving: Serving, word: str) -> Answer:
        content = document_text(word)
        body = {"fileName": file_name(word), "fileType": CONTENT_TYPE, "fileSize": len(content)}
        answer = self._post(serving, "upload", json.dumps(body).encode())
        if isinstance(answer, Answer):
            return answer
        form = _object(answer.data)
        url, fields, key = form.get("uploadUrl"), form.get("fields"), form.get("key")
        if not isinstance(url, str) or not isinstance(fields, dict) or not isinstance(key, str):
            return _answered(answer, good=False)
        sent: dict[str, FormField] = {**fields, "file": (file_name(word), content, CONTENT_TYPE)}
        stored = self._send("POST", url, fields=sent)
        if isinstance(stored, Answer):
            return stored
        good = HTTPStatus.OK <= stored.status < HTTPStatus.MULTIPLE_CHOICES
        return _answered(stored, good=good, generation=serving.generation, key=key, word=word)

    def _read(self) -> Serving | None:
        answer = self._send("GET", urljoin(self.site_url, "/config.json"), timeout=CONFIG_SECONDS)
        if isinstance(answer, Answer) or answer.status != HTTPStatus.OK:
            return None
        return Serving.read(answer.data)

    def _serving(self) -> Serving | None:
        read = self._read()
        with self._lock:
            self._known = obeyed(self._known, read)
            return self._known

    def _post(
        self, serving: Serving, path: str, body: bytes, *, timeout: float = API_SECONDS
    ) -> urllib3.BaseHTTPResponse | Answer:
        headers = {"Content-Type": "application/json"}
        return self._send("POST", urljoin(serving.api_url, path), headers=headers, body=body, timeout=timeout)

    def _send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        fields: Mapping[str, FormField] | None = None,
        timeout: float = API_SECONDS,
        cold: bool = False,
    ) -> urllib3.BaseHTTPResponse | Answer:
        try:
            return self.client.request(
                method, url, headers=headers, body=body, fields=fields, timeout=timeout, cold=cold
            )
        except urllib3.exceptions.HTTPError as error:
            return Answer(result=Result.NO_ANSWER, detail=f"{method} {url}: {type(error).__name__}")

    def _next_url(self, *, cold: bool) -> str:
        if not cold:
            return urljoin(self.site_url, self.paths[0])
        with self._lock:
            self._asked += 1
            return urljoin(self.site_url, self.paths[self._asked % len(self.paths)])


def _object(data: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _answered(
    response: urllib3.BaseHTTPResponse,
    *,
    good: bool,
    region: object = "",
    generation: int = 0,
    key: str = "",
    word: str = "",
) -> Answer:
    detail = "" if good else response.data[:160].decode("utf-8", errors="replace")
    result = Result.OK if good else Result.ERROR
    named = region if isinstance(region, str) else ""
    return Answer(
        result=result,
        status=response.status,
        region=named,
        generation=generation,
        key=key if good else "",
        word=word if good else "",
        detail=detail,
    )
