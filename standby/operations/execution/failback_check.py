"""Check a failback's preconditions: wait until both regions have settled, and check the primary's health repeatedly."""

import time
from collections.abc import Iterator
from typing import Final

from standby.console import STILL_SECONDS, Stopwatch, print_progress
from standby.deployment.concurrency import Unavailable, attempt
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest
from standby.deployment.routing_config import ConfigCopies, moves_users, serving_role
from standby.operations.facts.collect import collect_state
from standby.operations.facts.documents import FAILBACK_DEPTH
from standby.operations.facts.health import DEEP_SECONDS, Health, confirm_health
from standby.operations.facts.state import State
from standby.operations.facts.switch_facts import SwitchFacts, read_copies
from standby.operations.plans.failback_preconditions import (
    NOT_COMPARED,
    USERS_MOVED,
    settles_by_itself,
    unmet_preconditions,
    unreadable_regions,
)
from standby.operations.plans.plan import Refusal

PAUSE_SECONDS: Final = 1.0
EVENT_SECONDS: Final = 5.0
"""How long a document may be in the bucket, and no message about it in the queue: then its event is lost. S3 delivers
events "in seconds", at times later. Source: docs.aws.amazon.com, Amazon S3, "Amazon S3 Event Notifications"."""


def check_preconditions(
    connection: Connection, manifest: Manifest, *, checks: int, wait_seconds: float
) -> tuple[Refusal, ...] | None:
    """Return the preconditions that do not hold; None if no user would move, because then none applies.

    If a region is down, return without comparing the regions.
    """
    unreadable = unreadable_regions(manifest, read_copies(connection, manifest))
    if unreadable:
        return unreadable
    print_progress("Comparing both regions")
    state = wait_for_settled_state(connection, manifest, wait_seconds=wait_seconds)
    if not _may_move_users(manifest, state.copies):
        return None
    return unmet_preconditions(state, tuple(check_primary(connection, manifest, checks=checks)))


def recheck_preconditions(checked: tuple[Refusal, ...] | None, facts: SwitchFacts) -> tuple[Refusal, ...]:
    """Return the checked preconditions. Add a refusal if another command moved users since they were checked."""
    if checked is None and _may_move_users(facts.manifest, facts.copies):
        return (USERS_MOVED,)
    return checked or ()


def _may_move_users(manifest: Manifest, copies: ConfigCopies) -> bool:
    """Return whether a failback may move users: either copy that decides where they are names the failover region.

    A failover that runs at the same time writes the failover bucket first. If the copies are read before and after it,
    only the primary region's copy shows it.
    """
    return moves_users(manifest, copies, "primary") or serving_role(manifest, copies) != "primary"


def overridden_preconditions(manifest: Manifest, copies: ConfigCopies) -> tuple[Refusal, ...]:
    """Return the refusals that `--force` overrides, without checking them.

    `--force` is the way out when the serving region is lost, so it does not wait for the checks that it overrides.
    """
    return unreadable_regions(manifest, copies) or (NOT_COMPARED,)


def wait_for_settled_state(connection: Connection, manifest: Manifest, *, wait_seconds: float) -> State:
    """Return the state when no document and no job is in progress any more, or after `wait_seconds`."""
    stopwatch, report_at = Stopwatch(), 0.0
    while True:
        state = collect_state(connection, manifest, depth=FAILBACK_DEPTH)
        reasons = [refusal.reason for refusal in unmet_preconditions(state, ())]
        events_may_come = stopwatch.seconds < EVENT_SECONDS
        moves = _may_move_users(manifest, state.copies)
        settling = moves and reasons and settles_by_itself(state, events_may_come=events_may_come)
        if not settling or stopwatch.seconds > wait_seconds:
            return state
        if stopwatch.seconds >= report_at:
            report_at = stopwatch.seconds + STILL_SECONDS
            print_progress(f"Waiting until this has settled: {'; '.join(reasons)}")
        time.sleep(PAUSE_SECONDS)


def check_primary(connection: Connection, manifest: Manifest, *, checks: int) -> Iterator[Health | Unavailable]:
    """Call the deep health check of the primary's API N times, one second apart, until a call is not healthy.

    The check is deep, because a shallow answer may be five seconds old.
    """
    region = manifest.regions["primary"]
    for number in range(1, checks + 1):
        if number > 1:
            time.sleep(PAUSE_SECONDS)
        health = attempt(lambda: confirm_health(connection, region, deep=True, seconds=DEEP_SECONDS))
        yield health
        said = health if isinstance(health, Unavailable) else health.status
        print_progress(f"check {number} of {checks}: {region.region} {said}")
        if isinstance(health, Unavailable) or not health.healthy:
            return
