"""The edge's origin side: an origin, or an origin group's first origin and then its second, as CloudFront asks S3.

Sources: docs.aws.amazon.com, CloudFront, "Optimize high availability with CloudFront origin failover" and "Request and
response behavior for Amazon S3 origins".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from standby.errors import StandbyError
from standby.rehearsal.edge_cache.server import COLD_HEADER, ORIGIN_HEADER
from standby.rehearsal.network.caddy_config import Json, Server, answer, proxy, route, sub
from standby.rehearsal.network.distribution import Distribution, Origin, OriginGroup

S3_RESPONSE_SECONDS: Final = 30.0
"""How long CloudFront waits for S3; it cannot be changed. Each attempt has this time anew."""

DISTRIBUTION_HEADER: Final = "X-Rehearsal-Distribution"
"""Names the distribution that signs a request (origin access control); the emulator's process then asks the bucket's
policy about it."""

SERVED_HEADER: Final = "X-Rehearsal-Served-By"

CONNECT_FAILED: Final = 503
TIMED_OUT: Final = 504
"""CloudFront asks the second origin after a failed connection if 503 is listed, and after a time-out if 504 is."""

BROKEN_OFF: Final = 502
"""What CloudFront says when an origin closes the connection in the middle of its answer. Source: docs.aws.amazon.com,
CloudFront, "HTTP 502 status code (Bad Gateway)". That it fails over then as on any 502 is our reading."""

_TRIED: Final = "rehearsal_second_origin"
_UNANSWERED: Final = route(
    answer("{http.error.status_code}", "The origin did not answer.", headers={"Content-Type": "text/plain"})
)


@dataclass(frozen=True, kw_only=True)
class OriginSide:
    """The origins of a distribution; `front_ports` has the port of the front that serves each bucket's host."""

    distribution: Distribution
    front_ports: Mapping[str, int]
    response_seconds: float = S3_RESPONSE_SECONDS

    def server(self, port: int) -> Server:
        """Return the listener: a request names the origin or group that it is for in a header."""
        origins = tuple(_named(origin.id, self._asked(origin)) for origin in self.distribution.origins.values())
        groups = tuple(_named(group.id, self._group(group)) for group in self.distribution.groups.values())
        return Server(port=port, routes=(*origins, *groups), errors=(_UNANSWERED,))

    def _group(self, group: OriginGroup) -> Json:
        first, second = (self.distribution.origins[member] for member in group.members)
        then = [route({"handler": "vars", _TRIED: "yes"}, self._asked(second))]
        failover = {"match": {"status_code": list(group.status_codes)}, "routes": then}
        untried: Json = {"not": [{"vars": {_TRIED: ["yes"]}}]}
        instead = tuple(
            route(self._asked(second), match=({"expression": condition, **untried},))
            for condition in _conditions(group)
        )
        return sub(route(self._asked(first, handle_response=[failover])), errors=(*instead, _UNANSWERED))

    def _asked(self, origin: Origin, **options: object) -> Json:
        port = self.front_ports.get(origin.host)
        if port is None:
            raise StandbyError(f"The origin {origin.id} ({origin.host}) is no bucket of this deployment.")
        signed = {DISTRIBUTION_HEADER: [self.distribution.arn]} if origin.signed else {}
        changes: Json = {
            "set": {"Host": [origin.host], "X-Forwarded-Proto": ["https"], **signed},
            "delete": ["X-Forwarded-For", "X-Forwarded-Host", "Via", ORIGIN_HEADER, COLD_HEADER, "Accept-Encoding"],
        }
        transport: Json = {
            "dial_timeout": f"{origin.connect_seconds}s",
            "response_header_timeout": f"{self.response_seconds}s",
            "read_timeout": f"{self.response_seconds}s",
            # On a kept connection the time-out of the read counts as "closed while idle", and Go asks once more.
            "keep_alive": {"enabled": False},
        }
        handler = proxy(port, headers=changes, transport=transport, load_balancing=_retries(origin), **options)
        return {**handler, "headers": {"request": changes, "response": {"set": {SERVED_HEADER: [origin.id]}}}}


def _named(name: str, handler: Json) -> Json:
    return route(handler, match=({"header": {ORIGIN_HEADER: [name]}},))


def _retries(origin: Origin) -> Json:
    return {"retries": origin.attempts - 1, "try_interval": "1ms", "retry_match": [{"method": ["GET", "HEAD"]}]}


def _conditions(group: OriginGroup) -> Iterable[str]:
    # Caddy says 502 where the first origin could not be reached or broke off, and 504 where it was too slow.
    dialed = "{http.error.message}.startsWith('dial ')"
    if CONNECT_FAILED in group.status_codes:
        yield dialed
    if TIMED_OUT in group.status_codes:
        yield f"{{http.error.status_code}} == 504 && !{dialed}"
    if BROKEN_OFF in group.status_codes:
        yield f"{{http.error.status_code}} == 502 && !{dialed}"
