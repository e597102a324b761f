"""The facts for the plan of a failover or failback, read concurrently. Only the target's facts are awaited."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from standby.deployment.answers import take_text
from standby.deployment.concurrency import ConcurrentCalls, Unavailable, look_twice, run_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Region, Role
from standby.deployment.routing_config import ConfigCopies, ConfigCopy, authoritative_copy, read_copy, serving_role
from standby.operations.facts import journal
from standby.operations.facts.health import DEEP_SECONDS, SHALLOW_SECONDS, Health, confirm_health
from standby.operations.facts.journal import Event

if TYPE_CHECKING:
    from collections.abc import Callable

TARGET_SECONDS: Final = 3.0
"""The maximum wait for the target's quick facts."""
OTHER_REGION_SECONDS: Final = 0.3
"""The extra wait for the other region's facts after all of the target's, including its deep health. The other region
may be lost. If it is only slow, `reconcile` does the rest. With the 0.2 s for its manifest, a region that hangs costs
half a second in all."""


@dataclass(frozen=True, kw_only=True)
class SwitchFacts:
    """The known facts when a command makes the region with the role `target` the serving region.

    `journal_generation` is the highest generation in any journal that answered. `unread_journals` are the others, which
    may have a higher one. `events` are the events that wrote the authoritative config, if the target already serves.
    """

    manifest: Manifest
    target: Role
    copies: ConfigCopies
    journal_generation: int
    health: Health | Unavailable
    actor: str
    now: datetime
    events: tuple[Event, ...] = ()
    unread_journals: Mapping[Role, Unavailable] = field(default_factory=dict)


def collect_switch_facts(connection: Connection, manifest: Manifest, target: Role) -> SwitchFacts:
    """Read the facts for a plan that switches to `target`."""
    quick, health = _read(connection, manifest, target)
    copies: ConfigCopies = {role: _copy(quick["copy", role]) for role in ROLES}
    keys = {role: quick["keys", role] for role in ROLES}
    highest = _highest_generation(keys)
    if any(isinstance(copy, ConfigCopy) and not copy.generation for copy in copies.values()):
        keys |= _list_again(connection, manifest, keys, target, since=highest)
    arn = quick["actor", target]
    return SwitchFacts(
        manifest=manifest,
        target=target,
        copies=copies,
        journal_generation=max(highest, _highest_generation(keys)),
        health=health,
        actor=journal.describe_actor(arn if isinstance(arn, str) else "unknown"),
        now=connection.clients.clock.now(),
        events=_read_events_of_config(connection, manifest, copies, target),
        unread_journals={role: found for role, found in keys.items() if isinstance(found, Unavailable)},
    )


def read_identity(connection: Connection, region: str) -> str:
    """Return the ARN of the operator's identity. Raises botocore's errors."""
    return take_text(connection.clients.sts(region).get_caller_identity(), "Arn")


def read_copies(connection: Connection, manifest: Manifest) -> ConfigCopies:
    """Return both copies of config.json. A region that is down costs three seconds."""
    tasks = {role: partial(look_twice, partial(_read_copy, connection, manifest.regions[role])) for role in ROLES}
    return run_concurrently(tasks, seconds=TARGET_SECONDS)


def _read(
    connection: Connection, manifest: Manifest, target: Role
) -> tuple[dict[tuple[str, Role], object], Health | Unavailable]:
    region = manifest.regions[target]
    tasks: dict[tuple[str, Role], Callable[[], object]] = {
        ("actor", target): partial(read_identity, connection, region.region),
        ("shallow", target): partial(confirm_health, connection, region, deep=False, seconds=SHALLOW_SECONDS),
        ("deep", target): partial(confirm_health, connection, region, deep=True, seconds=DEEP_SECONDS),
    }
    for role in ROLES:
        tasks["copy", role] = partial(look_twice, partial(_read_copy, connection, manifest.regions[role]), hedge=True)
        tasks["keys", role] = partial(look_twice, partial(_list_keys, connection, manifest.regions[role]), hedge=True)
    calls = ConcurrentCalls(tasks)
    calls.wait([(what, target) for what in ("copy", "keys", "actor", "shallow")], seconds=TARGET_SECONDS)
    results = calls.results_so_far(TARGET_SECONDS)
    health, copy = results["shallow", target], results["copy", target]
    if isinstance(health, Health) and isinstance(copy, ConfigCopy):
        calls.wait([("deep", target)], seconds=DEEP_SECONDS)
        health = calls.results_so_far(DEEP_SECONDS)["deep", target]
    calls.wait([key for key in tasks if key != ("deep", target)], seconds=OTHER_REGION_SECONDS)
    return calls.results_so_far(), _health(health)


def _list_again(
    connection: Connection, manifest: Manifest, keys: Mapping[Role, object], target: Role, *, since: int
) -> dict[Role, object]:
    """List the last events of each journal that answered, because a copy without a generation was read.

    Such a copy hides the generation that it replaced. The command that wrote this generation wrote its event before, so
    a journal that is listed after the copy was read has it.
    """
    tasks = {
        role: partial(look_twice, partial(_list_since, connection, manifest.regions[role], since), hedge=True)
        for role, found in keys.items()
        if isinstance(found, tuple)
    }
    calls = ConcurrentCalls(tasks)
    calls.wait([role for role in tasks if role == target], seconds=TARGET_SECONDS)
    calls.wait(list(tasks), seconds=OTHER_REGION_SECONDS)
    return {**calls.results_so_far(TARGET_SECONDS)}


def _read_copy(connection: Connection, region: Region) -> ConfigCopy:
    return read_copy(connection.clients.s3(region.region), region)


def _list_keys(connection: Connection, region: Region) -> tuple[str, ...]:
    return journal.list_recent_keys(connection.clients.s3(region.region), region, generations=0)


def _list_since(connection: Connection, region: Region, since: int) -> tuple[str, ...]:
    return journal.list_keys_since(connection.clients.s3(region.region), region, since)


def _highest_generation(keys: Mapping[Role, object]) -> int:
    found = [one for one in keys.values() if isinstance(one, tuple)]
    return max((journal.parse_generation(key) for one in found for key in one), default=0)


def _read_events_of_config(
    connection: Connection, manifest: Manifest, copies: ConfigCopies, target: Role
) -> tuple[Event, ...]:
    """Return the event of the authoritative config if the target already serves: it may be unfinished."""
    authoritative = authoritative_copy(copies)
    if authoritative is None or authoritative.config is None or serving_role(manifest, copies) != target:
        return ()
    regions = [manifest.regions[role] for role, copy in copies.items() if isinstance(copy, ConfigCopy)]
    tasks = {
        region.region: partial(
            journal.read_events_of_config, connection.clients.s3(region.region), region, authoritative.config
        )
        for region in regions
    }
    found = run_concurrently(tasks, seconds=TARGET_SECONDS)
    return journal.merge_events(events for events in found.values() if not isinstance(events, Unavailable))


def _copy(value: object) -> ConfigCopy | Unavailable:
    return value if isinstance(value, ConfigCopy | Unavailable) else Unavailable("does not answer")


def _health(value: object) -> Health | Unavailable:
    return value if isinstance(value, Health | Unavailable) else Unavailable("does not answer")
