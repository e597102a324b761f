"""`journal`, from the options to the table."""

import click

from standby.errors import RefusedError
from standby.operate import journal
from standby.operate.connection import connect
from standby.operate.journal import Event, event_json
from standby.operate.manifest import read_manifest
from standby.operate.options import print_json
from standby.operate.place import Place
from standby.operate.reconcile_command import read_journals
from standby.operate.switch_command import headline


def show_journal(place: Place, *, last: int, as_json: bool) -> None:
    """Print the last events of both journals. Raises `RefusedError` when neither region answers."""
    connection = connect(place)
    manifest = read_manifest(connection)
    headline(connection, manifest)
    found = read_journals(connection, manifest)
    known = {role: events for role, events in found.items() if isinstance(events, tuple)}
    if not known:
        reasons = "; ".join(f"{manifest.regions[role].region} {why}" for role, why in found.items())
        raise RefusedError(f"No journal can be read: {reasons}.", hint="`standby status` shows what is up.")
    events = journal.merged(known.values())[-last:]
    missing = {
        event.key: [manifest.regions[role].region for role, have in known.items() if event.key not in _keys(have)]
        for event in events
    }
    if as_json:
        unknown = {manifest.regions[role].region: str(why) for role, why in found.items() if role not in known}
        print_json({"events": [event_json(e) | {"missingIn": missing[e.key]} for e in events], "unknown": unknown})
        return
    _print(events, missing)


def _keys(events: tuple[Event, ...]) -> set[str]:
    return {event.key for event in events}


def _print(events: tuple[Event, ...], missing: dict[str, list[str]]) -> None:
    if not events:
        click.echo("The journal is empty: nobody has failed over yet.")
    for event in events:
        moved = f" {event.source or '?'} -> {event.target}" if event.target else ""
        click.echo(f"{event.generation:>4}  {event.started_at[:19]}Z  {event.command}{moved}: {event.result}")
        click.echo(f"      by {event.actor}{', because: ' + event.reason if event.reason else ''}")
        for part in event.unwritten:
            click.echo(f"      not written: {part.what} in {part.region} ({part.why})")
        if missing[event.key]:
            click.echo(f"      not yet in the journal of {', '.join(missing[event.key])}")
