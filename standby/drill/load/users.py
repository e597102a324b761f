"""The requests of simulated users, as the page sends them: by AWS host names only.

Before a question, a user reads `/config.json` through the edge. An open page uses the highest generation that it has
seen. A new visitor has seen none and uses the one that it reads. Neither uses `fallbackApiUrl`, because the drill
measures the failover by command. The scenario `browser` measures what the page does by itself.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Protocol, Unpack
from urllib.parse import urljoin

import urllib3

from standby.deployment.answers import DeadlineExceededError
from standby.deployment.api_call import call_with_deadline
from standby.deployment.routing_config import ConfigHistory, RoutingConfig, parse_config
from standby.drill.measure.documents import CONTENT_TYPE, document_text, file_name, new_word
from standby.drill.measure.records import Answer, Result
from standby.rehearsal.checks.sign_in import SignInError
from standby.rehearsal.files.json_files import parse_object
from standby.rehearsal.network.network import FormField, RequestOptions

PAGE_SECONDS: Final = 45.0
CONFIG_SECONDS: Final = 3.0
API_SECONDS: Final = 5.0
"""How long a user waits for the whole answer. For a page it is longer than the 30 s for which CloudFront waits for S3,
so that the drill measures how long the page took."""

STORED: Final = HTTPStatus.NO_CONTENT
"""S3's status for a form that stored a document. Another server in front of it may answer 200.
Source: docs.aws.amazon.com, Amazon S3 API Reference, "POST Object", `success_action_status`."""

VERSION_HEADER: Final = "x-amz-version-id"
"""S3 answers with the version id of the object. Each bucket has its own, so it identifies the bucket of a page."""


class SiteClient(Protocol):
    """A client for the public host names of the deployment."""

    def request(
        self, method: str, url: str, *, timeout: float = API_SECONDS, **options: Unpack[RequestOptions]
    ) -> urllib3.BaseHTTPResponse:
        """Send one request, without retries. Raises urllib3's `HTTPError`."""


@dataclass(kw_only=True)
class Users:
    """The simulated users. A good answer to `question` cites `canary_key`, if that is given.

    `page_versions` maps the version ids of the start page to the regions of their buckets.
    """

    client: SiteClient
    site_url: str
    paths: Sequence[str] = ("/",)
    question: str = "What do the documents say?"
    canary_key: str = ""
    page_versions: Mapping[str, str] = field(default_factory=dict)
    _history: ConfigHistory = field(default_factory=ConfigHistory)
    _cold_pages: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def page(self, *, cold: bool = False) -> Answer:
        """Open the start page; if `cold`, one of the site's files, from an edge location that has not cached it."""
        with self._lock:
            self._cold_pages += cold
            path = self.paths[self._cold_pages % len(self.paths) if cold else 0]
        answer = self._send("GET", urljoin(self.site_url, path), timeout=PAGE_SECONDS, cold=cold)
        if isinstance(answer, Answer):
            return answer
        good = answer.status == HTTPStatus.OK and bool(answer.data)
        region = self.page_versions.get(answer.headers.get(VERSION_HEADER, ""), "")
        return _answered(answer, good=good, region=region)

    def ask(self, *, timeout: float = API_SECONDS, new_visitor: bool = False) -> Answer:
        """Read `config.json`, then ask the API that it names. A new visitor has read no `config.json` before."""
        config = self._read_config() if new_visitor else self._current_config()
        if config is None:
            return Answer(result=Result.ERROR, detail="no config.json could be read")
        body = json.dumps({"question": self.question}).encode()
        answer = self._post(config, "docs", body, timeout=timeout)
        if isinstance(answer, Answer):
            return answer
        value = parse_object(answer.data)
        cited = json.dumps(value.get("citations", ""))
        good = answer.status == HTTPStatus.OK and bool(value.get("response")) and self.canary_key in cited
        return _answered(answer, good=good, region=value.get("region"), generation=config.generation or 0)

    def upload(self) -> Answer:
        """Upload a document with a unique word: POST /upload, then the presigned POST to S3."""
        config = self._current_config()
        if config is None:
            return Answer(result=Result.ERROR, detail="no config.json could be read")
        word = new_word()
        content = document_text(word)
        body = {"fileName": file_name(word), "fileType": CONTENT_TYPE, "fileSize": len(content)}
        answer = self._post(config, "upload", json.dumps(body).encode())
        if isinstance(answer, Answer):
            return answer
        form = parse_object(answer.data)
        url, fields, key = form.get("uploadUrl"), form.get("fields"), form.get("key")
        if not isinstance(url, str) or not isinstance(fields, dict) or not isinstance(key, str):
            return _answered(answer, good=False)
        sent: dict[str, FormField] = {**fields, "file": (file_name(word), content, CONTENT_TYPE)}
        stored = self._send("POST", url, fields=sent)
        if isinstance(stored, Answer):
            return stored
        good = stored.status == STORED
        return _answered(stored, good=good, generation=config.generation or 0, key=key, word=word)

    def _read_config(self) -> RoutingConfig | None:
        answer = self._send("GET", urljoin(self.site_url, "/config.json"), timeout=CONFIG_SECONDS)
        if isinstance(answer, Answer) or answer.status != HTTPStatus.OK:
            return None
        try:
            return parse_config(answer.data)
        except ValueError:
            return None

    def _current_config(self) -> RoutingConfig | None:
        read = self._read_config()
        with self._lock:
            self._history = self._history.after(read)
            return self._history.config

    def _post(
        self, config: RoutingConfig, path: str, body: bytes, *, timeout: float = API_SECONDS
    ) -> urllib3.BaseHTTPResponse | Answer:
        headers = {"Content-Type": "application/json"}
        return self._send("POST", urljoin(config.api_url, path), headers=headers, body=body, timeout=timeout)

    def _send(
        self, method: str, url: str, *, timeout: float = API_SECONDS, **options: Unpack[RequestOptions]
    ) -> urllib3.BaseHTTPResponse | Answer:
        # urllib3's time-out counts from byte to byte, but a user does not wait for each byte.
        try:
            return call_with_deadline(
                lambda: self.client.request(method, url, timeout=timeout, **options), seconds=timeout
            )
        except SignInError as error:
            return Answer(result=Result.ERROR, detail=error.message)
        except (urllib3.exceptions.HTTPError, DeadlineExceededError) as error:
            return Answer(result=Result.NO_ANSWER, detail=f"{method} {url}: {type(error).__name__}")


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
