"""Which region the API's name in DNS answers now, from this machine."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Final

from standby.deployment.concurrency import NoAnswerError, Unavailable, attempt
from standby.deployment.connection import Connection
from standby.deployment.dns.lookup import Lookup
from standby.deployment.manifest import Manifest
from standby.deployment.routing_config import ConfigCopies, ConfigCopy

HEALTH_SECONDS: Final = 1.5
SEARCHED_BYTES: Final = 5_120
"""Source: docs.aws.amazon.com, Route 53, "How Amazon Route 53 determines whether a health check is healthy"."""


@dataclass(frozen=True, kw_only=True)
class DnsState:
    """The name, the region whose API answers under it, and the seconds for which a resolver keeps the address."""

    name: str
    region: str | Unavailable
    ttl: int | Unavailable


def read_dns(connection: Connection, name: str) -> DnsState:
    """Look the name up, and ask the API behind it for its region. What does not answer is `Unavailable`."""
    found = attempt(partial(connection.look_up, name))
    ttl = found.ttl if isinstance(found, Lookup) else found
    region = attempt(partial(_answering_region, connection, name)) if isinstance(found, Lookup) else found
    return DnsState(name=name, region=region, ttl=ttl)


def _answering_region(connection: Connection, name: str) -> str:
    answer = connection.request("GET", f"https://{name}/health", seconds=HEALTH_SECONDS)
    try:
        region = json.loads(answer.body)["region"]
    except (ValueError, LookupError, TypeError, RecursionError):
        region = None
    if not isinstance(region, str) or not region:
        raise NoAnswerError(f"{name} answers {answer.status} without a region")
    return region


def finds_primary(manifest: Manifest, copies: ConfigCopies) -> bool | None:
    """Return whether Route 53's check finds the primary region in the file that the edge serves; None if unknown.

    The check searches bytes, and pages parse JSON: a manual edit may mean one to the check and another to pages.
    """
    text = f'{{"apiUrl":"{manifest.regions["primary"].api_url}"'.encode()
    for role in ("failover", "primary"):
        copy = copies.get(role)
        if isinstance(copy, Unavailable):
            return None
        if isinstance(copy, ConfigCopy) and copy.etag:
            return text in copy.text.encode("utf-8", errors="replace")[:SEARCHED_BYTES]
    return False
