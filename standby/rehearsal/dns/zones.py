"""The records and the health checks of Route 53, and the answers that follow from them. Pure.

Source: docs.aws.amazon.com, Route 53, "How Amazon Route 53 chooses records when health checking is configured" and "How
Amazon Route 53 determines whether a health check is healthy".
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

ALIAS_TTL_SECONDS: Final = 60
"""The TTL of an alias record is that of its target. Route 53's FAQs name 60 s for targets of ELB and S3. AWS documents
none for API Gateway, so 60 s is assumed. Source: aws.amazon.com/route53/faqs, "DNS failover"."""
_REGION: Final = re.compile(r"\.execute-api\.(?P<region>[a-z0-9-]+)\.amazonaws\.com\.?$")

RecordSet = Mapping[str, Any]
"""A record set as Route 53's API returns it (`ResourceRecordSet`)."""
CheckConfig = Mapping[str, Any]
"""A health check as Route 53's API returns it (`HealthCheckConfig`)."""


@dataclass(frozen=True, kw_only=True)
class HealthView:
    """Which health checks are healthy: the configurations by id, and what the checkers found of the endpoints."""

    configs: Mapping[str, CheckConfig]
    endpoints: Mapping[str, bool]

    def is_healthy(self, check_id: str) -> bool:
        """Return whether a check is healthy. One that does not exist is not.

        A new check is healthy until there is enough data. A disabled one is always healthy. Both may be inverted.
        """
        config = self.configs.get(check_id)
        if config is None:
            return False
        if config.get("Disabled"):
            healthy = True
        elif config["Type"] == "CALCULATED":
            healthy = sum(map(self.is_healthy, config.get("ChildHealthChecks", ()))) >= config.get("HealthThreshold", 0)
        else:
            healthy = self.endpoints.get(check_id, True)
        return healthy != bool(config.get("Inverted"))


def select_record(records: Sequence[RecordSet], health: HealthView) -> RecordSet | None:
    """Return the record set of one name and type that answers. A record without a health check is always healthy.

    If no failover record is healthy, the primary one answers.
    """
    if not records or "Failover" not in records[0]:
        return records[0] if records else None
    by_kind = {record["Failover"]: record for record in records}
    primary, secondary = by_kind.get("PRIMARY"), by_kind.get("SECONDARY")
    if primary is None or (not _is_healthy(primary, health) and secondary and _is_healthy(secondary, health)):
        return secondary
    return primary


def _is_healthy(record: RecordSet, health: HealthView) -> bool:
    return "HealthCheckId" not in record or health.is_healthy(record["HealthCheckId"])


@dataclass(frozen=True, kw_only=True)
class Zones:
    """The hosted zones by name, and the address that stands for each region's APIs.

    `acceleration` divides the TTL, as it divides the intervals of the health checks.
    """

    records: Mapping[str, Sequence[RecordSet]]
    health: HealthView
    addresses: Mapping[str, str]
    acceleration: float = 1.0

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """Return the authoritative answer: REFUSED outside of the zones, NXDOMAIN for a name without records."""
        response = dns.message.make_response(query)
        if len(query.question) != 1:
            response.set_rcode(dns.rcode.FORMERR)
            return response
        question = query.question[0]
        name = question.name.to_text().lower()
        zone = max((zone for zone in self.records if f".{name}".endswith(f".{zone}")), key=len, default=None)
        if zone is None:
            response.set_rcode(dns.rcode.REFUSED)
            return response
        response.flags |= dns.flags.AA
        of_name = [record for record in self.records[zone] if record["Name"].lower() == name]
        kinds = (dns.rdatatype.to_text(question.rdtype), "CNAME")
        record = select_record([record for record in of_name if record["Type"] in kinds], self.health)
        if found := self._rrset(question.name, record):
            response.answer.append(found)
        else:
            response.set_rcode(dns.rcode.NOERROR if of_name else dns.rcode.NXDOMAIN)
            response.authority += self._authority(zone)
        return response

    def _authority(self, zone: str) -> list[dns.rrset.RRset]:
        """Return the zone's SOA record, which says how long a resolver keeps a negative answer."""
        start = next((record for record in self.records[zone] if record["Type"] == "SOA"), None)
        found = self._rrset(dns.name.from_text(zone), start)
        return [found] if found else []

    def _rrset(self, name: dns.name.Name, record: RecordSet | None) -> dns.rrset.RRset | None:
        if record is None:
            return None
        if alias := record.get("AliasTarget"):
            match = _REGION.search(alias["DNSName"])
            address = self.addresses.get(match["region"]) if match else None
            values, ttl = [address] if address else [], ALIAS_TTL_SECONDS
        else:
            values, ttl = [value["Value"] for value in record.get("ResourceRecords", ())], record.get("TTL", 0)
        if not values:
            return None
        return dns.rrset.from_text(name, max(1, round(ttl / self.acceleration)), "IN", record["Type"], *values)
