"""`journal`, from the options to the table."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import click

from standby.cli.options import print_json
from standby.cli.run_plan import print_target
from standby.deployment.concurrency import Unavailable, map_concurrently, run_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Region, Role
from standby.deployment.manifest_reader import read_manifest
from standby.errors import RefusedError
from standby.operations.facts import journal
from standby.operations.facts.journal import Event, event_json

FIRST_ANSWER_SECONDS: Final = 3.0
READING_SECONDS: Final = 30.0
"""For a journal that answers: a thousand keys are a page, and over a slow link many pages take their time."""


@dataclass(frozen=True, kw_only=True)
class Journal:
    """One region's journal: the keys of all its events, and the last events themselves."""

    keys: frozenset[str]
    events: tuple[Event, ...]


def show_journal(connection: Connection, *, last: int, as_json: bool) -> None:
    """Print the last events of both journals. Raises `RefusedError` when neither region answers."""
    manifest = read_manifest(connection)
    print_target(connection, manifest)
    found = _read_journals(connection, manifest, last=last)
    known = {role: read for role, read in found.items() if isinstance(read, Journal)}
    if not known:
        reasons = "; ".join(f"{manifest.regions[role].region} {why}" for role, why in found.items())
        raise RefusedError(f"No journal can be read: {reasons}.", hint="`standby status` shows what is up.")
    events = journal.merge_events(read.events for read in known.values())[-last:]
    missing = {
        event.key: [manifest.regions[role].region for role, read in known.items() if event.key not in read.keys]
        for event in events
    }
    if as_json:
        unavailable = {manifest.regions[role].region: str(why) for role, why in found.items() if role not in known}
        shown = [event_json(event) | {"missingIn": missing[event.key]} for event in events]
        print_json({"events": shown, "unavailable": unavailable})
        return
    _print(events, missing)


def _read_journals(connection: Connection, manifest: Manifest, *, last: int) -> Mapping[Role, Journal | Unavailable]:
    """Read both journals side by side. Each has three seconds for its first answer, and only then longer."""
    asked = {role: partial(_first_page, connection, manifest.regions[role]) for role in ROLES}
    silent = {
        role: answer
        for role, answer in run_concurrently(asked, seconds=FIRST_ANSWER_SECONDS).items()
        if isinstance(answer, Unavailable)
    }
    reading = {
        role: partial(_read_journal, connection, manifest.regions[role], last=last)
        for role in ROLES
        if role not in silent
    }
    return {**silent, **run_concurrently(reading, seconds=READING_SECONDS)}


def _first_page(connection: Connection, region: Region) -> int:
    s3 = connection.clients.s3(region.region)
    return s3.list_objects_v2(Bucket=region.frontend_bucket, Prefix=journal.PREFIX)["KeyCount"]


def _read_journal(connection: Connection, region: Region, *, last: int) -> Journal:
    """Read all keys and the last events: the last of both journals are among the last of each."""
    s3 = connection.clients.s3(region.region)
    keys = journal.list_keys(s3, region)
    read = dict(zip(keys[-last:], map_concurrently(keys[-last:], partial(journal.read_event, s3, region)), strict=True))
    unreadable = {key for key, event in read.items() if event is None}
    return Journal(
        keys=frozenset(keys) - unreadable, events=tuple(event for event in read.values() if event is not None)
    )


def _print(events: tuple[Event, ...], missing: dict[str, list[str]]) -> None:
    if not events:
        click.echo("The journal is empty: nobody has failed over yet.")
    for event in events:
        moved = f" {event.source or '?'} -> {event.target}" if event.target else ""
        click.echo(f"{event.generation:>4}  {event.started_at[:19]}Z  {event.command}{moved}: {event.result}")
        click.echo(f"      by {event.actor}{', because: ' + event.reason if event.reason else ''}")
        for part in event.pending_writes:
            click.echo(f"      not written: {part.what} in {part.region} ({part.why})")
        if missing[event.key]:
            click.echo(f"      not yet in the journal of {', '.join(missing[event.key])}")
