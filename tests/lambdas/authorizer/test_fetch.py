"""The issuer's keys over real TLS, and each answer that is none."""

import io
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from authorizer import fetch
from authorizer.errors import KeysUnavailableError
from authorizer.fetch import MAX_DOCUMENT_BYTES, fetch_keys
from tests.lambdas.authorizer.helpers import JWKS
from tests.lambdas.authorizer.tls_issuer import DISCOVERY, KEYS, TlsIssuer, tls_issuer


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TlsIssuer]:
    with tls_issuer(tmp_path) as (running, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        running.publish(list(JWKS))
        yield running


def _reason(url: str) -> str:
    with pytest.raises(KeysUnavailableError) as failed:
        fetch_keys(url)
    return str(failed.value)


def test_the_keys_are_those_of_the_document_that_the_issuer_names(issuer: TlsIssuer) -> None:
    assert fetch_keys(issuer.url) == list(JWKS)
    assert issuer.asked == [DISCOVERY, KEYS]


def test_an_issuer_with_a_slash_at_its_end_has_one_discovery_document(issuer: TlsIssuer) -> None:
    issuer.publish(list(JWKS), issuer=f"{issuer.url}/")
    assert fetch_keys(f"{issuer.url}/") == list(JWKS)


@pytest.mark.parametrize(
    "path, answer, reason",
    [
        (DISCOVERY, (503, {}), "Http503"),
        (DISCOVERY, (302, {}), "Http302"),
        (DISCOVERY, (200, b"<html>"), "InvalidResponse"),
        (DISCOVERY, (200, []), "InvalidResponse"),
        (DISCOVERY, (200, {"issuer": "https://other.example.com"}), "AnotherIssuer"),
        (DISCOVERY, (200, b"[" * 100_000), "InvalidResponse"),
        (DISCOVERY, (200, b" " * (MAX_DOCUMENT_BYTES + 1)), "TooLarge"),
        (KEYS, (404, {}), "Http404"),
        (KEYS, (200, {"keys": {}}), "InvalidResponse"),
        (KEYS, (200, {}), "InvalidResponse"),
    ],
)
def test_another_answer_is_no_key(issuer: TlsIssuer, path: str, answer: tuple[int, Any], reason: str) -> None:
    issuer.answers[path] = answer
    issuer.headers = {"Location": f"{issuer.url}{KEYS}"}
    assert _reason(issuer.url) == reason


@pytest.mark.parametrize("address", ["http://127.0.0.1/jwks", "file:///etc/passwd", 7, None])
def test_keys_are_fetched_over_tls_only(issuer: TlsIssuer, address: object) -> None:
    issuer.publish(list(JWKS), jwks_uri=address)
    assert _reason(issuer.url) == "NoKeysAddress"


def test_an_issuer_with_an_unknown_certificate_is_not_believed(
    issuer: TlsIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert _reason(issuer.url) == "NoConnection"


def test_an_issuer_that_refuses_connections_is_unavailable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert _reason(f"https://127.0.0.1:{port}") == "NoConnection"


def test_a_fetch_ends_at_its_deadline_whatever_the_issuer_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(fetch, "DEADLINE_SECONDS", 0.1)
    monkeypatch.setattr(fetch, "_fetch", lambda *_: ended.wait())
    try:
        assert _reason("https://login.example.com") == "TimedOut"
    finally:
        ended.set()


@pytest.mark.parametrize(
    "error, reason",
    [
        (TimeoutError(), "TimedOut"),
        (urllib.error.URLError(TimeoutError()), "TimedOut"),
        (urllib.error.URLError("no name"), "NoConnection"),
        (OSError(), "NoConnection"),
    ],
)
def test_a_failed_connection_is_told_apart_from_one_that_takes_too_long(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    asked: list[tuple[str, str | None, float]] = []

    class Opener:
        def open(self, request: urllib.request.Request, *, timeout: float) -> io.BytesIO:
            asked.append((request.full_url, request.get_header("Accept"), timeout))
            raise error

    monkeypatch.setattr("urllib.request.build_opener", lambda *_: Opener())
    assert _reason("https://login.example.com/") == reason
    url = "https://login.example.com/.well-known/openid-configuration"
    assert asked == [(url, "application/json", 2.0)]
