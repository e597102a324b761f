"""The parts that every Caddy configuration of the rehearsal is made of, as the JSON that Caddy reads.

Source: caddyserver.com, "JSON Config Structure".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.rehearsal.processes.ports import HOST

Json = dict[str, object]

IDLE_PATH: Final = "/.rehearsal/idle"
"""Every listener answers it by itself, with nothing."""

AUTHORITY: Final = "local"
"""Caddy's own certificate authority; its storage is shared by all fronts and the edge."""

IDLE_SECONDS: Final = 60
"""Less than the emulator keeps an idle connection (75 s), so that no request meets one that is being closed."""

_IDLE: Final[Json] = {
    "match": [{"path": [IDLE_PATH]}],
    "handle": [{"handler": "static_response", "status_code": "204"}],
    "terminal": True,
}
_FORWARDED: Final = ("X-Forwarded-For", "X-Forwarded-Host", "Via")


@dataclass(frozen=True, kw_only=True)
class Server:
    """One listener: its port, its routes, what is done with errors, and whether it speaks TLS."""

    port: int
    routes: tuple[Json, ...]
    errors: tuple[Json, ...] = ()
    tls: bool = False

    def config(self) -> Json:
        """Return its configuration."""
        return {
            "listen": [f"{HOST}:{self.port}"],
            "protocols": ["h1", "h2"] if self.tls else ["h1"],
            "automatic_https": {"disable": True},
            "routes": [_IDLE, *self.routes],
            **({"errors": {"routes": list(self.errors)}} if self.errors else {}),
            **({"tls_connection_policies": [{}]} if self.tls else {}),
        }


def caddy_config(*, admin_port: int, storage: Path, names: Iterable[str], servers: Mapping[str, Server]) -> Json:
    """Return a whole configuration. `names` are the host names that need a certificate."""
    subjects = sorted(names)
    internal = {"module": "internal", "ca": AUTHORITY}
    return {
        "admin": {"listen": f"{HOST}:{admin_port}", "config": {"persist": False}},
        "storage": {"module": "file_system", "root": str(storage)},
        "logging": {"logs": {"default": {"level": "WARN", "writer": {"output": "stderr"}}}},
        "apps": {
            "pki": {
                "certificate_authorities": {
                    AUTHORITY: {
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
    """Return a route: the handlers, for requests that fit one of the matchers (none: every request)."""
    matchers = list(match)
    return {"handle": list(handlers), "terminal": terminal, **({"match": matchers} if matchers else {})}


def proxy(port: int, *, headers: Json | None = None, transport: Json | None = None, **options: object) -> Json:
    """Return a handler that hands requests on to a port of this machine, as they came.

    The Host header stays: requests to AWS are signed with it.
    """
    changes: Json = {"set": {"X-Forwarded-Proto": ["https"]}, "delete": list(_FORWARDED)}
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


def answer(status: int | str, body: str = "", *, headers: Mapping[str, str] | None = None) -> Json:
    """Return a handler that answers by itself."""
    return {
        "handler": "static_response",
        "status_code": str(status),
        "headers": {name: [value] for name, value in (headers or {}).items()},
        "body": body,
    }


def dropped() -> Json:
    """Return a handler that closes the connection without an answer."""
    return {"handler": "static_response", "abort": True}


def sub(*routes: Json, errors: tuple[Json, ...] = ()) -> Json:
    """Return a handler that is a list of routes of its own."""
    return {"handler": "subroute", "routes": list(routes), **({"errors": {"routes": list(errors)}} if errors else {})}
