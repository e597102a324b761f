"""The front of the identity provider: its host name over TLS, with a certificate of the rehearsal's authority.

It is a process of its own, so that a fault takes the provider off the network and leaves its sign-ins.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from standby.rehearsal.identity.access import ISSUER_HOST
from standby.rehearsal.identity.provider import CONTROL_PATH
from standby.rehearsal.network.caddy_config import (
    Json,
    Server,
    abort,
    caddy_config,
    reverse_proxy,
    route,
    static_response,
)


class IdentityFrontPorts(NamedTuple):
    """The ports of the front: TLS, and Caddy's administration."""

    tls: int
    admin: int


@dataclass(frozen=True, kw_only=True)
class IdentityFront:
    """The inputs of the configuration of the front."""

    provider_port: int
    ports: IdentityFrontPorts
    storage: Path

    @property
    def tls_hosts(self) -> tuple[str, ...]:
        """The host name of the issuer."""
        return (ISSUER_HOST,)

    def config(self) -> Json:
        """Return Caddy's configuration."""
        control = route(static_response(404), match=({"path": [CONTROL_PATH]},))
        routes = (control, route(reverse_proxy(self.provider_port)))
        server = Server(port=self.ports.tls, routes=routes, errors=(route(abort()),), tls=True)
        return caddy_config(
            admin_port=self.ports.admin,
            storage=self.storage,
            tls_hosts=self.tls_hosts,
            servers={"identity-provider": server},
        )
