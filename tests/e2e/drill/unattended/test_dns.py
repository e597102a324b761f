"""The API's name in DNS, which follows config.json and the health of the primary region."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from standby.deadline import poll
from standby.deployment.sessions import EmulatorSession
from standby.drill.measure.records import Outcome
from standby.drill.operator_process import run_command
from standby.drill.scenarios.dns import DRILL_BOUND_SECONDS
from standby.rehearsal.dns.process import addresses
from standby.rehearsal.network.network import ApiName, Client
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.drill.helpers import missed, missed_except_times, run_one


def api_name(rehearsal: Rehearsal) -> ApiName:
    found = rehearsal.network.api_name
    assert found is not None
    return found


def route53(rehearsal: Rehearsal) -> Any:  # noqa: ANN401 - the stubs of Route 53 are not installed
    return EmulatorSession(region="us-east-1", endpoint=rehearsal.endpoint).client("route53")


def answers(rehearsal: Rehearsal, role: str, *, seconds: float = 3 * DRILL_BOUND_SECONDS) -> bool:
    """Return whether DNS answers the region of this role within the time that it has."""
    name = api_name(rehearsal)
    wanted = addresses(rehearsal.deployment)[rehearsal.deployment.regions[role].region]  # type: ignore[index] # a role
    return poll(lambda: (found := name.resolve()) is not None and found.address == wanted, seconds=seconds, pause=0.2)


@contextmanager
def changed_check(rehearsal: Rehearsal, check_id: str, **changes: object) -> Iterator[None]:
    client = route53(rehearsal)
    before = client.get_health_check(HealthCheckId=check_id)["HealthCheck"]["HealthCheckConfig"]
    client.update_health_check(HealthCheckId=check_id, **changes)
    try:
        yield
    finally:
        same = {key: before[key] for key in changes}
        client.update_health_check(HealthCheckId=check_id, **same)


def test_each_region_s_api_answers_under_the_name_with_a_valid_certificate(named: Rehearsal) -> None:
    client, name = Client(named.network), api_name(named)
    for region, address in addresses(named.deployment).items():
        response = client.request("GET", f"https://{name.name}/health", address=address)
        assert response.json()["region"] == region


def test_status_shows_which_region_the_name_answers(named: Rehearsal) -> None:
    assert answers(named, "primary")
    options = ("--directory", str(named.paths.directory))
    dns: Any = run_command("status", "--json", options=options, seconds=120).document["dns"]
    assert (dns["name"], dns["region"]) == (api_name(named).name, named.deployment.regions["primary"].region)
    assert (dns["ttlSeconds"] > 0, dns["whyUnknown"]) == (True, None)


def test_dns_follows_config_json_and_a_lost_region_and_does_not_fall_back(named: Rehearsal) -> None:
    report = run_one(named, "dns-follows-config")
    assert report.result in {Outcome.PASSED, Outcome.MISSED}
    assert (report.reason, missed_except_times(report)) == ("", {})


def test_a_check_that_searches_another_text_leaves_a_healthy_region(named: Rehearsal) -> None:
    dns = named.deployment.dns
    assert dns is not None
    with changed_check(named, dns.serving_health_check_id, SearchString='"role":"nobody"'):
        assert answers(named, "failover")
    assert answers(named, "primary")


def test_a_check_that_is_satisfied_by_any_file_fails_the_drill(named: Rehearsal) -> None:
    dns = named.deployment.dns
    assert dns is not None
    with changed_check(named, dns.serving_health_check_id, SearchString="apiUrl"):
        report = run_one(named, "dns-follows-config")
    assert report.result is not Outcome.PASSED
    assert "answers of the returned region before failback" in missed(report)
