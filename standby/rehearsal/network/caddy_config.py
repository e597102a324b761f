"""The parts of a Caddy configuration, as the JSON that Caddy reads.

Source: caddyserver.com, "JSON Config Structure".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.rehearsal.processes.ports import HOST

Json = dict[str, object]

IDLE_PATH: Final = "/.rehearsal/idle"
"""Every listener itself responds to this path, with an empty body."""

AUTHORITY_ID: Final = "local"
"""Caddy's own certificate authority. All region proxies and the edge share its storage."""

IDLE_SECONDS: Final = 60
"""Less than the emulator's own 75 s, so that no request is sent on a connection that the emulator is closing."""

_IDLE: Final[Json] = {
    "match": [{"path": [IDLE_PATH]}],
    "handle": [{"handler": "static_response", "status_code": "204"}],
    "terminal": True,
}
_FORWARDING_HEADERS: Final = ("X-Forwarded-For", "X-Forwarded-Host", "Via")


@dataclass(frozen=True, kw_only=True)
class Server:
    """One listener: its port, its routes, the routes for errors, and whether it uses TLS."""

    port: int
    routes: tuple[Json, ...]
    errors: tuple[Json, ...] = ()
    tls: bool = False

    def config(self) -> Json:
        """Return the configuration of the listener."""
        return {
            "listen": [f"{HOST}:{self.port}"],
            "protocols": ["h1", "h2"] if self.tls else ["h1"],
            "automatic_https": {"disable": True},
            "routes": [_IDLE, *self.routes],
            **({"errors": {"routes": list(self.errors)}} if self.errors else {}),
            **({"tls_connection_policies": [{}]} if self.tls else {}),
        }


def caddy_config(*, admin_port: int, storage: Path, tls_hosts: Iterable[str], servers: Mapping[str, Server]) -> Json:
    """Return a complete configuration. `tls_hosts` are the host names that need a certificate."""
    subjects = sorted(tls_hosts)
    internal = {"module": "internal", "ca": AUTHORITY_ID}
    return {
        "admin": {"listen": f"{HOST}:{admin_port}", "config": {"persist": False}},
        "storage": {"module": "file_system", "root": str(storage)},
        "logging": {"logs": {"default": {"level": "WARN", "writer": {"output": "stderr"}}}},
        "apps": {
            "pki": {
                "certificate_authorities": {
                    AUTHORITY_ID: {
                        "install_trust": False,
                        "name": "Standby rehearsal",
                        "root_common_name": "Standby rehearsal: trust it nowhere else",
                    }
                }
            },
            "tls": {
                "certificates": {"automate": subjects},
                "automation": {"policies": [{"subjects": subjects, "issuers": [internal]}]},
            },
            "http": {"grace_period": "1s", "servers": {name: server.config() for name, server in servers.items()}},
        },
    }


def route(*handlers: Mapping[str, object], match: Iterable[Json] = (), terminal: bool = True) -> Json:
    """Return a route: the handlers, for requests that one of the matchers matches (no matcher: every request)."""
    matchers = list(match)
    return {"handle": list(handlers), "terminal": terminal, **({"match": matchers} if matchers else {})}


def reverse_proxy(port: int, *, headers: Json | None = None, transport: Json | None = None, **options: object) -> Json:
    """Return a handler that sends requests to a port of this machine.

    The Host header is not changed, because it is part of the signature of a request to AWS.
    """
    changes: Json = {"set": {"X-Forwarded-Proto": ["https"]}, "delete": list(_FORWARDING_HEADERS)}
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"{HOST}:{port}"}],
        "headers": {"request": headers or changes},
        "transport": {
            "protocol": "http",
            "compression": False,
            "keep_alive": {"idle_timeout": f"{IDLE_SECONDS}s"},
            **(transport or {}),
        },
        "flush_interval": -1,
        **options,
    }


def static_response(status: int | str, body: str = "", *, headers: Mapping[str, str] | None = None) -> Json:
    """Return a handler that sends this response."""
    return {
        "handler": "static_response",
        "status_code": str(status),
        "headers": {name: [value] for name, value in (headers or {}).items()},
        "body": body,
    }


def abort() -> Json:
    """Return a handler that closes the connection without a response."""
    return {"handler": "static_response", "abort": True}


def subroute(*routes: Json, errors: tuple[Json, ...] = ()) -> Json:
    """Return a handler that consists of routes."""
    return {"handler": "subroute", "routes": list(routes), **({"errors": {"routes": list(errors)}} if errors else {})}
