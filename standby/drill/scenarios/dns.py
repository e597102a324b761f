"""The scenario of clients that find the API by DNS, which follows `config.json` and a lost region."""

from typing import Final

from standby.drill.context import ScenarioContext
from standby.drill.measure.objectives import at_most, zero
from standby.drill.observe.dns_client import DnsClient
from standby.drill.scenario import Scenario
from standby.errors import StandbyError
from standby.rehearsal.dns.process import ACCELERATION
from standby.rehearsal.dns.zones import ALIAS_TTL_SECONDS
from warm_standby.settings.dns import FAILURE_THRESHOLD, INTERVAL_SECONDS

BOUND_SECONDS: Final = INTERVAL_SECONDS * FAILURE_THRESHOLD + ALIAS_TTL_SECONDS
"""The longest gap: as many failed checks as the threshold, and then the TTL of an answer that a resolver still has."""
OWN_SECONDS: Final = 2.0
"""What the drill adds to the bound: how often it reads the zone and asks, and the checks' own duration."""
DRILL_BOUND_SECONDS: Final = BOUND_SECONDS / ACCELERATION + OWN_SECONDS
PATIENCE: Final = 3.0
"""How many times the bound the drill waits before it gives up, and twice as long as a fall back would need."""


def _run_dns_follows_config(context: ScenarioContext) -> None:
    client = _require_client(context)
    primary, failover = (context.deployment.regions[role].region for role in ("primary", "failover"))
    patience = DRILL_BOUND_SECONDS * PATIENCE
    context.note(
        f"Clients of {client.name}: on AWS at most {BOUND_SECONDS} s ({FAILURE_THRESHOLD} checks x {INTERVAL_SECONDS} s"
        f" + TTL {ALIAS_TTL_SECONDS} s). Here DNS runs {ACCELERATION:g} times as fast"
    )
    client.start()
    try:
        client.wait_for(primary, seconds=patience)
        lost = context.clock.now()
        context.inject("region-down", "primary")
        client.wait_for(failover, seconds=patience, since=lost)
        context.measures["dns_gap_seconds"] = round(client.longest_gap(), 2)
        context.failover()
        context.heal()
        returned = context.clock.now()
        context.wait(2 * DRILL_BOUND_SECONDS)
        context.measures["dns_answers_after_return"] = client.count(primary, since=returned)
        context.run_with_retries("reconcile")
        context.run_with_retries("failback")
        back = context.clock.now()
        context.measures["dns_failback_seconds"] = round(
            client.wait_for(primary, seconds=patience, since=back) - back, 2
        )
        context.failover()
        moved = context.clock.now()
        context.measures["dns_failover_seconds"] = round(
            client.wait_for(failover, seconds=patience, since=moved) - moved, 2
        )
    finally:
        client.stop()


def _require_client(context: ScenarioContext) -> DnsClient:
    if context.dns_client is None:
        raise StandbyError("The API has no name in DNS here.")
    return context.dns_client()


DNS_SCENARIOS: Final = (
    Scenario(
        name="dns-follows-config",
        summary="Clients find the API by DNS. The primary region is lost: DNS follows its health check. It returns "
        "after a failover: DNS does not fall back. Then DNS follows config.json to a failback and to a failover.",
        run=_run_dns_follows_config,
        objectives=(
            at_most("API gap of clients by DNS", "dns_gap_seconds", DRILL_BOUND_SECONDS),
            zero("answers of the returned region before failback", "dns_answers_after_return"),
            at_most("DNS after a failback", "dns_failback_seconds", DRILL_BOUND_SECONDS),
            at_most("DNS after a failover", "dns_failover_seconds", DRILL_BOUND_SECONDS),
        ),
        load={"question": 2.0},
        needs_dns=True,
    ),
)
