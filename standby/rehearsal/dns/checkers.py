"""The health checkers of Route 53: each check is asked as its own configuration says.

On AWS, many checkers ask, and a check is healthy if more than 18 % of them find it so. Here one checker asks.
Source: docs.aws.amazon.com, Route 53, "How Amazon Route 53 determines whether a health check is healthy".
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from standby.rehearsal.dns.zones import CheckConfig, HealthView
from standby.rehearsal.processes.ports import HOST

CONNECT_SECONDS: Final = 4.0
RESPONSE_SECONDS: Final = 2.0
"""The time to connect, and then for the status; again for the body of a check that searches it."""
SEARCHED_BYTES: Final = 5_120
DEFAULT_INTERVAL_SECONDS: Final = 30
DEFAULT_THRESHOLD: Final = 3
GOOD_STATUSES: Final = range(HTTPStatus.OK, HTTPStatus.BAD_REQUEST)
USER_AGENT: Final = "Amazon-Route53-Health-Check-Service (rehearsal)"

Probe = Callable[[CheckConfig], bool]


@dataclass(frozen=True, kw_only=True)
class EndpointProbe:
    """Asks an endpoint once. `ports` has the port on this machine that serves each host over TLS."""

    ports: Mapping[str, int]

    def __call__(self, config: CheckConfig) -> bool:
        """Return whether the endpoint answers as the check wants: status 2xx or 3xx, and the text if it has one."""
        try:
            return self._ask(config)
        except (OSError, http.client.HTTPException):
            return False

    def _ask(self, config: CheckConfig) -> bool:
        host = config.get("FullyQualifiedDomainName", "")
        port = self.ports.get(host)
        # Only TLS on 443 is served at these hosts. A check of anything else finds no connection.
        if port is None or not config["Type"].startswith("HTTPS") or config.get("Port", 443) != 443:  # noqa: PLR2004 - HTTPS
            return False
        connection = http.client.HTTPSConnection(host)
        with closing(connection):
            plain = socket.create_connection((HOST, port), timeout=CONNECT_SECONDS)
            name = host if config.get("EnableSNI", True) else None
            connection.sock = _unverified().wrap_socket(plain, server_hostname=name)
            connection.sock.settimeout(RESPONSE_SECONDS)
            connection.request("GET", config.get("ResourcePath") or "/", headers={"User-Agent": USER_AGENT})
            response = connection.getresponse()
            if response.status not in GOOD_STATUSES:
                return False
            if not config["Type"].endswith("_STR_MATCH"):
                return True
            return config["SearchString"].encode() in response.read(SEARCHED_BYTES)


def _unverified() -> ssl.SSLContext:
    # Route 53 does not verify the certificate (the source above).
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(kw_only=True)
class CheckState:
    """What is known of one endpoint: its state, and how many results in a row differ from it."""

    healthy: bool = True
    differing: int = 0

    def after(self, *, good: bool, threshold: int) -> None:
        """Count one more result. As many in a row as the threshold change the state."""
        self.differing = 0 if good == self.healthy else self.differing + 1
        if self.differing >= threshold:
            self.healthy, self.differing = good, 0


@dataclass(kw_only=True)
class Checkers:
    """One thread for each check of an endpoint. `acceleration` divides the intervals."""

    probe: Probe
    acceleration: float = 1.0
    _configs: dict[str, CheckConfig] = field(default_factory=dict)
    _states: dict[str, CheckState] = field(default_factory=dict)

    def follow(self, configs: Mapping[str, CheckConfig]) -> None:
        """Use these checks from now on. A thread ends when its check is gone."""
        added = configs.keys() - self._configs.keys()
        self._configs = dict(configs)
        for check_id in configs.keys() & added:
            if configs[check_id]["Type"] != "CALCULATED":
                self._states[check_id] = CheckState()
                threading.Thread(target=self._run, args=(check_id,), daemon=True).start()

    def view(self) -> HealthView:
        """Return which checks are healthy now."""
        endpoints = {check_id: state.healthy for check_id, state in self._states.items()}
        return HealthView(configs=self._configs, endpoints=endpoints)

    def _run(self, check_id: str) -> None:
        pause = threading.Event()
        while config := self._configs.get(check_id):
            good = self.probe(config)
            self._states[check_id].after(good=good, threshold=config.get("FailureThreshold", DEFAULT_THRESHOLD))
            pause.wait(config.get("RequestInterval", DEFAULT_INTERVAL_SECONDS) / self.acceleration)
