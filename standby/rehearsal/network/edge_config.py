"""The configuration of the edge: its viewer side, its origin side, and the router for tools with a single endpoint.

A viewer's request goes to the viewer side (TLS, methods, headers) and then to the edge cache
(`standby.rehearsal.edge_cache`). Unless the cache has the response, the request goes on to the origin side. It reads
from an origin, or from the first and then the second origin of an origin group, as CloudFront reads from S3.

Sources: docs.aws.amazon.com, CloudFront, "Optimize high availability with CloudFront origin failover" and "Request and
response behavior for Amazon S3 origins".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from standby.errors import StandbyError
from standby.rehearsal.edge_cache.server import CACHE_SETTINGS_HEADER, COLD_HEADER, ORIGIN_HEADER
from standby.rehearsal.network.caddy_config import (
    Json,
    Server,
    abort,
    caddy_config,
    reverse_proxy,
    route,
    static_response,
    subroute,
)
from standby.rehearsal.network.distribution import CacheBehavior, Distribution, Origin, OriginGroup
from standby.rehearsal.network.region_proxy import RegionProxy, api_path, signed_for

COMPRESSED_TYPES: Final = (
    "application/javascript*",
    "application/json*",
    "application/xml*",
    "image/svg+xml*",
    "text/css*",
    "text/html*",
    "text/javascript*",
    "text/markdown*",
    "text/plain*",
)
"""The types of CloudFront's list that a site of text files has. Source, also of the size: docs.aws.amazon.com,
CloudFront, "Serve compressed files"."""

COMPRESSION_MINIMUM_BYTES: Final = 1_000

S3_RESPONSE_SECONDS: Final = 30.0
"""How long CloudFront waits for S3, in each attempt. It cannot be changed."""

DISTRIBUTION_HEADER: Final = "X-Rehearsal-Distribution"
"""Names the distribution that signs a request (origin access control). The emulator's process evaluates the bucket
policy for it."""

SERVED_BY_HEADER: Final = "X-Rehearsal-Served-By"

CONNECTION_FAILED: Final = 503
TIMED_OUT: Final = 504
"""CloudFront fails over after a failed connection if 503 is listed, and after a time-out if 504 is listed."""

CONNECTION_CLOSED: Final = 502
"""CloudFront's status code if an origin closes the connection during its response. Source: docs.aws.amazon.com,
CloudFront, "HTTP 502 status code (Bad Gateway)". We assume that it then fails over as on any other 502."""

_ERROR_HEADERS: Final = {"X-Cache": "Error from cloudfront", "Content-Type": "text/plain"}
_METHOD_NOT_ALLOWED: Final = (
    "This distribution is not configured to allow the HTTP request method that was used for this request."
)
_COMPRESSION: Final[Json] = {
    "handler": "encode",
    "encodings": {"gzip": {}},
    "minimum_length": COMPRESSION_MINIMUM_BYTES,
    "match": {"headers": {"Content-Type": list(COMPRESSED_TYPES)}},
}
_FAILED_OVER: Final = "rehearsal_second_origin"
_NO_RESPONSE: Final = route(
    static_response("{http.error.status_code}", "The origin did not respond.", headers={"Content-Type": "text/plain"})
)


class EdgePorts(NamedTuple):
    """The ports of the edge: viewers with TLS and without, the router, the origin side, Caddy's administration."""

    tls: int
    http: int
    router: int
    origin: int
    admin: int


@dataclass(frozen=True, kw_only=True)
class Edge:
    """The inputs of the configuration of the edge."""

    distribution: Distribution
    region_proxies: tuple[RegionProxy, ...]
    emulator_port: int
    cache_port: int
    ports: EdgePorts
    storage: Path
    response_seconds: float = S3_RESPONSE_SECONDS

    def config(self) -> Json:
        """Return Caddy's configuration."""
        origin_side = OriginSide(
            distribution=self.distribution,
            region_proxy_ports={host: proxy.ports.http for proxy in self.region_proxies for host in proxy.tls_hosts},
            response_seconds=self.response_seconds,
        )
        errors = (route(static_response("{http.error.status_code}", headers=_ERROR_HEADERS)),)
        servers = {
            "viewers": Server(port=self.ports.tls, routes=tuple(self._viewers(tls=True)), errors=errors, tls=True),
            "viewers-plain": Server(port=self.ports.http, routes=tuple(self._viewers(tls=False)), errors=errors),
            "origins": origin_side.server(self.ports.origin),
            "router": Server(port=self.ports.router, routes=tuple(self._router()), errors=(route(abort()),)),
        }
        return caddy_config(
            admin_port=self.ports.admin, storage=self.storage, tls_hosts=self.distribution.hosts, servers=servers
        )

    def _viewers(self, *, tls: bool) -> Iterable[Json]:
        hosts: Json = {"host": list(self.distribution.hosts)}
        unknown_host = static_response(403, "No distribution has this name.", headers=_ERROR_HEADERS)
        yield route(unknown_host, match=({"not": [hosts]},))
        if self.distribution.root_object:
            rewrite = {"handler": "rewrite", "uri": f"/{self.distribution.root_object}"}
            yield route(rewrite, match=({"path_regexp": {"pattern": "^/$"}},), terminal=False)
        for behavior in self.distribution.behaviors:
            pattern: Json = {"path_regexp": {"pattern": path_pattern(behavior.pattern)}}
            yield route(subroute(*self._behavior(behavior, tls=tls)), match=(pattern,))

    def _behavior(self, behavior: CacheBehavior, *, tls: bool) -> Iterable[Json]:
        if not tls and behavior.viewer_protocol == "https-only":
            yield route(static_response(403, "Viewers must use HTTPS.", headers=_ERROR_HEADERS))
        if not tls and behavior.viewer_protocol == "redirect-to-https":
            redirect = {
                "Location": "https://{http.request.host}{http.request.orig_uri}",
                "X-Cache": "Redirect from cloudfront",
            }
            yield route(static_response(301, headers=redirect), match=({"method": ["GET", "HEAD"]},))
            yield route(static_response(307, headers=redirect))
        yield from (route(handler, terminal=False) for handler in _header_changes(behavior))
        other_methods: Json = {"not": [{"method": list(behavior.methods)}]}
        yield route(static_response(403, _METHOD_NOT_ALLOWED, headers=_ERROR_HEADERS), match=(other_methods,))
        if behavior.compress:
            yield route(_COMPRESSION, terminal=False)
        settings = behavior.cache_settings.header_value()
        changes: Json = {"set": {CACHE_SETTINGS_HEADER: [settings]}, "delete": [ORIGIN_HEADER]}
        yield route(reverse_proxy(self.cache_port, headers=changes))

    def _router(self) -> Iterable[Json]:
        for region_proxy in self.region_proxies:
            buckets = [path for bucket in region_proxy.buckets for path in (f"/{bucket}", f"/{bucket}/*")]
            unsigned: Json = {"path": [api_path(region_proxy.api_id), *buckets]}
            match = (*signed_for(region_proxy.region), unsigned)
            yield route(reverse_proxy(region_proxy.ports.http), match=match)
        yield route(reverse_proxy(self.emulator_port))


@dataclass(frozen=True, kw_only=True)
class OriginSide:
    """The origins of a distribution. `region_proxy_ports` has the port that serves the host name of each bucket."""

    distribution: Distribution
    region_proxy_ports: Mapping[str, int]
    response_seconds: float = S3_RESPONSE_SECONDS

    def server(self, port: int) -> Server:
        """Return the listener. A header of the request names its origin or origin group."""
        origins = tuple(_target(origin.id, self._origin(origin)) for origin in self.distribution.origins.values())
        groups = tuple(_target(group.id, self._group(group)) for group in self.distribution.groups.values())
        return Server(port=port, routes=(*origins, *groups), errors=(_NO_RESPONSE,))

    def _group(self, group: OriginGroup) -> Json:
        first, second = (self.distribution.origins[member] for member in group.members)
        after_status = [route({"handler": "vars", _FAILED_OVER: "yes"}, self._origin(second))]
        failover = {"match": {"status_code": list(group.status_codes)}, "routes": after_status}
        first_failed: Json = {"not": [{"vars": {_FAILED_OVER: ["yes"]}}]}
        after_error = tuple(
            route(self._origin(second), match=({"expression": condition, **first_failed},))
            for condition in _failover_conditions(group)
        )
        return subroute(route(self._origin(first, handle_response=[failover])), errors=(*after_error, _NO_RESPONSE))

    def _origin(self, origin: Origin, **options: object) -> Json:
        port = self.region_proxy_ports.get(origin.host)
        if port is None:
            raise StandbyError(f"The origin {origin.id} ({origin.host}) is not a bucket of this deployment.")
        signed = {DISTRIBUTION_HEADER: [self.distribution.arn]} if origin.signed else {}
        changes: Json = {
            "set": {"Host": [origin.host], "X-Forwarded-Proto": ["https"], **signed},
            "delete": ["X-Forwarded-For", "X-Forwarded-Host", "Via", ORIGIN_HEADER, COLD_HEADER, "Accept-Encoding"],
        }
        transport: Json = {
            "dial_timeout": f"{origin.connect_seconds}s",
            "response_header_timeout": f"{self.response_seconds}s",
            "read_timeout": f"{self.response_seconds}s",
            # On a kept connection, Go treats a read time-out as "closed while idle" and sends the request again.
            "keep_alive": {"enabled": False},
        }
        handler = reverse_proxy(port, headers=changes, transport=transport, load_balancing=_retries(origin), **options)
        return {**handler, "headers": {"request": changes, "response": {"set": {SERVED_BY_HEADER: [origin.id]}}}}


def path_pattern(pattern: str) -> str:
    """Return a path pattern of CloudFront as a regular expression: `*` is any text, `?` is any one character.

    Source: docs.aws.amazon.com, CloudFront, "Cache behavior settings", path pattern.
    """
    text = pattern if pattern.startswith(("/", "*")) else f"/{pattern}"
    wildcards = {"*": ".*", "?": "."}
    return "^" + "".join(wildcards.get(character) or re.escape(character) for character in text) + "$"


def _header_changes(behavior: CacheBehavior) -> Iterable[Json]:
    if behavior.removed_headers:
        yield {"handler": "headers", "response": {"deferred": True, "delete": list(behavior.removed_headers)}}
    always = {header.name: [header.value] for header in behavior.headers if header.override}
    if always:
        yield {"handler": "headers", "response": {"deferred": True, "set": always}}
    for header in behavior.headers:
        if not header.override:
            absent = {"headers": {header.name: None}}
            added = {"deferred": True, "require": absent, "set": {header.name: [header.value]}}
            yield {"handler": "headers", "response": added}


def _target(id_: str, handler: Json) -> Json:
    return route(handler, match=({"header": {ORIGIN_HEADER: [id_]}},))


def _retries(origin: Origin) -> Json:
    return {
        "retries": origin.connection_attempts - 1,
        "try_interval": "1ms",
        "retry_match": [{"method": ["GET", "HEAD"]}],
    }


def _failover_conditions(group: OriginGroup) -> Iterable[str]:
    # Caddy's status is 502 if the origin could not be reached or closed the connection, and 504 if it was too slow.
    not_connected = "{http.error.message}.startsWith('dial ')"
    if CONNECTION_FAILED in group.status_codes:
        yield not_connected
    if TIMED_OUT in group.status_codes:
        yield f"{{http.error.status_code}} == 504 && !{not_connected}"
    if CONNECTION_CLOSED in group.status_codes:
        yield f"{{http.error.status_code}} == 502 && !{not_connected}"
