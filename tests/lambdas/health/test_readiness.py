"""The readiness check: the API is asked as a user asks it, and every kind of failure has a code."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from health.readiness import READINESS_CHECK, ReadinessCheck, run_readiness_check
from shared.logs import Log
from tests.lambdas.helpers import ColdStart, Context, EmulatedRegion, Variables

ANSWERS = {"/prod/docs": {"response": "Nothing matches.", "citations": []}, "/prod/upload": {"uploadUrl": "https://x"}}
Respond = Callable[[BaseHTTPRequestHandler], None]


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def well(handler: BaseHTTPRequestHandler) -> None:
    answer(handler, 200, json.dumps(ANSWERS[handler.path]).encode())


def closed(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"response": ')


def not_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")


def with_answer(status: int, body: bytes) -> Respond:
    return lambda handler: answer(handler, status, body)


@contextmanager
def api(**respond: Respond) -> Iterator[tuple[str, list[tuple[str, object]]]]:
    """Serve an API; `respond` has the response of `docs` and `upload`. Yield its URL and the requests that it got."""
    seen: list[tuple[str, object]] = []
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            seen.append((self.path, json.loads(self.rfile.read(length))))
            chosen = respond.get(self.path.rpartition("/")[2], well)
            released.wait(5) if chosen is hanging else chosen(self)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/prod/", seen
    finally:
        released.set()
        server.shutdown()
        server.server_close()


def hanging(handler: BaseHTTPRequestHandler) -> None:
    """Do not respond."""


def check(url: str) -> ReadinessCheck:
    return ReadinessCheck(api_url=url, file_name="readiness-check.txt", file_type="text/plain")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_api_that_answers_and_accepts_uploads_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    with api() as (url, seen):
        found = run_readiness_check(check(url), Log(fields={}), seconds=5)
    assert found == {"readyPercent": 100, "checks": {"question": "ok", "upload": "ok"}}
    assert sorted(path for path, _ in seen) == ["/prod/docs", "/prod/upload"]
    assert {"fileName": "readiness-check.txt", "fileType": "text/plain"} in [body for _, body in seen]
    (line,) = lines(capsys)
    assert (line["level"], line["message"], line["readyPercent"]) == ("INFO", "ready", 100)


def test_each_request_has_the_headers_of_the_event_by_which_aws_waf_lets_it_through() -> None:
    sent: list[str | None] = []

    def record(handler: BaseHTTPRequestHandler) -> None:
        sent.append(handler.headers["x-readiness-check"])
        well(handler)

    with api(docs=record, upload=record) as (url, _):
        given = {"apiUrl": url, "fileName": "a.txt", "fileType": "text/plain", "headers": {"x-readiness-check": "r"}}
        found = run_readiness_check(ReadinessCheck.read({READINESS_CHECK: given}), Log(fields={}), seconds=5)
    assert found["readyPercent"] == 100
    assert sent == ["r", "r"]


@pytest.mark.parametrize(
    "respond, code",
    [
        (with_answer(502, b"{}"), "Http502"),
        (with_answer(403, b"<html>"), "Http403"),
        (with_answer(200, b"<html>We are sorry"), "InvalidResponse"),
        (with_answer(200, b""), "InvalidResponse"),
        (with_answer(200, b"[]"), "InvalidResponse"),
        (with_answer(200, b'{"response": ""}'), "InvalidResponse"),
        (with_answer(200, b'{"response": null}'), "InvalidResponse"),
        (with_answer(200, b"[" * 100_000), "InvalidResponse"),
        (with_answer(204, b""), "InvalidResponse"),
        (cut, "InvalidResponse"),
        (not_http, "InvalidResponse"),
        (closed, "NoConnection"),
        (hanging, "TimedOut"),
    ],
)
def test_an_api_that_does_not_answer_a_question_is_not_ready_and_the_log_says_why(
    respond: Respond, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with api(docs=respond) as (url, _):
        found = run_readiness_check(check(url), Log(fields={}), seconds=0.5)
    assert found == {"readyPercent": 50, "checks": {"question": code, "upload": "ok"}}
    (line,) = lines(capsys)
    assert (line["level"], line["message"], line["readyPercent"]) == ("ERROR", "not_ready", 50)
    assert line["failed"] == ["question"]


def test_an_api_that_does_not_exist_is_not_ready() -> None:
    found = run_readiness_check(check("http://127.0.0.1:9/prod/"), Log(fields={}), seconds=5)
    assert found == {"readyPercent": 0, "checks": {"question": "NoConnection", "upload": "NoConnection"}}


def test_the_event_of_the_schedule_starts_the_check(
    emulated: EmulatedRegion, cold_start: ColdStart, variables: Variables
) -> None:
    health = cold_start("health", variables(emulated))
    with api() as (url, _):
        event = {READINESS_CHECK: {"apiUrl": url, "fileName": "readiness-check.txt", "fileType": "text/plain"}}
        assert health(event, Context()) == {"readyPercent": 100, "checks": {"question": "ok", "upload": "ok"}}
