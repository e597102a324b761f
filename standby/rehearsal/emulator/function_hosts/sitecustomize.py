"""Resolve the host names of the rehearsal in its functions: Python imports this module when a function starts.

A function that calls the public API of its region then reaches the region proxy, and one that calls the issuer reaches
the rehearsal's identity provider, as everybody else does. The record of the network names the port of each host, and it
is read at each call, because the functions start before the network.
"""

import json
import os
import socket
from pathlib import Path
from typing import Any

_SUFFIXES = (".amazonaws.com", ".cloudfront.net", ".rehearsal.test")
_RECORD = os.environ.get("REHEARSAL_NETWORK_RECORD", "")
_resolve = socket.getaddrinfo


def _port_of(host: object) -> int | None:
    try:
        hosts = json.loads(Path(_RECORD).read_text("utf-8"))["hosts"]
    except (OSError, ValueError, KeyError):
        return None
    port = hosts.get(host)
    return port if isinstance(port, int) else None


def getaddrinfo(host: Any, port: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - the arguments of socket's
    """Return the address of the region proxy for a host name of the rehearsal, and of any other host its own."""
    local = _port_of(host) if isinstance(host, str) and host.endswith(_SUFFIXES) else None
    return _resolve("127.0.0.1", local, *arguments, **named) if local else _resolve(host, port, *arguments, **named)


if _RECORD:
    vars(socket)["getaddrinfo"] = getaddrinfo
