"""What the steps of a failover and a failback do."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from standby.deployment.concurrency import NoAnswerError, Unavailable, attempt, explain, map_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Role
from standby.deployment.routing_config import (
    KEY,
    ConfigCopy,
    PreconditionFailedError,
    RoutingConfig,
    authoritative_copy,
    parse_config,
    read_copy,
    write_copy,
)
from standby.errors import RefusedError
from standby.operations.execution.executor import ConflictError, PlanRun, StepFailedError, finish_event
from standby.operations.facts import journal
from standby.operations.facts.health import ask_health
from standby.operations.facts.journal import Event, PendingWrite
from standby.operations.plans.plan import PutConfig, VerifyEdge, VerifyHealth, WriteIntent

EDGE_SECONDS: Final = 5.0
HEALTH_SECONDS: Final = 5.0
EDGE_PAUSE_SECONDS: Final = 0.1
ROUNDS: Final = 5
"""How often copies are brought together while somebody else writes them too; the second round is rare."""


class SwitchSteps:
    """The steps, on one deployment."""

    def __init__(self, connection: Connection, manifest: Manifest) -> None:
        self._connection = connection
        self._manifest = manifest

    def write_intent(self, run: PlanRun, action: WriteIntent) -> str:
        """Write the event; this also proves that the bucket takes writes. Raises `RefusedError` when it does not."""
        region, event = self._manifest.regions[action.role], _event(run)
        try:
            journal.write_event(self._connection.clients.s3(region.region), region, event)
        except (ClientError, BotoCoreError) as error:
            raise RefusedError(
                f"The frontend bucket of {region.region} {explain(error)}: config.json could not be written either.",
                hint="Nothing was changed. `standby status` shows what is up.",
            ) from error
        return event.key

    def put_config(self, run: PlanRun, action: PutConfig) -> str:
        """Replace one copy. The target's must be written; the other region's is noted where it cannot be."""
        seen = action.seen
        try:
            write_copy(self._connection.clients.s3(seen.region), seen, action.text)
        except PreconditionFailedError:
            return self._settle(action.config)
        except (ClientError, BotoCoreError) as error:
            if seen.region == run.plan.target:
                raise StepFailedError(f"the bucket {explain(error)}", fatal=True) from error
            run.pending_writes.append(PendingWrite(region=seen.region, what=KEY, why=f"{seen.region} {explain(error)}"))
            return f"not now: {seen.region} {explain(error)}"
        return f"generation {action.config.generation}"

    def invalidate(self, run: PlanRun) -> str:
        """Ask CloudFront to forget the file. It is not cached, so a failure is only noted.

        CloudFront's control plane is in us-east-1. Source: docs.aws.amazon.com, AWS Fault Isolation Boundaries,
        Appendix B.
        """
        try:
            self._connection.clients.cloudfront().create_invalidation(
                DistributionId=self._manifest.distribution_id,
                InvalidationBatch={
                    "Paths": {"Quantity": 1, "Items": [f"/{KEY}"]},
                    "CallerReference": _reference(run),
                },
            )
        except (ClientError, BotoCoreError) as error:
            run.notes.append(f"CloudFront {explain(error)}: no invalidation, and none is needed")
            return f"CloudFront {explain(error)}; none is needed, for the file is not cached"
        return ""

    def verify_edge(self, action: VerifyEdge) -> str:
        """Read the file through the edge until it is the right one. Raises `StepFailedError` after five seconds."""
        deadline = time.monotonic() + EDGE_SECONDS
        while True:
            seen = self._edge(int(time.time() * 1000))
            if isinstance(seen, RoutingConfig) and seen == action.config:
                return f"{seen.region}, generation {seen.generation}"
            if time.monotonic() > deadline:
                raise StepFailedError(f"after {EDGE_SECONDS:.0f} s {self._manifest.site_url} shows {_told(seen)}")
            time.sleep(EDGE_PAUSE_SECONDS)

    def verify_health(self, action: VerifyHealth) -> str:
        """Ask the API that serves now. Raises `StepFailedError` when it is not healthy."""
        region = self._manifest.regions[action.role]
        try:
            health = ask_health(self._connection, region, deep=False, seconds=HEALTH_SECONDS)
        except NoAnswerError as error:
            raise StepFailedError(f"the API {error.message}") from error
        if not health.healthy:
            raise StepFailedError(f"the API is {health.status}")
        return f"healthy, {health.milliseconds} ms"

    def close(self, run: PlanRun) -> str:
        """Write into both journals how it ended. What cannot be written is noted."""
        if run.event is None:
            return ""
        run.event = finish_event(run.event, run)

        def write(role: Role) -> str:
            region = self._manifest.regions[role]
            if any(part.region == region.region and part.what == KEY for part in run.pending_writes):
                return f"not now in {region.region}"
            try:
                journal.write_event(self._connection.clients.s3(region.region), region, _event(run))
            except (ClientError, BotoCoreError) as error:
                return f"not now in {region.region}: {explain(error)}"
            return ""

        return "; ".join(text for text in map_concurrently(ROLES, write) if text)

    def _edge(self, nonce: int) -> RoutingConfig | str:
        try:
            answer = self._connection.request("GET", f"{self._manifest.site_url}/{KEY}?fresh={nonce}")
            return parse_config(answer.body.decode("utf-8", errors="replace"))
        except NoAnswerError as error:
            return f"nothing: it {error.message}"
        except ValueError:
            return f"no config.json: it answers {answer.status}"

    def _settle(self, mine: RoutingConfig) -> str:
        """Make both copies agree after another write. Raises `ConflictError` when that one is authoritative."""
        held = self._brought_together()
        if held.config == mine:
            return f"generation {mine.generation}, after another command's write"
        winner = self._winner(held)
        raise ConflictError(_told_who(held, winner), held=held, winner=winner)

    def _brought_together(self) -> ConfigCopy:
        for _ in range(ROUNDS):
            copies = {role: attempt(_reading(self._connection, self._manifest, role)) for role in ROLES}
            held = authoritative_copy(copies)
            if held is None or held.config is None:
                break
            stale = [copy for copy in copies.values() if isinstance(copy, ConfigCopy) and copy.config != held.config]
            if held.config.manually_edited or all(self._mended(copy, held) for copy in stale):
                return held
        raise StepFailedError("config.json cannot be read any more, or somebody goes on writing it", fatal=True)

    def _mended(self, copy: ConfigCopy, held: ConfigCopy) -> bool:
        """Bring one copy to what holds; False when it changed meanwhile: what holds has to be found out again."""
        try:
            write_copy(self._connection.clients.s3(copy.region), copy, held.text)
        except PreconditionFailedError:
            return False
        except (ClientError, BotoCoreError):  # that region is down by now: `reconcile` does it later
            return True
        return True

    def _winner(self, held: ConfigCopy) -> Event | None:
        config = held.config
        if config is None or config.generation is None:
            return None
        for role in ROLES:
            events = attempt(partial(self._events_of, role, config.generation))
            if not isinstance(events, Unavailable):
                found = journal.find_event_of_config(events, generation=config.generation, updated_at=config.updated_at)
                if found is not None:
                    return found
        return None

    def _events_of(self, role: Role, generation: int) -> tuple[Event, ...]:
        region = self._manifest.regions[role]
        return journal.read_events_of_generation(
            self._connection.clients.s3(region.region), region, generation=generation
        )


def _reading(connection: Connection, manifest: Manifest, role: Role) -> Callable[[], ConfigCopy]:
    region = manifest.regions[role]
    return lambda: read_copy(connection.clients.s3(region.region), region)


def _event(run: PlanRun) -> Event:
    if run.event is None:
        raise ValueError("a plan without an event has no step that writes one")
    return run.event


def _reference(run: PlanRun) -> str:
    return run.event.id if run.event else f"{datetime.now(tz=UTC):%Y%m%dT%H%M%S%f}"


def _told(seen: RoutingConfig | str) -> str:
    if isinstance(seen, str):
        return seen
    return f"{seen.region or seen.api_url}, generation {seen.generation or 'none: written by hand'}"


def _told_who(held: ConfigCopy, winner: Event | None) -> str:
    config = held.config
    if config is None:
        return "another command was faster"
    if config.manually_edited:
        return f"somebody wrote config.json by hand meanwhile; it holds now: {config.api_url}"
    who = f"{winner.actor} with `standby {winner.command}`" if winner else "somebody whom no journal names"
    return f"{who} was faster; what holds now: {config.region} ({config.role}), generation {config.generation}"
