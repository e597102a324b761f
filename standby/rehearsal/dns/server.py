"""The process: it reads zones and checks of the emulator's Route 53, asks the endpoints, and answers over DNS.

It also publishes the metric of each check.
"""

import json
import socketserver
import struct
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import dns.exception
import dns.message
import dns.rcode
from botocore.exceptions import BotoCoreError, ClientError

from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.dns.checkers import Checkers, EndpointProbe
from standby.rehearsal.dns.metric import MetricPublisher
from standby.rehearsal.dns.settings import DnsSettings
from standby.rehearsal.dns.zones import Zones
from standby.rehearsal.processes.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REFRESH_SECONDS: Final = 0.5
CONTROL_REGION: Final = "us-east-1"
"""The region of Route 53's control plane. Source: docs.aws.amazon.com, AWS Fault Isolation Boundaries, appendix B."""


@dataclass(kw_only=True)
class NameServer:
    """The zones of the emulator, read again every half second."""

    settings: DnsSettings
    checkers: Checkers
    _records: "Mapping[str, Sequence[Mapping[str, Any]]]" = field(default_factory=dict)

    def refresh(self) -> None:
        """Read the zones and the checks. Raises botocore's errors."""
        client = EmulatorSession(region=CONTROL_REGION, endpoint=self.settings.endpoint).client("route53")
        while True:
            try:
                pages = client.get_paginator("list_health_checks").paginate()
                checks = [check for page in pages for check in page["HealthChecks"]]
                self.checkers.follow({check["Id"]: check["HealthCheckConfig"] for check in checks})
                zones = client.get_paginator("list_hosted_zones").paginate()
                records = client.get_paginator("list_resource_record_sets")
                self._records = {
                    zone["Name"].lower(): [
                        record
                        for page in records.paginate(HostedZoneId=zone["Id"])
                        for record in page["ResourceRecordSets"]
                    ]
                    for listed in zones
                    for zone in listed["HostedZones"]
                }
            except (ClientError, BotoCoreError) as error:  # a busy emulator: the zones stay as they were
                sys.stderr.write(f"Route 53 does not answer: {error}\n")
            time.sleep(REFRESH_SECONDS)

    def respond(self, wire: bytes) -> bytes | None:
        """Return the answer to a query, None for bytes that are none."""
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        zones = Zones(
            records=self._records,
            health=self.checkers.view(),
            addresses=self.settings.addresses,
            acceleration=self.settings.acceleration,
        )
        return zones.answer(query).to_wire()


class _Udp(socketserver.BaseRequestHandler):
    def __init__(self, server: NameServer, *arguments: Any) -> None:  # noqa: ANN401 - those of the base class
        self._names = server
        super().__init__(*arguments)

    def handle(self) -> None:
        wire, connection = self.request
        if answer := self._names.respond(wire):
            connection.sendto(answer, self.client_address)


class _Tcp(socketserver.StreamRequestHandler):
    def __init__(self, server: NameServer, *arguments: Any) -> None:  # noqa: ANN401 - those of the base class
        self._names = server
        super().__init__(*arguments)

    def handle(self) -> None:
        (length,) = struct.unpack("!H", self.rfile.read(2))
        if answer := self._names.respond(self.rfile.read(length)):
            self.wfile.write(struct.pack("!H", len(answer)) + answer)


class _TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main() -> None:
    """Serve until a signal ends the process. The argument is the file of the settings."""
    settings = DnsSettings.from_json(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    checkers = Checkers(probe=EndpointProbe(ports=settings.ports), acceleration=settings.acceleration)
    server = NameServer(settings=settings, checkers=checkers)
    publisher = MetricPublisher(
        client=EmulatorSession(region=CONTROL_REGION, endpoint=settings.endpoint).client("cloudwatch"),
        view=checkers.view,
        minute_seconds=settings.minute_seconds,
    )
    threading.Thread(target=server.refresh, daemon=True).start()
    threading.Thread(target=publisher.run, daemon=True).start()
    address = (HOST, settings.port)
    with (
        socketserver.ThreadingUDPServer(address, partial(_Udp, server)) as datagrams,
        _TcpServer(address, partial(_Tcp, server)) as streams,
    ):
        datagrams.daemon_threads = True
        threading.Thread(target=datagrams.serve_forever, daemon=True).start()
        streams.serve_forever()


if __name__ == "__main__":
    main()
