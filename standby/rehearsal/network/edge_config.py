"""The edge: the distribution's viewer side, its origin side, and a door for tools that know one endpoint only.

A viewer's request goes to the viewer side (TLS, methods, headers), then to the cache
(`standby.rehearsal.edge_cache`), and, unless the cache answers, to the origin side, which asks a region's front as
CloudFront asks S3.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.rehearsal.edge_cache.server import BEHAVIOR_HEADER, ORIGIN_HEADER
from standby.rehearsal.network.caddy_config import Json, Server, answer, caddy_config, dropped, proxy, route, sub
from standby.rehearsal.network.distribution import CacheBehavior, Distribution
from standby.rehearsal.network.origin_config import S3_RESPONSE_SECONDS, OriginSide
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
"""Of CloudFront's list, what a site of text files has. Source: docs.aws.amazon.com, CloudFront, "Serve compressed
files"; so are the sizes."""

COMPRESSED_BYTES: Final = 1_000
_ERROR: Final = {"X-Cache": "Error from cloudfront", "Content-Type": "text/plain"}
_METHODS_SAID: Final = (
    "This distribution is not configured to allow the HTTP request method that was used for this request."
)


@dataclass(frozen=True, kw_only=True)
class EdgePorts:
    """Where the edge listens: viewers with TLS and without, tools with one endpoint, the cache's requests, Caddy."""

    tls: int
    http: int
    router: int
    origin: int
    admin: int


@dataclass(frozen=True, kw_only=True)
class Edge:
    """Everything that the edge's configuration follows from."""

    distribution: Distribution
    region_proxies: tuple[RegionProxy, ...]
    gateway_port: int
    cache_port: int
    ports: EdgePorts
    storage: Path
    response_seconds: float = S3_RESPONSE_SECONDS

    def config(self) -> Json:
        """Return Caddy's configuration."""
        origin_side = OriginSide(
            distribution=self.distribution,
            front_ports=self._region_proxy_ports(),
            response_seconds=self.response_seconds,
        )
        unreachable = (route(answer("{http.error.status_code}", headers=_ERROR)),)
        servers = {
            "viewers": Server(port=self.ports.tls, routes=tuple(self._viewers(tls=True)), errors=unreachable, tls=True),
            "viewers-plain": Server(port=self.ports.http, routes=tuple(self._viewers(tls=False)), errors=unreachable),
            "origins": origin_side.server(self.ports.origin),
            "router": Server(port=self.ports.router, routes=tuple(self._router()), errors=(route(dropped()),)),
        }
        return caddy_config(
            admin_port=self.ports.admin, storage=self.storage, names=self.distribution.hosts, servers=servers
        )

    def _region_proxy_ports(self) -> Mapping[str, int]:
        return {
            host: region_proxy.ports.http for region_proxy in self.region_proxies for host in region_proxy.tls_names
        }

    def _viewers(self, *, tls: bool) -> Iterable[Json]:
        hosts: Json = {"host": list(self.distribution.hosts)}
        yield route(answer(403, "No distribution has this name.", headers=_ERROR), match=({"not": [hosts]},))
        if self.distribution.root:
            root = {"handler": "rewrite", "uri": f"/{self.distribution.root}"}
            yield route(root, match=({"path_regexp": {"pattern": "^/$"}},), terminal=False)
        for behavior in self.distribution.behaviors:
            pattern: Json = {"path_regexp": {"pattern": path_pattern(behavior.pattern)}}
            yield route(sub(*self._behavior(behavior, tls=tls)), match=(pattern,))

    def _behavior(self, behavior: CacheBehavior, *, tls: bool) -> Iterable[Json]:
        if not tls and behavior.viewer_protocol == "https-only":
            yield route(answer(403, "Viewers must use HTTPS.", headers=_ERROR))
        if not tls and behavior.viewer_protocol == "redirect-to-https":
            moved = {
                "Location": "https://{http.request.host}{http.request.orig_uri}",
                "X-Cache": "Redirect from cloudfront",
            }
            yield route(answer(301, headers=moved), match=({"method": ["GET", "HEAD"]},))
            yield route(answer(307, headers=moved))
        yield from (route(handler, terminal=False) for handler in _header_changes(behavior))
        refused: Json = {"not": [{"method": list(behavior.methods)}]}
        yield route(answer(403, _METHODS_SAID, headers=_ERROR), match=(refused,))
        if behavior.compress:
            yield route(_compressed(), terminal=False)
        changes: Json = {"set": {BEHAVIOR_HEADER: [behavior.caching.text()]}, "delete": [ORIGIN_HEADER]}
        yield route(proxy(self.cache_port, headers=changes))

    def _router(self) -> Iterable[Json]:
        for region_proxy in self.region_proxies:
            paths = [api_path(region_proxy.api_id)]
            buckets = [path for bucket in region_proxy.buckets for path in (f"/{bucket}", f"/{bucket}/*")]
            unsigned: Json = {"path": [*paths, *buckets]}
            yield route(proxy(region_proxy.ports.http), match=(*signed_for(region_proxy.region), unsigned))
        yield route(proxy(self.gateway_port))


def path_pattern(pattern: str) -> str:
    """Return a path pattern of CloudFront's as a regular expression: `*` is any text, `?` any one character.

    Source: docs.aws.amazon.com, CloudFront, "Cache behavior settings", path pattern.
    """
    text = pattern if pattern.startswith(("/", "*")) else f"/{pattern}"
    parts = {"*": ".*", "?": "."}
    return "^" + "".join(parts.get(character) or re.escape(character) for character in text) + "$"


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


def _compressed() -> Json:
    return {
        "handler": "encode",
        "encodings": {"gzip": {}},
        "minimum_length": COMPRESSED_BYTES,
        "match": {"headers": {"Content-Type": list(COMPRESSED_TYPES)}},
    }
