"""`reconcile`, from the options to the exit code."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import click

from standby.cli.merge_outcomes import both
from standby.cli.options import Clock
from standby.cli.run_plan import Ended, Options, headline, run_plan, tell
from standby.deployment.concurrency import Unknown, attempt, in_parallel, side_by_side
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Region, Role
from standby.deployment.manifest_reader import read_manifest
from standby.operations.execution.executor import StepFailedError, say
from standby.operations.facts import journal
from standby.operations.facts.collect import gather_state
from standby.operations.facts.collect_switch import read_copies
from standby.operations.facts.journal import Event
from standby.operations.facts.replication import WHOLE
from standby.operations.facts.routing_config import Copy
from standby.operations.facts.state import State, copies_alone
from standby.operations.plans.reconcile import ReconcileFacts, plan_config, plan_documents

SECONDS = 30.0


def reconcile(connection: Connection, options: Options, *, verbose: bool, wait_seconds: float) -> None:
    """Reconcile, config.json first and then the documents; each time gather, plan, show, ask, do. Then tell."""
    clock = Clock()
    manifest = read_manifest(connection)
    headline(connection, manifest)
    plan = plan_config(gather_config(connection, manifest), reason=options.reason)
    gathered = clock.seconds
    ended = Ended(result="nothing to do", plan=plan)
    if plan.steps or plan.refusals:
        ended = run_plan(connection, manifest, plan, options)
    if not _stops(ended):
        began = clock.seconds
        say("Comparing both regions")
        plan = plan_documents(gather_documents(connection, manifest), reason=options.reason)
        gathered += clock.seconds - began
        ended = both(ended, run_plan(connection, manifest, plan, options, wait=wait_seconds))
    if verbose and not options.as_json and ended.run is not None:
        for line in ended.run.details:
            click.echo(line)
    tell(connection, manifest, ended, options, seconds={"gathered": round(gathered, 3), "total": clock.seconds})


def _stops(ended: Ended) -> bool:
    return ended.result in {"refused", "declined", "lost"} or isinstance(ended.error, StepFailedError)


def gather_config(connection: Connection, manifest: Manifest) -> ReconcileFacts:
    """Learn what config.json says in both regions, at once: a region that is down costs three seconds."""
    copies = read_copies(connection, manifest)
    state = State(
        manifest=manifest,
        where=connection.where,
        now=datetime.now(tz=UTC),
        regions={role: copies_alone(manifest, role, copy) for role, copy in copies.items()},
        events=(),
    )
    return _with_journals(connection, state)


def gather_documents(connection: Connection, manifest: Manifest) -> ReconcileFacts:
    """Learn everything that is left, however much: a large bucket takes its time."""
    return _with_journals(connection, gather_state(connection, manifest, depth=WHOLE))


def _with_journals(connection: Connection, state: State) -> ReconcileFacts:
    manifest = state.manifest
    up = [role for role in ROLES if isinstance(state.copies[role], Copy)]
    found = read_journals(connection, manifest, *up) if up else {}
    journals = {role: events for role, events in found.items() if isinstance(events, tuple)}
    arn = attempt(partial(_arn, connection, manifest.regions[up[0]])) if up else "unknown"
    events = journal.merged(journals.values())
    return ReconcileFacts(
        state=replace(state, events=events),
        journals=journals,
        journal_generation=max((event.generation for event in events), default=0),
        actor=journal.actor(arn if isinstance(arn, str) else "unknown"),
    )


def read_journals(
    connection: Connection, manifest: Manifest, *roles: Role
) -> Mapping[Role, tuple[Event, ...] | Unknown]:
    """Return every event of these regions' journals, by default of both."""
    asked = {role: partial(_all_events, connection, manifest.regions[role]) for role in roles or ROLES}
    return side_by_side(asked, seconds=SECONDS)


def _all_events(connection: Connection, region: Region) -> tuple[Event, ...]:
    s3 = connection.clients.retrying_s3(region.region)
    found = in_parallel(journal.list_keys(s3, region), lambda key: journal.read_event(s3, region, key))
    return tuple(event for event in found if event is not None)


def _arn(connection: Connection, region: Region) -> str:
    return connection.clients.sts(region.region).get_caller_identity()["Arn"]
