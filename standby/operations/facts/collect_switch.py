"""The facts that a failover or a failback is planned on: asked side by side; only the target's are waited for."""

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from standby.deployment.concurrency import ConcurrentCalls, Unavailable, run_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Region, Role
from standby.deployment.routing_config import ConfigCopies, ConfigCopy, authoritative_copy, read_copy
from standby.operations.facts import journal
from standby.operations.facts.health import DEEP_SECONDS, QUICK_SECONDS, Health, ask_health
from standby.operations.facts.journal import Event
from standby.operations.plans.switch import SwitchFacts

if TYPE_CHECKING:
    from collections.abc import Callable

SWITCH_SECONDS: Final = 3.0
GRACE_SECONDS: Final = 0.5
"""How much longer than for the target's facts, its deep health among them, we wait for those of the region that may be
gone. One that is only slow is then left to `reconcile`."""


def collect_switch_facts(connection: Connection, manifest: Manifest, target: Role) -> SwitchFacts:
    """Learn what a plan that has `target` serve needs."""
    quick, health = _ask(connection, manifest, target)
    copies: ConfigCopies = {role: _copy(quick["copy", role]) for role in ROLES}
    known = [keys for role in ROLES if isinstance(keys := quick["keys", role], tuple)]
    arn = quick["actor", target]
    return SwitchFacts(
        manifest=manifest,
        target=target,
        copies=copies,
        journal_generation=max((journal.parse_generation(key) for keys in known for key in keys), default=0),
        health=health,
        actor=journal.describe_actor(arn if isinstance(arn, str) else "unknown"),
        now=datetime.now(tz=UTC),
        events=_events_of_what_holds(connection, manifest, copies, target),
    )


def read_copies(connection: Connection, manifest: Manifest) -> ConfigCopies:
    """Return both copies of config.json. A region that is down costs three seconds."""
    asked = {role: partial(_read_copy, connection, manifest.regions[role]) for role in ROLES}
    return run_concurrently(asked, seconds=SWITCH_SECONDS)


def _ask(
    connection: Connection, manifest: Manifest, target: Role
) -> tuple[dict[tuple[str, Role], object], Health | Unavailable]:
    region = manifest.regions[target]
    tasks: dict[tuple[str, Role], Callable[[], object]] = {
        ("actor", target): lambda: connection.clients.sts(region.region).get_caller_identity()["Arn"],
        ("quick", target): partial(ask_health, connection, region, deep=False, seconds=QUICK_SECONDS),
        ("deep", target): partial(ask_health, connection, region, deep=True, seconds=DEEP_SECONDS),
    }
    for role in ROLES:
        tasks["copy", role] = partial(_read_copy, connection, manifest.regions[role])
        tasks["keys", role] = partial(_list_keys, connection, manifest.regions[role])
    answers = ConcurrentCalls(tasks)
    answers.wait([(what, target) for what in ("copy", "keys", "actor", "quick")], seconds=SWITCH_SECONDS)
    results_so_far = answers.results_so_far(SWITCH_SECONDS)
    quick, copy = results_so_far["quick", target], results_so_far["copy", target]
    if isinstance(quick, Health) and isinstance(copy, ConfigCopy):
        answers.wait([("deep", target)], seconds=DEEP_SECONDS)
        quick = _health(answers.results_so_far(DEEP_SECONDS)["deep", target])
    answers.wait([key for key in tasks if key != ("deep", target)], seconds=GRACE_SECONDS)
    return answers.results_so_far(GRACE_SECONDS), _health(quick)


def _read_copy(connection: Connection, region: Region) -> ConfigCopy:
    return read_copy(connection.clients.s3(region.region), region)


def _list_keys(connection: Connection, region: Region) -> tuple[str, ...]:
    return journal.list_keys(connection.clients.s3(region.region), region)


def _events_of_what_holds(
    connection: Connection, manifest: Manifest, copies: ConfigCopies, target: Role
) -> tuple[Event, ...]:
    """Return the events that wrote what holds, where the target serves already: they may be unfinished."""
    held = authoritative_copy(copies)
    if held is None or held.config is None or manifest.role_of(held.config.api_url) != target:
        return ()
    generation = held.generation
    up = [manifest.regions[role] for role, copy in copies.items() if isinstance(copy, ConfigCopy)]
    found = run_concurrently(
        {
            region.region: partial(
                journal.read_events_of_generation, connection.clients.s3(region.region), region, generation=generation
            )
            for region in up
        },
        seconds=SWITCH_SECONDS,
    )
    return journal.merge_events(events for events in found.values() if not isinstance(events, Unavailable))


def _copy(value: object) -> ConfigCopy | Unavailable:
    return value if isinstance(value, ConfigCopy | Unavailable) else Unavailable("does not answer")


def _health(value: object) -> Health | Unavailable:
    return value if isinstance(value, Health | Unavailable) else Unavailable("does not answer")
