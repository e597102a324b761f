"""The answers of the rehearsal's DNS server: Route 53's rules for failover records and health checks."""

from collections.abc import Mapping
from typing import Any, Final

import dns.message
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.rehearsal.dns.zones import HealthView, Zones, select_record

NAME: Final = "api.example.com."
ADDRESSES: Final = {"us-west-2": "192.0.2.11", "us-east-1": "192.0.2.12"}
CHECKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "health": {"Type": "HTTPS"},
    "serving": {"Type": "HTTPS_STR_MATCH"},
    "both": {"Type": "CALCULATED", "ChildHealthChecks": ["health", "serving"], "HealthThreshold": 2},
}


def record(kind: str, region: str, **more: object) -> Mapping[str, Any]:
    alias = {"DNSName": f"api.example.com.execute-api.{region}.amazonaws.com."}
    return {"Name": NAME, "Type": "A", "Failover": kind, "SetIdentifier": kind, "AliasTarget": alias, **more}


PRIMARY: Final = record("PRIMARY", "us-west-2", HealthCheckId="both")
SECONDARY: Final = record("SECONDARY", "us-east-1")
START: Final = {
    "Name": "example.com.",
    "Type": "SOA",
    "TTL": 900,
    "ResourceRecords": [{"Value": "ns.example.com. admin.example.com. 1 7200 900 1209600 86400"}],
}


def zones(*records: Mapping[str, Any], acceleration: float = 1.0, **endpoints: bool) -> Zones:
    health = HealthView(configs=CHECKS, endpoints=endpoints)
    found = records or (PRIMARY, SECONDARY)
    return Zones(
        records={"example.com.": (START, *found)}, health=health, addresses=ADDRESSES, acceleration=acceleration
    )


def address(of: Zones, name: str = NAME) -> str:
    (answer,) = of.answer(dns.message.make_query(name, "A")).answer
    return str(answer[0])


@given(st.booleans(), st.booleans())
def test_the_primary_answers_if_and_only_if_both_checks_are_healthy(health: bool, serving: bool) -> None:  # noqa: FBT001 - hypothesis
    expected = ADDRESSES["us-west-2" if health and serving else "us-east-1"]
    assert address(zones(health=health, serving=serving)) == expected


def test_a_calculated_check_that_needs_one_child_would_ignore_config_json() -> None:
    loose = {**CHECKS, "both": {**CHECKS["both"], "HealthThreshold": 1}}
    view = HealthView(configs=loose, endpoints={"health": True, "serving": False})
    assert select_record((PRIMARY, SECONDARY), view) == PRIMARY


def test_if_no_record_is_healthy_the_primary_answers() -> None:
    sick = record("SECONDARY", "us-east-1", HealthCheckId="health")
    assert address(zones(PRIMARY, sick, health=False)) == ADDRESSES["us-west-2"]


@pytest.mark.parametrize(
    "changes, healthy",
    [
        ({}, False),
        ({"Inverted": True}, True),
        ({"Disabled": True}, True),
        ({"Disabled": True, "Inverted": True}, False),
    ],
)
def test_inversion_and_a_disabled_check_are_obeyed(changes: Mapping[str, bool], healthy: bool) -> None:  # noqa: FBT001 - a case
    view = HealthView(configs={"health": {**CHECKS["health"], **changes}}, endpoints={"health": False})
    assert view.is_healthy("health") is healthy


def test_a_check_that_does_not_exist_is_not_healthy() -> None:
    gone = record("PRIMARY", "us-west-2", HealthCheckId="gone")
    assert address(zones(gone, SECONDARY)) == ADDRESSES["us-east-1"]


def test_the_ttl_of_an_alias_is_a_minute_divided_by_the_acceleration() -> None:
    (answer,) = zones(acceleration=10).answer(dns.message.make_query(NAME, "A")).answer
    assert answer.ttl == 6


@pytest.mark.parametrize(
    "name, kind, code",
    [
        ("API.example.com", "AAAA", dns.rcode.NOERROR),
        ("other.example.com", "A", dns.rcode.NXDOMAIN),
        ("example.org", "A", dns.rcode.REFUSED),
        ("notexample.com", "A", dns.rcode.REFUSED),
    ],
)
def test_a_name_without_an_answer_has_the_code_that_dns_has_for_it(name: str, kind: str, code: int) -> None:
    response = zones().answer(dns.message.make_query(name, kind))
    assert (response.rcode(), response.answer) == (code, [])
    assert bool(response.authority) is (code != dns.rcode.REFUSED)


def test_the_case_of_a_name_does_not_matter() -> None:
    assert address(zones(), "Api.Example.Com") == ADDRESSES["us-west-2"]
