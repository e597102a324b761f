"""The region proxy: all traffic to a region passes through it, except for Terraform's and that of the functions.

It serves every AWS API of its region over HTTP (as the `endpoint_url` of a client), and the AWS host names of the
region's API and buckets over TLS, so that URLs work unchanged.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from standby.rehearsal.emulator.domains.custom_domains import REGION_HEADER
from standby.rehearsal.emulator.sickness import SICK_HEADER, Sickness
from standby.rehearsal.network.caddy_config import (
    Json,
    Server,
    abort,
    caddy_config,
    reverse_proxy,
    route,
    static_response,
)

STAGE: Final = "prod"
"""The stage to which the base path of the API's own name is mapped."""
DELAY_HEADER: Final = "X-Rehearsal-Delay-Milliseconds"
"""The emulator's process delays the response by this time, because Caddy cannot."""

S3_ERROR: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>ServiceUnavailable</Code>'
    "<Message>Service is unable to handle request.</Message><RequestId>REHEARSAL</RequestId></Error>"
)
"""Source: docs.aws.amazon.com, Amazon S3 API Reference, "Error responses"."""

API_ERROR: Final = json.dumps({"message": "Service Unavailable"})
"""Source: docs.aws.amazon.com, API Gateway, "Gateway response types"."""


class RegionProxyPorts(NamedTuple):
    """The ports of a region proxy: AWS APIs, AWS host names with TLS, Caddy's administration."""

    http: int
    tls: int
    admin: int


@dataclass(frozen=True, kw_only=True)
class RegionProxyFaults:
    """The faults of a region proxy that still responds."""

    s3_errors: bool = False
    api_errors: bool = False
    delay_milliseconds: int = 0
    sickness: Sickness | None = None


@dataclass(frozen=True, kw_only=True)
class RegionProxy:
    """The inputs of the configuration of a region proxy."""

    region: str
    emulator_port: int
    ports: RegionProxyPorts
    storage: Path
    api_id: str
    buckets: tuple[str, ...]
    faults: RegionProxyFaults
    api_name: str = ""
    """The API's own name in DNS, which both regions serve; "" if it has none."""

    @property
    def api_host(self) -> str:
        """The host name of the region's API."""
        return f"{self.api_id}.execute-api.{self.region}.amazonaws.com"

    @property
    def tls_hosts(self) -> tuple[str, ...]:
        """The host names that are served with TLS, without the name that both regions serve."""
        return (self.api_host, *(f"{bucket}.s3.{self.region}.amazonaws.com" for bucket in self.buckets))

    def config(self) -> Json:
        """Return Caddy's configuration."""
        named = (self._health_by_name(), self._region_of_api_name()) if self.api_name else ()
        routes = (*self._fault_routes(), self._api_by_host(), *named, route(reverse_proxy(self.emulator_port)))
        errors = (route(abort()),)  # without the emulator, nothing could respond
        servers = {
            "aws": Server(port=self.ports.http, routes=routes, errors=errors),
            "hosts": Server(port=self.ports.tls, routes=routes, errors=errors, tls=True),
        }
        return caddy_config(
            admin_port=self.ports.admin, storage=self.storage, tls_hosts=self.certified_hosts, servers=servers
        )

    @property
    def certified_hosts(self) -> tuple[str, ...]:
        """The host names that need a certificate."""
        return (*self.tls_hosts, *filter(None, (self.api_name,)))

    def _fault_routes(self) -> Iterable[Json]:
        if self.faults.delay_milliseconds:
            yield _request_header(DELAY_HEADER, str(self.faults.delay_milliseconds))
        if self.faults.sickness:
            yield _request_header(SICK_HEADER, self.faults.sickness.header_value())
        if self.faults.s3_errors:
            response = static_response(503, S3_ERROR, headers={"Content-Type": "application/xml"})
            yield route(response, match=self._s3_requests())
        if self.faults.api_errors:
            response = static_response(503, API_ERROR, headers={"Content-Type": "application/json"})
            yield route(response, match=(*self._api_requests(), {"path": [api_path(self.api_id)]}))

    def _s3_requests(self) -> tuple[Json, ...]:
        hosts = [f"s3.{self.region}.amazonaws.com", f"*.s3.{self.region}.amazonaws.com"]
        paths = [path for bucket in self.buckets for path in (f"/{bucket}", f"/{bucket}/*")]
        return ({"host": hosts}, {"path": paths}, *signed_for(self.region, service="s3"))

    def _api_requests(self) -> tuple[Json, ...]:
        return ({"host": [host for host in (self.api_host, self.api_name) if host]},)

    def _region_of_api_name(self) -> Json:
        header = {"handler": "headers", "request": {"set": {REGION_HEADER: [self.region]}}}
        return route(header, match=({"host": [self.api_name]},), terminal=False)

    def _health_by_name(self) -> Json:
        # MiniStack takes `/health` of every host for its own. Other paths go through its custom domain.
        rewrite = {"handler": "rewrite", "uri": f"/_aws/execute-api/{self.api_id}/{STAGE}{{http.request.uri}}"}
        changes: Json = {"set": {"X-Forwarded-Proto": ["https"], "Host": ["{http.reverse_proxy.upstream.hostport}"]}}
        match: tuple[Json] = ({"host": [self.api_name], "path": ["/health"]},)
        return route(rewrite, reverse_proxy(self.emulator_port, headers=changes), match=match)

    def _api_by_host(self) -> Json:
        # MiniStack responds with 403 to the host name of a REST API, and serves the API below its own path.
        rewrite = {"handler": "rewrite", "uri": f"/_aws/execute-api/{self.api_id}{{http.request.uri}}"}
        changes: Json = {"set": {"X-Forwarded-Proto": ["https"], "Host": ["{http.reverse_proxy.upstream.hostport}"]}}
        return route(rewrite, reverse_proxy(self.emulator_port, headers=changes), match=({"host": [self.api_host]},))


def _request_header(name: str, value: str) -> Json:
    return route({"handler": "headers", "request": {"set": {name: [value]}}}, terminal=False)


def api_path(api_id: str) -> str:
    """Return the pattern of the paths at which the emulator serves a REST API."""
    return f"/_aws/execute-api/{api_id}/*"


def signed_for(region: str, *, service: str = "[a-z0-9-]+") -> tuple[Json, ...]:
    """Return matchers for requests that are signed for a region, in a header or in the query string.

    Source: docs.aws.amazon.com, IAM, "Elements of an AWS API request signature", credential scope.
    """
    scope = f"/{region}/{service}/aws4_request"
    return (
        {"header_regexp": {"Authorization": {"pattern": scope}}},
        {"vars_regexp": {"{http.request.uri.query.X-Amz-Credential}": {"pattern": scope}}},
    )
