"""`standby journal`: every command that changed something, with its changes, its time and its result."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final, Literal

import click
from pydantic import Field

from standby.cli.options import ChangeOptions, examples, json_option, print_json, print_result, print_target
from standby.deployment.answers import take_list
from standby.deployment.concurrency import STALL_SECONDS, Unavailable, map_concurrently, run_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Region, Role
from standby.deployment.manifest_reader import read_manifest
from standby.errors import BadUsageError, RefusedError
from standby.json_model import ONE_ROW, JsonModel
from standby.operations.facts import journal as facts
from standby.operations.facts.journal import Event, InvalidEvent
from standby.operations.facts.long_journal.journal_keys import list_all_objects
from standby.target import Target
from standby.text import pluralize

FIRST_ANSWER_SECONDS: Final = 3.0
READ_SECONDS: Final = 30.0
"""The extra time for a journal that has answered: a page has a thousand keys, and many pages take long on a slow
link."""


class JournalEventJson(Event):
    """An event, and the journals that lack it."""

    missing_in: tuple[str, ...] = Field(description="regions whose journal lacks it, until `reconcile`")


class JournalJson(JsonModel):
    """The JSON document of `journal`."""

    schema_version: Literal[2] = Field(default=2, description="2")
    events: tuple[JournalEventJson, ...] = Field(description="the events, oldest first, each with the fields below")
    older: int = Field(description="the number of older events, which `--last` shows")
    invalid: Annotated[tuple[InvalidEvent, ...], ONE_ROW] = Field(
        description="`region`, `key` and `why` of each object that cannot be read"
    )
    unavailable: Mapping[str, str] = Field(description="region: why its journal could not be read")


@dataclass(frozen=True, kw_only=True)
class Journal:
    """One region's journal: the keys of all its events, and the last events themselves."""

    keys: frozenset[str]
    events: tuple[Event, ...]
    invalid: tuple[InvalidEvent, ...]


@click.command(
    epilog=examples(
        "standby journal",
        "standby journal --last 100 --json",
        "standby journal --remove standby/journal/broken.json --dry-run",
    )
)
@click.option("-n", "--last", default=20, show_default=True, type=click.IntRange(min=1), help="The number of events.")
@click.option("--remove", default="", metavar="KEY", help="Remove the object with this key, which is no event.")
@click.option("--dry-run", is_flag=True, help="With --remove: show the plan and change nothing.")
@click.option("--yes", is_flag=True, help="With --remove: do not ask for confirmation.")
@click.option("--force", is_flag=True, help="With --remove: override its preconditions.")
@json_option
@click.pass_obj
def journal(target: Target, /, *, last: int, remove: str, dry_run: bool, yes: bool, force: bool, as_json: bool) -> None:
    """Show which command changed what, when, and how it ended.

    Reads the journals of both regions, ordered by generation. Events that one region's journal lacks were written
    while that region was down; `standby reconcile` copies them. An object that is no event is named; --remove deletes
    it in both regions. The buckets keep its version. Refused (exit code 3) for a valid event, and for a generation
    that pages may have seen, unless --force is given.
    """
    options = ChangeOptions(dry_run=dry_run, yes=yes, force=force, reason="", as_json=as_json)
    if remove:
        from standby.cli.journal_removal import remove_from_journals  # noqa: PLC0415 - rarely needed

        remove_from_journals(target, remove, options)
    elif dry_run or yes or force:
        raise BadUsageError("--dry-run, --yes and --force need --remove.", hint="`standby journal` changes nothing.")
    else:
        show_journals(target, last=last, as_json=as_json)


def show_journals(target: Target, *, last: int, as_json: bool) -> None:
    """Read both journals, and print the last events of both."""
    connection = target.connection
    manifest = read_manifest(connection)
    print_target(connection, manifest)
    found = _read_journals(connection, manifest, last=last)
    known = {role: read for role, read in found.items() if isinstance(read, Journal)}
    if not known:
        reasons = "; ".join(f"{manifest.regions[role].region} {why}" for role, why in found.items())
        raise RefusedError(f"No journal can be read: {reasons}.", hint="`standby status` shows which region answers.")
    events = facts.merge_events(read.events for read in known.values())[-last:]
    invalid = tuple(one for read in known.values() for one in read.invalid)
    every = frozenset().union(*(read.keys for read in known.values()))
    older = len(every - {event.key for event in events})
    missing = {
        event.key: tuple(manifest.regions[role].region for role, read in known.items() if event.key not in read.keys)
        for event in events
    }
    if as_json:
        unavailable = {manifest.regions[role].region: str(why) for role, why in found.items() if role not in known}
        shown = tuple(JournalEventJson(**dict(event), missing_in=missing[event.key]) for event in events)
        print_json(JournalJson(events=shown, older=older, invalid=invalid, unavailable=unavailable))
        return
    _print(events, missing)
    unread = {manifest.regions[role].region: why for role, why in found.items() if isinstance(why, Unavailable)}
    for region, why in unread.items():
        print_result(f"not read: the journal of {region}, because {region} {why}")
    if not (events or invalid or unread):
        print_result("The journal is empty: there has been no failover yet.")
    _print_rest(invalid, older, shown=len(events))


def _read_journals(connection: Connection, manifest: Manifest, *, last: int) -> Mapping[Role, Journal | Unavailable]:
    """Read both journals concurrently. Each has three seconds for its first answer, and more time after it."""
    first_pages = {role: partial(_read_first_page, connection, manifest.regions[role]) for role in ROLES}
    answers = run_concurrently(first_pages, seconds=FIRST_ANSWER_SECONDS)
    silent = {role: answer for role, answer in answers.items() if isinstance(answer, Unavailable)}
    tasks = {
        role: partial(_read_journal, connection, manifest.regions[role], last=last)
        for role in ROLES
        if role not in silent
    }
    return {**silent, **run_concurrently(tasks, seconds=READ_SECONDS)}


def _read_first_page(connection: Connection, region: Region) -> int:
    s3 = connection.clients.s3(region.region)
    return len(take_list(s3.list_objects_v2(Bucket=region.frontend_bucket, Prefix=facts.PREFIX), "Contents"))


def _read_journal(connection: Connection, region: Region, *, last: int) -> Journal:
    """Read all keys and the last events: the last events of both journals are among the last events of each."""
    s3 = connection.clients.s3(region.region)
    objects = list_all_objects(connection.clients.listing_s3(region.region), region)
    keys = [key for key in objects if facts.is_event_key(key)]
    chosen = [*keys[-last:], *[key for key in objects if not facts.is_event_key(key)][-last:]]
    found = map_concurrently(chosen, partial(facts.read_object, s3, region), stall_seconds=STALL_SECONDS)
    invalid = tuple(one for one in found if isinstance(one, InvalidEvent))
    events = tuple(one for one in found if isinstance(one, Event))
    return Journal(keys=frozenset(keys) - {one.key for one in invalid}, events=events, invalid=invalid)


def _print(events: tuple[Event, ...], missing: Mapping[str, tuple[str, ...]]) -> None:
    for event in events:
        moved = f" {event.source or '?'} -> {event.target}" if event.target else ""
        print_result(f"{event.generation:>4}  {event.started_at[:19]}Z  {event.command}{moved}: {event.result}")
        print_result(f"      by {event.actor}{', because: ' + event.reason if event.reason else ''}")
        for part in event.pending_writes:
            print_result(f"      pending: {part.what} in {part.region} ({part.why})")
        if missing[event.key]:
            print_result(f"      not yet in the journal of {', '.join(missing[event.key])}")


def _print_rest(invalid: tuple[InvalidEvent, ...], older: int, *, shown: int) -> None:
    for one in invalid:
        print_result(f"cannot be read: {one.why}, {one.key!r} in {one.region}")
    if invalid:
        print_result("`standby journal --remove KEY` removes such an object; the bucket keeps its version")
    if older:
        print_result(f"{pluralize(older, 'older event')} not shown: `standby journal --last {older + shown}` shows all")
