"""`reconcile`, from the options to the exit code."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import click

from standby.cli.merge_outcomes import merge_outcomes
from standby.cli.run_plan import CommandOutcome, Options, print_target, report_outcome, run_plan
from standby.console import Stopwatch, print_progress
from standby.deployment.concurrency import Unavailable, attempt, map_concurrently, run_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Region, Role
from standby.deployment.manifest_reader import read_manifest
from standby.deployment.routing_config import ConfigCopy
from standby.operations.execution.executor import StepFailedError
from standby.operations.facts import journal
from standby.operations.facts.collect import collect_state
from standby.operations.facts.collect_switch import read_copies
from standby.operations.facts.journal import Event
from standby.operations.facts.replication import FULL_DEPTH
from standby.operations.facts.state import State, copies_alone
from standby.operations.plans.reconcile import ReconcileFacts, plan_config, plan_documents

JOURNAL_SECONDS = 30.0


def reconcile(connection: Connection, options: Options, *, verbose: bool, wait_seconds: float) -> None:
    """Reconcile, config.json first and then the documents; each time gather, plan, show, ask, do. Then tell."""
    clock = Stopwatch()
    manifest = read_manifest(connection)
    print_target(connection, manifest)
    plan = plan_config(collect_config_facts(connection, manifest), reason=options.reason)
    gathered = clock.seconds
    ended = CommandOutcome(result="nothing to do", plan=plan)
    if plan.steps or plan.refusals:
        ended = run_plan(connection, manifest, plan, options)
    if not _stops(ended):
        began = clock.seconds
        print_progress("Comparing both regions")
        plan = plan_documents(collect_document_facts(connection, manifest), reason=options.reason)
        gathered += clock.seconds - began
        ended = merge_outcomes(ended, run_plan(connection, manifest, plan, options, wait=wait_seconds))
    if verbose and not options.as_json and ended.run is not None:
        for line in ended.run.details:
            click.echo(line)
    report_outcome(
        connection, manifest, ended, options, seconds={"gathered": round(gathered, 3), "total": clock.seconds}
    )


def _stops(ended: CommandOutcome) -> bool:
    return ended.result in {"refused", "declined", "lost"} or isinstance(ended.error, StepFailedError)


def collect_config_facts(connection: Connection, manifest: Manifest) -> ReconcileFacts:
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


def collect_document_facts(connection: Connection, manifest: Manifest) -> ReconcileFacts:
    """Learn everything that is left, however much: a large bucket takes its time."""
    return _with_journals(connection, collect_state(connection, manifest, depth=FULL_DEPTH))


def _with_journals(connection: Connection, state: State) -> ReconcileFacts:
    manifest = state.manifest
    up = [role for role in ROLES if isinstance(state.copies[role], ConfigCopy)]
    found = read_journals(connection, manifest, *up) if up else {}
    journals = {role: events for role, events in found.items() if isinstance(events, tuple)}
    arn = attempt(partial(_arn, connection, manifest.regions[up[0]])) if up else "unknown"
    events = journal.merge_events(journals.values())
    return ReconcileFacts(
        state=replace(state, events=events),
        journals=journals,
        journal_generation=max((event.generation for event in events), default=0),
        actor=journal.describe_actor(arn if isinstance(arn, str) else "unknown"),
    )


def read_journals(
    connection: Connection, manifest: Manifest, *roles: Role
) -> Mapping[Role, tuple[Event, ...] | Unavailable]:
    """Return every event of these regions' journals, by default of both."""
    asked = {role: partial(_all_events, connection, manifest.regions[role]) for role in roles or ROLES}
    return run_concurrently(asked, seconds=JOURNAL_SECONDS)


def _all_events(connection: Connection, region: Region) -> tuple[Event, ...]:
    s3 = connection.clients.retrying_s3(region.region)
    found = map_concurrently(journal.list_keys(s3, region), lambda key: journal.read_event(s3, region, key))
    return tuple(event for event in found if event is not None)


def _arn(connection: Connection, region: Region) -> str:
    return connection.clients.sts(region.region).get_caller_identity()["Arn"]
