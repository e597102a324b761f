"""Fetch the issuer's keys: its discovery document, then the document that this one names.

Source: OpenID Connect Discovery 1.0, section 4.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any
from urllib.parse import urlsplit

from authorizer.errors import KeysUnavailableError

ATTEMPT_SECONDS = 2.0
DEADLINE_SECONDS = 5.0
MAX_DOCUMENT_BYTES = 256 * 1024


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """An issuer answers by itself. A redirect would let another host, or plain HTTP, name the keys."""

    def redirect_request(self, req: urllib.request.Request, *_: object, **__: object) -> None:
        """Follow no redirect: it becomes an `HTTPError`."""


def fetch_keys(issuer: str) -> list[Mapping[str, Any]]:
    """Return the keys of an issuer within `DEADLINE_SECONDS`. Raises `KeysUnavailableError`."""
    # A thread, because a host that sends a header line byte by byte would keep urllib busy for ever.
    pool = ThreadPoolExecutor(max_workers=1)
    future = pool.submit(_fetch, issuer, time.monotonic() + DEADLINE_SECONDS)
    pool.shutdown(wait=False)
    try:
        return future.result(timeout=DEADLINE_SECONDS)
    except TimeoutError as error:
        raise KeysUnavailableError("TimedOut") from error


def _fetch(issuer: str, deadline: float) -> list[Mapping[str, Any]]:
    discovered = _document(f"{issuer.rstrip('/')}/.well-known/openid-configuration", deadline)
    if discovered.get("issuer") != issuer:
        raise KeysUnavailableError("AnotherIssuer")
    address = discovered.get("jwks_uri")
    if not isinstance(address, str) or urlsplit(address).scheme != "https":
        raise KeysUnavailableError("NoKeysAddress")
    keys = _document(address, deadline).get("keys")
    if not isinstance(keys, list):
        raise KeysUnavailableError("InvalidResponse")
    return keys


def _document(url: str, deadline: float) -> dict[str, Any]:
    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310 - https: see the callers
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(request, timeout=ATTEMPT_SECONDS) as response:
            document = json.loads(_read(response, deadline))
    except urllib.error.HTTPError as error:
        error.close()
        raise KeysUnavailableError(f"Http{error.code}") from error
    except TimeoutError as error:
        raise KeysUnavailableError("TimedOut") from error
    except OSError as error:  # also urllib's URLError: no connection, no name, no trusted certificate
        timed_out = isinstance(getattr(error, "reason", None), TimeoutError)
        raise KeysUnavailableError("TimedOut" if timed_out else "NoConnection") from error
    except (http.client.HTTPException, ValueError, RecursionError) as error:
        raise KeysUnavailableError("InvalidResponse") from error
    if not isinstance(document, dict):
        raise KeysUnavailableError("InvalidResponse")
    return document


def _read(response: IO[bytes], deadline: float) -> bytes:
    parts, size = [], 0
    while part := response.read(16 * 1024):
        parts.append(part)
        size += len(part)
        if size > MAX_DOCUMENT_BYTES:
            raise KeysUnavailableError("TooLarge")
        if time.monotonic() > deadline:
            raise KeysUnavailableError("TimedOut")
    return b"".join(parts)
