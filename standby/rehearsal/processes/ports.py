"""Ports on 127.0.0.1. A daemon that is started again gets its earlier port if nothing else listens there."""

import random
import socket
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Final

from standby.deadline import poll
from standby.errors import StandbyError

HOST: Final = "127.0.0.1"

PORT_RANGE: Final = range(20_000, 32_000)
"""Below the ports that Linux and macOS give to outgoing connections (from 32768 and 49152), so that no connection takes
the port of a region proxy that is down. Source: kernel.org, "IP Sysctl", ip_local_port_range."""

BIND_ATTEMPTS: Final = 200
RELEASE_SECONDS: Final = 1.0
POLL_SECONDS: Final = 0.02


def free_ports(names: Iterable[str], *, preferred: Mapping[str, int]) -> dict[str, int]:
    """Return a different free port for each name: the preferred one if nothing listens there."""
    wait_until_free(preferred.values())
    found: dict[str, int] = {}
    with ExitStack() as bound:  # each port stays bound until all are found, so that all are different
        for name in names:
            found[name] = _bind_any(bound, (preferred[name],) if name in preferred else ())
    return found


def wait_until_free(ports: Iterable[int]) -> None:
    """Wait until nothing listens on the ports, for a second at most.

    A process with many threads keeps its ports for a moment after it was killed.
    """
    remaining = tuple(ports)
    poll(lambda: all(map(_is_free, remaining)), seconds=RELEASE_SECONDS, pause=POLL_SECONDS)


def _is_free(port: int) -> bool:
    with ExitStack() as bound:
        return _bind(bound, port)


def _bind_any(bound: ExitStack, preferred: tuple[int, ...]) -> int:
    for port in (*preferred, *random.sample(PORT_RANGE, BIND_ATTEMPTS)):
        if _bind(bound, port):
            return port
    raise StandbyError(f"No free port on {HOST} between {PORT_RANGE.start} and {PORT_RANGE.stop}.")


def _bind(bound: ExitStack, port: int) -> bool:
    probe = bound.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((HOST, port))
        probe.listen()
    except OSError:
        return False
    return True
