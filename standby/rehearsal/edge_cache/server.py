"""The cache's process: between the edge's viewer side and its origin side, both of them Caddy.

Run as `python -m standby.rehearsal.edge_cache.server PORT ORIGIN_PORT`. What to do with a request stands in its
headers: this process has no configuration of its own, and a changed distribution reaches it with the next request.
"""

import sys
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import urllib3

from standby.rehearsal.edge_cache.rules import Behavior
from standby.rehearsal.edge_cache.store import Answer, Cache, labelled

HOST: Final = "127.0.0.1"
READY_PATH: Final = "/rehearsal/ready"
BEHAVIOR_HEADER: Final = "X-Rehearsal-Behavior"
COLD_HEADER: Final = "X-Rehearsal-Cold"
ORIGIN_HEADER: Final = "X-Rehearsal-Origin"

READ_SECONDS: Final = 600.0
"""Longer than the origin side ever takes: it is the one that knows the origin's time-outs."""

_HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "server", "via"})


class Origin:
    """The edge's origin side: an origin, or a group of two."""

    def __init__(self, port: int) -> None:
        timeout = urllib3.Timeout(connect=5.0, read=READ_SECONDS)
        self._pool = urllib3.HTTPConnectionPool(HOST, port, maxsize=64, timeout=timeout, retries=False)

    def ask(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        """Return the origin's answer; 502 where the origin side itself does not answer."""
        try:
            response = self._pool.request(method, path, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            return Answer(status=HTTPStatus.BAD_GATEWAY, headers={}, body=str(error).encode())
        kept = {name.lower(): value for name, value in response.headers.items() if name.lower() not in _HOP_BY_HOP}
        return Answer(status=response.status, headers=kept, body=response.data)


class Edge(ThreadingHTTPServer):
    """The server: one cache, one origin side."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, *, origin_port: int) -> None:
        super().__init__((HOST, port), Handler)
        self.cache = Cache()
        self.origin = Origin(origin_port)


class Handler(BaseHTTPRequestHandler):
    """One connection of the viewer side."""

    server: Edge
    protocol_version = "HTTP/1.1"
    timeout = 120
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer from the cache or the origin."""
        if self.path == READY_PATH:
            self._send(Answer(status=HTTPStatus.OK, headers={}, body=b"ready"))
            return
        try:
            behavior = Behavior.read(self.headers.get(BEHAVIOR_HEADER, ""))
        except (KeyError, ValueError) as error:
            said = f"{BEHAVIOR_HEADER}: {error!r}".encode()
            self._send(Answer(status=HTTPStatus.BAD_REQUEST, headers={}, body=said))
            return
        self._send(self._served(behavior))

    do_HEAD = do_GET  # noqa: N815 - the names that http.server looks for
    do_OPTIONS = do_GET  # noqa: N815 - the same

    def _served(self, behavior: Behavior) -> Answer:
        path = self.path if behavior.query else self.path.partition("?")[0]
        method = "OPTIONS" if self.command == "OPTIONS" else "GET"

        def fetch(preconditions: Mapping[str, str]) -> Answer:
            return self.server.origin.ask(method, path, {**preconditions, ORIGIN_HEADER: behavior.target})

        if COLD_HEADER in self.headers:
            return _tagged(*labelled(fetch({})))
        key = f"{method} {self.headers.get('Host', '')} {path}"
        return self._conditional(_tagged(*self.server.cache.serve(key, behavior, fetch)))

    def _conditional(self, answer: Answer) -> Answer:
        asked, has = self.headers.get("If-None-Match"), answer.headers.get("etag")
        if answer.status != HTTPStatus.OK or not asked or not has:
            return answer
        tags = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
        if has.removeprefix("W/") not in tags and "*" not in tags:
            return answer
        return Answer(status=HTTPStatus.NOT_MODIFIED, headers=answer.headers, body=b"")

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD" and answer.status != HTTPStatus.NOT_MODIFIED:
            self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the viewer side keeps the log."""


def _tagged(answer: Answer, said: str) -> Answer:
    return Answer(status=answer.status, headers={**answer.headers, "x-cache": said}, body=answer.body)


def main() -> None:
    """Serve until a signal ends it."""
    port, origin_port = (int(argument) for argument in sys.argv[1:])
    Edge(port, origin_port=origin_port).serve_forever()


if __name__ == "__main__":
    main()
