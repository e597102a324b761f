"""The hosted zone of the API's name, as Route 53 has it, and the records that the name has already."""

from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from standby.deployment.answers import take, take_list, take_text
from standby.deployment.clients import GLOBAL_REGION, Clients

ADDRESS_TYPES: Final = frozenset({"A", "AAAA", "CNAME"})
"""Route 53 refuses a failover record of type A beside the first and the last. With AAAA, clients would go elsewhere.
Source: docs.aws.amazon.com, Route 53, "Values that are common for failover records" and "Supported DNS record types".
"""
_NO_ZONE: Final = frozenset({"NoSuchHostedZone", "InvalidInput"})


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A hosted zone. `name` has no final dot. `records`: types of the address records that the API's name has."""

    name: str
    is_private: bool
    records: tuple[str, ...]


def read_zone(clients: Clients, zone_id: str, name: str) -> Zone | None:
    """Return the zone with the records of a name; None if this account has no such zone. Raises botocore's errors."""
    try:
        answer = clients.read("route53", GLOBAL_REGION, "get_hosted_zone", {"Id": zone_id})
    except ClientError as error:
        if error.response["Error"]["Code"] in _NO_ZONE:
            return None
        raise
    return Zone(
        name=take_text(answer, "HostedZone", "Name").rstrip("."),
        is_private=take(answer, "HostedZone", "Config", "PrivateZone", kind=bool),
        records=_read_records(clients, zone_id, name),
    )


def _read_records(clients: Clients, zone_id: str, name: str) -> tuple[str, ...]:
    """Return the types of the name's address records. Route 53 lists by name, and then by type."""
    asked = {"HostedZoneId": zone_id, "StartRecordName": name, "MaxItems": "100"}
    answer = clients.read("route53", GLOBAL_REGION, "list_resource_record_sets", asked)
    listed = take_list(answer, "ResourceRecordSets")
    types = {take_text(record, "Type") for record in listed if take_text(record, "Name").rstrip(".").lower() == name}
    return tuple(sorted(types & ADDRESS_TYPES))
