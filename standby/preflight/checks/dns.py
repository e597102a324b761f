"""Whether the API's name can be in its hosted zone."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from standby.deployment.concurrency import Unavailable
from standby.preflight.facts.dns import Zone
from standby.preflight.findings import Finding, unknown
from standby.stack.configuration import Stack

CHECK: Final = "hosted zone"
RECORDS: Final = "DNS records"
_PUBLIC_ZONES: Final = "`aws route53 list-hosted-zones` shows the zones: set dns.hosted_zone_id"


class NameInZone(NamedTuple):
    """The API's name, and the ID of the zone in which it shall be."""

    name: str
    zone_id: str


def api_name(stack: Stack) -> NameInZone | None:
    """Return the API's name, which the failover records have; None without one."""
    records = stack.of("aws_route53_record")
    found = (NameInZone(one.text("name"), one.text("zone_id")) for one in records if one.text("set_identifier"))
    return next(found, None)


def check_zone(
    wanted: NameInZone, zone: Zone | Unavailable | None, *, own_records: int | Unavailable
) -> Iterator[Finding]:
    """Yield whether the zone is public and has the name in it, and whether the name is free there.

    `own_records`: how many records of Route 53 this deployment has already, according to the state.
    """
    if isinstance(zone, Unavailable):
        yield unknown(CHECK, zone, action="route53:GetHostedZone and route53:ListResourceRecordSets")
    elif zone is None:
        yield _fails(CHECK, f"this account has no hosted zone {wanted.zone_id}", _PUBLIC_ZONES)
    elif zone.is_private:
        detail = f"{wanted.zone_id} ({zone.name}) is private: clients and ACM cannot look the name up"
        yield _fails(CHECK, detail, _PUBLIC_ZONES)
    elif wanted.name != zone.name and not wanted.name.endswith(f".{zone.name}"):
        detail = f"{wanted.name} is not in {wanted.zone_id} ({zone.name})"
        yield _fails(CHECK, detail, f"Set dns.api_domain_name to a name in {zone.name}, or another dns.hosted_zone_id")
    else:
        yield Finding(check=CHECK, status="ok", detail=f"{zone.name} is public, and {wanted.name} is in it")
        yield _check_records(wanted, zone, own_records=own_records)


def _check_records(wanted: NameInZone, zone: Zone, *, own_records: int | Unavailable) -> Finding:
    if zone.records and isinstance(own_records, Unavailable):
        return unknown(RECORDS, own_records)
    if own_records or not zone.records:
        detail = f"{wanted.name} has the records of this deployment" if zone.records else f"{wanted.name} is free"
        return Finding(check=RECORDS, status="ok", detail=detail)
    listed = ", ".join(zone.records)
    return _fails(
        RECORDS,
        f"{wanted.name} has records of type {listed}, which are not of this deployment",
        "Delete them, or set another dns.api_domain_name",
    )


def _fails(check: str, detail: str, remedy: str) -> Finding:
    return Finding(check=check, status="fails", detail=detail, remedy=f"{remedy}.")
