"""Know when a Caddy that was given another configuration has done with the one before.

It answers on a new configuration at once, but a connection that somebody kept open stays with the old one until Caddy
closes it, a moment later. So we keep one open too, on every port, and wait until it is closed.
Source: caddyserver.com, "Graceful config reloads"; pkg.go.dev, net/http, "Server.Shutdown".
"""

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import Final

from standby.rehearsal.network.caddy_config import IDLE_PATH
from standby.rehearsal.processes.ports import HOST

DRAIN_SECONDS: Final = 5.0
_BYTES: Final = 4096


@contextmanager
def drained(ports: Iterable[int], *, tls_port: int, tls_name: str, authority: Path) -> Iterator[None]:
    """Give Caddy its configuration in this block: at the end, no connection of before is left with the old one.

    `tls_name` is a host name that it serves already; "" where there is none.
    """
    with ExitStack() as opened:
        kept = [opened.enter_context(_kept(port)) for port in ports]
        if tls_name:
            context = ssl.create_default_context(cafile=authority)
            kept.append(opened.enter_context(_kept(tls_port, context=context, name=tls_name)))
        yield
        deadline = time.monotonic() + DRAIN_SECONDS
        for connection in kept:
            _wait_until_closed(connection, deadline=deadline)


def _kept(port: int, *, context: ssl.SSLContext | None = None, name: str = "") -> socket.socket:
    connection = socket.create_connection((HOST, port), timeout=DRAIN_SECONDS)
    if context is not None:
        connection = context.wrap_socket(connection, server_hostname=name)
    # One request, answered in full: a connection without any is not yet idle, and Caddy would let it be.
    connection.sendall(f"GET {IDLE_PATH} HTTP/1.1\r\nHost: {name or HOST}\r\n\r\n".encode())
    answer = HTTPResponse(connection)
    answer.begin()
    answer.read()
    return connection


def _wait_until_closed(connection: socket.socket, *, deadline: float) -> None:
    with suppress(OSError):  # a time-out: whoever still hangs there is in the middle of an answer
        while (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            if not connection.recv(_BYTES):
                return
