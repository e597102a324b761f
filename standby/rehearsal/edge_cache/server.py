"""The process of the edge cache, between the viewer side and the origin side of the edge, which are both Caddy.

Run as `python -m standby.rehearsal.edge_cache.server PORT ORIGIN_PORT`. The headers of a request carry its cache
settings: this process has no configuration of its own, and a changed distribution applies to the next request.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import urllib3

from standby.rehearsal.edge_cache.rules import CacheSettings
from standby.rehearsal.edge_cache.store import Cache, Response, with_x_cache

HOST: Final = "127.0.0.1"
READY_PATH: Final = "/rehearsal/ready"
CACHE_SETTINGS_HEADER: Final = "X-Rehearsal-Cache-Settings"
COLD_HEADER: Final = "X-Rehearsal-Cold"
ORIGIN_HEADER: Final = "X-Rehearsal-Origin"

ORIGIN_READ_SECONDS: Final = 600.0
"""Longer than the origin side ever takes, because that side enforces the time-outs of the origins."""

READ_BYTES: Final = 65_536

_HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "server", "via"})


class OriginClient:
    """An HTTP client for the origin side of the edge, which selects the origin or the origin group."""

    def __init__(self, port: int) -> None:
        timeout = urllib3.Timeout(connect=5.0, read=ORIGIN_READ_SECONDS)
        self._pool = urllib3.HTTPConnectionPool(HOST, port, maxsize=64, timeout=timeout, retries=False)

    def fetch(self, method: str, path: str, headers: Mapping[str, str]) -> Response:
        """Return the response of the origin, or 502 if the origin side itself does not respond.

        An origin may close the connection within its response. CloudFront then sends on what it got: it has begun with
        the response, so it neither changes the status nor asks the second origin.
        Source: docs.aws.amazon.com, CloudFront, "Request and response behavior for custom origins", dropped TCP
        connections. The page about S3 origins does not say it; we assume the same.
        """
        try:
            response = self._pool.request(method, path, headers=headers, redirect=False, preload_content=False)
        except urllib3.exceptions.HTTPError as error:
            return Response(status=HTTPStatus.BAD_GATEWAY, headers={}, body=str(error).encode())
        kept = {name.lower(): value for name, value in response.headers.items() if name.lower() not in _HOP_BY_HOP}
        body, missing_bytes = _read(response)
        return Response(status=response.status, headers=kept, body=body, missing_bytes=missing_bytes)


def _read(response: urllib3.BaseHTTPResponse) -> tuple[bytes, int]:
    """Return the body, and how many bytes are missing at its end: at least 1 if it breaks off."""
    body = bytearray()
    try:
        for part in response.stream(READ_BYTES, decode_content=False):
            body += part
    except urllib3.exceptions.HTTPError:
        declared = int(response.headers.get("content-length", 0))
        return bytes(body), max(declared - len(body), 1)
    return bytes(body), 0


class EdgeCacheServer(ThreadingHTTPServer):
    """The HTTP server of one edge location: one cache, one origin side."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, *, origin_port: int) -> None:
        super().__init__((HOST, port), Handler)
        self.cache = Cache()
        self.origin = OriginClient(origin_port)


class Handler(BaseHTTPRequestHandler):
    """One connection from the viewer side."""

    server: EdgeCacheServer
    protocol_version = "HTTP/1.1"
    timeout = 120
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Send a response from the cache or from the origin."""
        if self.path == READY_PATH:
            self._send(Response(status=HTTPStatus.OK, headers={}, body=b"ready"))
            return
        try:
            settings = CacheSettings.from_header(self.headers.get(CACHE_SETTINGS_HEADER, ""))
        except (KeyError, TypeError, ValueError) as error:
            message = f"{CACHE_SETTINGS_HEADER}: {error!r}".encode()
            self._send(Response(status=HTTPStatus.BAD_REQUEST, headers={}, body=message))
            return
        self._send(self._response(settings))

    do_HEAD = do_GET  # noqa: N815 - a name that http.server looks for
    do_OPTIONS = do_GET  # noqa: N815 - a name that http.server looks for

    def _response(self, settings: CacheSettings) -> Response:
        path = self.path if settings.query_in_key else self.path.partition("?")[0]
        method = "OPTIONS" if self.command == "OPTIONS" else "GET"

        def fetch(preconditions: Mapping[str, str]) -> Response:
            return self.server.origin.fetch(method, path, {**preconditions, ORIGIN_HEADER: settings.target_origin})

        if COLD_HEADER in self.headers:
            return _add_x_cache(*with_x_cache(fetch({})))
        key = f"{method} {self.headers.get('Host', '')} {path}"
        return self._conditional(_add_x_cache(*self.server.cache.serve(key, settings, fetch)))

    def _conditional(self, response: Response) -> Response:
        condition, etag = self.headers.get("If-None-Match"), response.headers.get("etag")
        if response.status != HTTPStatus.OK or not condition or not etag:
            return response
        tags = {tag.strip().removeprefix("W/") for tag in condition.split(",")}
        if etag.removeprefix("W/") not in tags and "*" not in tags:
            return response
        return Response(status=HTTPStatus.NOT_MODIFIED, headers=response.headers, body=b"")

    def _send(self, response: Response) -> None:
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("content-length", str(len(response.body) + response.missing_bytes))
        self.end_headers()
        if self.command != "HEAD" and response.status != HTTPStatus.NOT_MODIFIED:
            self.wfile.write(response.body)
        if response.missing_bytes:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Log nothing, because the viewer side logs the request."""


def _add_x_cache(response: Response, x_cache: str) -> Response:
    return replace(response, headers={**response.headers, "x-cache": x_cache})


def main() -> None:
    """Serve until a signal ends the process."""
    port, origin_port = (int(argument) for argument in sys.argv[1:])
    EdgeCacheServer(port, origin_port=origin_port).serve_forever()


if __name__ == "__main__":
    main()
