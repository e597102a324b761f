"""Resolve the host names of the rehearsal in its functions: Python imports this module when a function starts.

A function that calls the public API of its region then reaches the region proxy, and one that calls the issuer reaches
the rehearsal's identity provider, as everybody else does. The record of the network names the port of each host, and it
is read at each call, because the functions start before the network. A host of another region that a partition cuts off
is unreachable (`faults/partition.py`).
"""

import errno
import json
import os
import socket
from pathlib import Path
from typing import Any

_SUFFIXES = (".amazonaws.com", ".cloudfront.net", ".rehearsal.test")
_RECORD = os.environ.get("REHEARSAL_NETWORK_RECORD", "")
_resolve = socket.getaddrinfo


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _port_of(host: str) -> int | None:
    port = _read(Path(_RECORD)).get("hosts", {}).get(host)
    return port if isinstance(port, int) else None


def _is_cut_off(host: str) -> bool:
    region = _read(Path(_RECORD).with_name("partition.json")).get(host)
    return region is not None and region != os.environ.get("AWS_REGION")


def getaddrinfo(host: Any, port: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - the arguments of socket's
    """Return the address of the region proxy for a host name of the rehearsal, and of any other host its own.

    Raises `OSError` for a host that a partition cuts off.
    """
    known = isinstance(host, str) and host.endswith(_SUFFIXES)
    if known and _is_cut_off(host):
        raise OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH), host)
    local = _port_of(host) if known else None
    return _resolve("127.0.0.1", local, *arguments, **named) if local else _resolve(host, port, *arguments, **named)


if _RECORD:
    vars(socket)["getaddrinfo"] = getaddrinfo
