"""Helpers for the browser tests: a user's browser, the answers of the API, and `config.json`."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict, cast
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import CDPSession, FilePayload, Locator, Page, Request, Route

from standby.deployment.manifest import ROLES, Role
from standby.rehearsal.rehearsal import Rehearsal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Color = tuple[int, int, int]

ROOT: Final = Path(__file__).resolve().parents[2]
SAMPLES: Final = ROOT / "examples" / "documents"
SECONDS: Final = 30.0
CONFIG: Final = "config.json"
ANSWER: Final = """\
The **primary engineer** of the week is called first, and has ten minutes to acknowledge [1].

1. The alarm goes to the primary engineer's phone.
2. Without an answer, the *secondary* engineer is called.
3. Then the duty manager decides; see the table.

| Minutes | Who | How |
| --- | --- | --- |
| 0 | primary | phone |
| 10 | secondary | phone |
| 20 | duty manager | `page --all` |

Hotel and travel costs are covered by the expense policy [2].
"""
CITATIONS: Final[tuple[Mapping[str, object], ...]] = (
    {
        "uri": "s3://docs/uploads/1/on-call-handbook.txt",
        "text": (SAMPLES / "on-call-handbook.txt").read_text(encoding="utf-8")[:600],
        "score": 0.8431,
    },
    {"uri": "s3://docs/uploads/2/expense-policy.md", "text": "Travel on call is paid in full.", "score": 0.6127},
)
DELAYED_STORAGE: Final = """\
const real = localStorage;
let view = {...real};
const current = () => view ?? real;
const write = (change) => {
  if (view) change(view);
  change(real);
};
const methods = {
  getItem: (key) => current()[key] ?? null,
  setItem: (key, value) => write((area) => (area[key] = `${value}`)),
  removeItem: (key) => write((area) => delete area[key]),
};
const fake = new Proxy({}, {
  get: (_, key) => methods[key] ?? current()[key],
  ownKeys: () => Reflect.ownKeys(current()),
  getOwnPropertyDescriptor: (_, key) => ({ value: current()[key], enumerable: true, configurable: true }),
});
Object.defineProperty(globalThis, "localStorage", { value: fake });
addEventListener("storage", (event) => view && event.stopImmediatePropagation());
globalThis.deliverStorage = () => {
  view = null;
  dispatchEvent(new StorageEvent("storage", { key: null }));
};
"""
_MAX_COLORS: Final = 256
_MIN_DISTANCE: Final = 6  # of 255 for each of red, green and blue


class Config(TypedDict, total=False):
    """`config.json`, or what a test writes in its place."""

    apiUrl: object
    fallbackApiUrl: object
    region: object
    role: object
    generation: object


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as the page shows it, and the seconds until it was shown."""

    article: Locator
    seconds: float

    @property
    def text(self) -> str:
        return self.article.locator(".answer").inner_text()

    @property
    def region(self) -> str:
        return self.article.locator("footer .region").text_content() or ""

    @property
    def sources(self) -> list[str]:
        return self.article.locator(".passage .name").all_inner_texts()


@dataclass(kw_only=True)
class Visitor:
    """A user with the page open in a tab; `errors` are those that the page itself caused."""

    page: Page
    url: str
    requests: list[tuple[float, Request]] = field(default_factory=list)
    ended: list[Request] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.append((time.monotonic(), request)))
        # Playwright takes no built-in function.
        self.page.on("requestfinished", lambda request: self.ended.append(request))  # noqa: PLW0108
        self.page.on("requestfailed", lambda request: self.ended.append(request))  # noqa: PLW0108
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self._record_violation(message.text))

    @cached_property
    def devtools(self) -> CDPSession:
        """Chromium's developer tools for this page."""
        return self.page.context.new_cdp_session(self.page)

    def limit_upload(self, bytes_per_second: int) -> None:
        """Limit the bandwidth of uploads; -1 removes the limit."""
        conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
        self.devtools.send("Network.emulateNetworkConditions", conditions)

    def open(self) -> "Visitor":
        """Open the page and wait until it has read config.json and limits.json."""
        self.page.goto(self.url)
        self.page.locator("#limits:not(:empty)").wait_for(state="attached")
        self.page.locator("#configuration:not(:empty)").wait_for(state="attached")
        return self

    def ask(self, question: str, *, seconds: float = SECONDS) -> Answer:
        """Ask a question and wait for the answer."""
        started = time.monotonic()
        article = self.submit(question)
        article.locator(".answer").wait_for(timeout=seconds * 1000)
        return Answer(article=article, seconds=time.monotonic() - started)

    def submit(self, question: str) -> Locator:
        """Submit a question and return its article immediately."""
        number = self.page.locator("article").count()
        self.page.locator("#question").fill(question)
        self.page.locator("#question").press("Enter")
        return self.page.locator("article").nth(number)

    def upload(self, *files: FilePayload) -> None:
        self.page.locator("#files").set_input_files(list(files))

    def document(self, name: str) -> Locator:
        """Return the row of a document."""
        return self.page.locator("#list li").filter(has=self.page.locator(".name", has_text=name))

    def wait_for_state(self, name: str, state: str, *, seconds: float = SECONDS) -> None:
        """Wait until a document's row shows the state."""
        row = self.document(name).locator(".state").get_by_text(state, exact=True)
        row.wait_for(timeout=seconds * 1000)

    def wait_until(self, condition: Callable[[], object], *, what: str, seconds: float = SECONDS) -> None:
        """Wait until `condition` is true, while the page runs; fail with `what` after `seconds`."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
            self.page.wait_for_timeout(20)

    def wait_until_idle(self) -> None:
        """Wait until every request has ended, however busy the machine is."""
        self.wait_until(lambda: len(self.ended) >= len(self.requests), what="every request has ended")

    @property
    def status_line(self) -> str:
        """The status line under the header, as it is now."""
        return self.page.locator("#line").inner_text()

    @property
    def region(self) -> str:
        """The region that answers. The page shows it among the technical details, which are closed."""
        return (self.page.locator("#region").text_content() or "").partition(",")[0]

    def wait_for_status(self, text: str, *, seconds: float = SECONDS) -> None:
        """Wait until the status line contains the text."""
        self.page.locator("#line").filter(has_text=text).wait_for(timeout=seconds * 1000)

    def wait_for_region(self, region: str, *, seconds: float = SECONDS) -> None:
        """Wait until the page shows the region as the serving one."""
        self.page.locator("#region").filter(has_text=region).wait_for(state="attached", timeout=seconds * 1000)

    def requests_to(self, path: str, *, since: float = 0.0) -> list[Request]:
        """Return the requests to URLs whose path ends with `path`, without preflight requests."""
        return [
            request
            for at, request in self.requests
            if at >= since and urlsplit(request.url).path.endswith(path) and request.method != "OPTIONS"
        ]

    def _record_violation(self, text: str) -> None:
        # The console also reports failed requests, which many tests cause on purpose. A policy violation is a bug.
        if "Content Security Policy" in text or "TrustedHTML" in text:
            self.errors.append(text)


def text_file(name: str, content: bytes, kind: str = "text/plain") -> FilePayload:
    """Return a file as a user chooses it."""
    return {"name": name, "mimeType": kind, "buffer": content}


def answer_with(
    visitor: Visitor, text: str, citations: Sequence[Mapping[str, object]] = (), *, api_url: str = "**/prod/"
) -> None:
    """Answer every question with this text, which no document of the rehearsal has."""

    def fulfill(route: Route) -> None:
        region = (urlsplit(route.request.url).hostname or "").split(".")[2]
        answer = {"response": text, "citations": list(citations), "citation": "", "sessionId": "s", "region": region}
        route.fulfill(json=answer, headers={"Access-Control-Allow-Origin": visitor.url})

    visitor.page.route(f"{api_url}docs", fulfill)


def lose_response(visitor: Visitor, url_pattern: str, then: Callable[[], None]) -> None:
    """Call `then` and drop the response to the next POST of this pattern: the request was carried out."""
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


def hold_requests(visitor: Visitor, pattern: str) -> tuple[list[Route], Callable[[], None]]:
    """Hold the requests of a pattern. Return their list, and a function that releases them and ends the hold."""
    held: list[Route] = []
    visitor.page.route(pattern, lambda route: held.append(route))  # noqa: PLW0108 - Playwright takes no built-in

    def release() -> None:
        for route in held:
            route.continue_()
        visitor.page.unroute(pattern)

    return held, release


def stored_documents(visitor: Visitor) -> list[dict[str, Any]]:
    """Return the uploads that the browser stores, newest first."""
    documents = _stored(visitor, "ask.document.")
    return sorted(documents.values(), key=lambda one: float(one["addedAt"]), reverse=True)


def stored_configs(visitor: Visitor) -> dict[str, dict[str, Any]]:
    """Return the configurations that the browser stores, by the highest generation seen."""
    return _stored(visitor, "ask.config.")


def delay_storage(visitor: Visitor) -> None:
    """Let the tab, before it is opened, know of no change of another tab until `deliver_storage`.

    Tabs are processes. A busy machine delays what each of them learns of the browser's storage.
    """
    visitor.page.add_init_script(DELAYED_STORAGE)


def deliver_storage(visitor: Visitor) -> None:
    """Let the tab know of all changes of other tabs."""
    visitor.page.evaluate("deliverStorage()")


def answer_ingestion_status(visitor: Visitor, *jobs: Mapping[str, object]) -> None:
    """Answer /ingestion-status with these jobs."""
    visitor.page.unroute("**/prod/ingestion-status")
    answer = {"region": "us-west-2", "jobs": jobs}
    headers = {"Access-Control-Allow-Origin": visitor.url}
    visitor.page.route("**/prod/ingestion-status", lambda route: route.fulfill(json=answer, headers=headers))


def config_for(rehearsal: Rehearsal, role: Role, *, generation: int) -> Config:
    """Return the `config.json` that sends users to `role`."""
    serving, other = rehearsal.deployment.regions[role], rehearsal.deployment.other(role)
    return {
        "apiUrl": serving.api_url,
        "fallbackApiUrl": other.api_url,
        "region": serving.region,
        "role": role,
        "generation": generation,
    }


def read_configs(rehearsal: Rehearsal) -> dict[Role, str | None]:
    """Return `config.json` of both buckets; None if a bucket has none."""
    return {role: _read_config(rehearsal, role) for role in ROLES}


def write_config(rehearsal: Rehearsal, content: Config | str | None, *roles: Role) -> None:
    """Write `config.json` to both buckets, or to those of `roles`; None deletes it."""
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
    """Return the keys of a region's documents with this file name."""
    s3 = _s3(rehearsal, role)
    bucket = rehearsal.deployment.regions[role].documents_bucket
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [entry["Key"] for page in pages for entry in page.get("Contents", []) if entry["Key"].endswith(f"/{name}")]


def wait_for(condition: Callable[[], object], *, what: str, seconds: float = SECONDS) -> None:
    """Wait until `condition` is true; fail with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


def reduce_colors(screenshot: bytes, required: Iterable[Color] = ()) -> bytes:
    """Return the screenshot as a PNG with 256 colors, which is a third of the size.

    The palette has the `required` colors of the screenshot, then the most frequent ones that differ from all before
    them. Otherwise the many shades at the edges of letters would replace a color that few pixels have.
    """
    image = Image.open(BytesIO(screenshot)).convert("RGB")
    pixels = cast("tuple[Color, ...]", image.get_flattened_data())
    by_frequency = [color for color, _ in Counter(pixels).most_common()]
    palette = _select_colors(by_frequency, required)
    # Not `Image.quantize`: its color cache maps white to a palette color near it, even if white is in the palette.
    index = {color: palette.index(min(palette, key=partial(_squared_distance, color))) for color in by_frequency}
    reduced = Image.new("P", image.size)
    reduced.putpalette([channel for color in palette for channel in color])
    reduced.putdata([index[color] for color in pixels])
    content = BytesIO()
    reduced.save(content, "PNG", optimize=True)
    return content.getvalue()


def _stored(visitor: Visitor, prefix: str) -> dict[str, dict[str, Any]]:
    """Return the stored values by the rest of their keys."""
    stored: dict[str, str] = visitor.page.evaluate("({...localStorage})")
    return {key.removeprefix(prefix): json.loads(value) for key, value in stored.items() if key.startswith(prefix)}


def _read_config(rehearsal: Rehearsal, role: Role) -> str | None:
    s3 = _s3(rehearsal, role)
    try:
        found = s3.get_object(Bucket=rehearsal.deployment.regions[role].frontend_bucket, Key=CONFIG)
    except s3.exceptions.NoSuchKey:
        return None
    return found["Body"].read().decode()


@cache
def _s3(rehearsal: Rehearsal, role: Role) -> "S3Client":
    """Return a client, created once: creating one takes longer than most requests."""
    return rehearsal.session(role).client("s3")


def _select_colors(by_frequency: Sequence[Color], required: Iterable[Color]) -> list[Color]:
    selected = [color for color in dict.fromkeys(required) if color in by_frequency]
    for color in by_frequency:
        if len(selected) == _MAX_COLORS:
            break
        if all(_squared_distance(color, other) >= _MIN_DISTANCE**2 for other in selected):
            selected.append(color)
    return selected


def _squared_distance(one: Color, other: Color) -> int:
    return sum((channel - counterpart) ** 2 for channel, counterpart in zip(one, other, strict=True))
