"""The hosted zones that a deployment names and does not create: a rehearsal makes them before the apply."""

from collections.abc import Iterator, Mapping
from typing import Final

from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.emulator.domains.hosted_zones import REFERENCE_PREFIX
from standby.rehearsal.emulator.emulator import Emulator

CONTROL_REGION: Final = "us-east-1"
"""The region of Route 53's control plane. Source: docs.aws.amazon.com, AWS Fault Isolation Boundaries, appendix B."""


def create_named_zones(emulator: Emulator, configuration: Mapping[str, object]) -> None:
    """Create each zone that a failover record of the configuration is in, with its id, if the emulator has it not."""
    zones = dict(_named_zones(configuration))
    if not zones:
        return
    client = EmulatorSession(region=CONTROL_REGION, endpoint=emulator.endpoint).client("route53")
    known = {zone["Id"].rpartition("/")[2] for zone in client.list_hosted_zones()["HostedZones"]}
    for zone_id, name in zones.items():
        if zone_id not in known:
            client.create_hosted_zone(Name=name, CallerReference=f"{REFERENCE_PREFIX}{zone_id}")


def _named_zones(configuration: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the id and the name of each zone. The name is that of the record without its first label."""
    resources = configuration.get("resource")
    records = resources.get("aws_route53_record", {}) if isinstance(resources, Mapping) else {}
    for body in records.values():
        if "failover_routing_policy" in body:
            yield str(body["zone_id"]), str(body["name"]).partition(".")[2]
