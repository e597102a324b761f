"""Reach AWS host names on the emulator. Only the host changes; path, query and body stay as they are.

`{id}.execute-api.{region}.amazonaws.com/STAGE/...` becomes `ENDPOINT/_aws/execute-api/{id}/STAGE/...`; every other AWS
host name is sent to the emulator as it stands, in the Host header.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

_EXECUTE_API: Final = re.compile(r"^(?P<id>[a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com$")


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where to send a request: the URL, and the Host header where it differs from the URL's ("" where not)."""

    url: str
    host: str


def local_target(url: str, *, endpoint: str) -> Target:
    """Return where `url` is answered on this machine. A URL that names no AWS host is returned as it is."""
    parts, local = urlsplit(url), urlsplit(endpoint)
    host = parts.hostname or ""
    if match := _EXECUTE_API.match(host):
        path = f"/_aws/execute-api/{match['id']}{parts.path}"
        return Target(url=urlunsplit((local.scheme, local.netloc, path, parts.query, "")), host="")
    if host.endswith(".amazonaws.com"):
        return Target(url=urlunsplit((local.scheme, local.netloc, parts.path, parts.query, "")), host=host)
    return Target(url=url, host="")


def local_url(url: str, *, endpoint: str) -> str:
    """Return the URL at which an API is answered on this machine."""
    return local_target(url, endpoint=endpoint).url
