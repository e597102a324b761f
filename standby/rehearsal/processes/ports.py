"""Ports on 127.0.0.1 that stay free while nobody listens there, so that a front comes back on its own."""

import random
import socket
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Final

from standby.errors import StandbyError

HOST: Final = "127.0.0.1"

PORTS: Final = range(20_000, 32_000)
"""Below what Linux and macOS give to outgoing connections (from 32768 and 49152), so that none of those takes the port
of a front that is down. Source: kernel.org, "IP Sysctl", ip_local_port_range."""

ATTEMPTS: Final = 200
SETTLE_SECONDS: Final = 1.0
POLL_SECONDS: Final = 0.02


def free_ports(names: Iterable[str], *, wanted: Mapping[str, int]) -> dict[str, int]:
    """Return a port for every name, all different: the wanted one where nothing listens there, else another."""
    settle(wanted.values())
    found: dict[str, int] = {}
    with ExitStack() as held:  # each stays bound until all are found, so that no two are the same
        for name in names:
            found[name] = _bind(held, (wanted[name],) if name in wanted else ())
    return found


def settle(ports: Iterable[int]) -> None:
    """Wait until nothing listens on the ports, but not for long.

    A process of many threads still holds its ports for a moment after it was killed.
    """
    deadline = time.monotonic() + SETTLE_SECONDS
    for port in ports:
        while not _is_free(port) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)


def _is_free(port: int) -> bool:
    with ExitStack() as held:
        return _take(held, port)


def _bind(held: ExitStack, wanted: tuple[int, ...]) -> int:
    for port in (*wanted, *random.sample(PORTS, ATTEMPTS)):
        if _take(held, port):
            return port
    raise StandbyError(f"No free port on {HOST} between {PORTS.start} and {PORTS.stop}.")


def _take(held: ExitStack, port: int) -> bool:
    probe = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((HOST, port))
        probe.listen()
    except OSError:
        return False
    return True
