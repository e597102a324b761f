"""The rehearsal's health checkers follow each check's own configuration."""

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import pytest

from standby.deadline import poll
from standby.rehearsal.dns.checkers import SEARCHED_BYTES, Checkers, CheckState, EndpointProbe
from tests.standby.rehearsal.dns.certificate import write_certificate

HOST: Final = "a1.execute-api.us-west-2.amazonaws.com"
CHECK: Final = {
    "Type": "HTTPS",
    "FullyQualifiedDomainName": HOST,
    "Port": 443,
    "ResourcePath": "/prod/health",
    "EnableSNI": True,
}
SEARCH: Final = {**CHECK, "Type": "HTTPS_STR_MATCH", "SearchString": '{"apiUrl":"https://a1/'}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        bodies = {
            "/prod/health": (200, b"healthy"),
            "/config.json": (200, b'{"apiUrl":"https://a1/"}'),
            "/late.json": (200, b" " * SEARCHED_BYTES + b'{"apiUrl":"https://a1/"}'),
            "/moved": (302, b""),
        }
        status, body = bodies.get(self.path, (503, b'{"apiUrl":"https://a1/"}'))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the base class's
        pass


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EndpointProbe]:
    certificate = write_certificate(tmp_path_factory.mktemp("tls"), HOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def refuse_without_name(_: object, name: str | None, __: object) -> int | None:
        return None if name == HOST else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    context.sni_callback = refuse_without_name
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield EndpointProbe(ports={HOST: server.server_port})
        server.shutdown()


@pytest.mark.parametrize(
    "check, changes, good",
    [
        (CHECK, {}, True),
        (CHECK, {"ResourcePath": "/moved"}, True),
        (CHECK, {"ResourcePath": "/health"}, False),  # without the stage
        (CHECK, {"EnableSNI": False}, False),
        (CHECK, {"Port": 80}, False),
        (CHECK, {"Type": "HTTP"}, False),
        (CHECK, {"FullyQualifiedDomainName": "b2.execute-api.us-west-2.amazonaws.com"}, False),
        (SEARCH, {"ResourcePath": "/config.json"}, True),
        (SEARCH, {"ResourcePath": "/config.json", "SearchString": '{"APIURL":"https://a1/'}, False),
        (SEARCH, {"ResourcePath": "/late.json"}, False),
        (SEARCH, {"ResourcePath": "/elsewhere"}, False),  # the text, with status 503
    ],
    ids=json.dumps,
)
def test_an_endpoint_is_asked_as_the_check_says(
    probe: EndpointProbe,
    check: dict[str, Any],
    changes: dict[str, Any],
    good: bool,  # noqa: FBT001 - a case
) -> None:
    assert probe({**check, **changes}) is good


def test_as_many_results_in_a_row_as_the_threshold_change_the_state() -> None:
    state, seen = CheckState(), []
    for good in (False, False, True, False, False, False, True, True, False, True, True, True):
        state.after(good=good, threshold=3)
        seen.append(state.healthy)
    assert seen == [True] * 5 + [False] * 6 + [True]


def test_a_check_that_is_gone_is_asked_no_more() -> None:
    asked: list[str] = []

    def probe(config: Any) -> bool:  # noqa: ANN401 - JSON
        asked.append(config["ResourcePath"])
        return False

    checkers = Checkers(probe=probe, acceleration=1000)
    fast = {**CHECK, "RequestInterval": 10, "FailureThreshold": 2}
    checkers.follow({"a": fast, "all": {"Type": "CALCULATED", "ChildHealthChecks": ["a"], "HealthThreshold": 1}})
    assert poll(lambda: not checkers.view().is_healthy("all"), seconds=10, pause=0.01)
    checkers.follow({})
    assert not checkers.view().is_healthy("a")
    assert set(asked) == {"/prod/health"}
