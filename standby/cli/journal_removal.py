"""`standby journal --remove KEY`: delete an object that is no event from both journals."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from standby.cli.options import ChangeOptions, confirm, exit_with, print_json, print_result, print_target
from standby.cli.output.change_view import CANCELLED, DRY_RUN
from standby.console import print_progress
from standby.deployment.concurrency import Unavailable
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest, Role
from standby.deployment.manifest_reader import read_manifest
from standby.errors import FAILED, REFUSED, BadUsageError
from standby.json_model import ONE_ROW, JsonModel
from standby.operations.execution.journal_removal import Found, find_object, removal_refusals, remove_object
from standby.operations.facts.journal import PREFIX, InvalidEvent
from standby.operations.plans.plan import Refusal
from standby.target import Target
from standby.text import one_line

Outcome = Literal["done", "nothing to do", "planned", "declined", "failed", "refused"]
_EXIT_CODES: Mapping[Outcome, int] = {"declined": FAILED, "failed": FAILED, "refused": REFUSED}


class JournalRemovalJson(JsonModel):
    """The JSON document of `journal --remove`."""

    schema_version: Literal[2] = Field(default=2, description="2")
    key: str = Field(description="the key of the object")
    result: Outcome = Field(
        description="`done`, `nothing to do`, `planned` (`--dry-run`), `declined`, `failed` or `refused`"
    )
    removed_from: tuple[str, ...] = Field(description="the regions whose journal no longer has it")
    failed: Mapping[str, str] = Field(description="region: why it could not be read or removed")
    refusals: Annotated[tuple[Refusal, ...], ONE_ROW] = Field(
        description="`reason` and `overridable` of each precondition that does not hold"
    )


def remove_from_journals(target: Target, key: str, options: ChangeOptions) -> None:
    """Find the object in both regions, show the plan, ask, delete it, and report."""
    if not key.startswith(PREFIX) or key == PREFIX:
        raise BadUsageError(f"{one_line(key)} is no key of a journal.", hint="`standby journal` shows the keys.")
    connection = target.connection
    manifest = read_manifest(connection)
    print_target(connection, manifest)
    found = find_object(connection, manifest, key)
    refusals = removal_refusals(found, key)
    _show_plan(manifest, found, key)
    for refusal in refusals:
        print_progress(f"  {'overridden' if options.force else 'refused'}: {refusal.reason}")
    document = _remove(connection, manifest, found, key, refusals=refusals, options=options)
    if options.as_json:
        print_json(document)
    else:
        _print(document)
    exit_with(_EXIT_CODES.get(document.result, 0))


def _holders(found: Mapping[Role, Found | Unavailable]) -> list[Role]:
    return [role for role, one in found.items() if isinstance(one, Found) and one.content is not None]


def _show_plan(manifest: Manifest, found: Mapping[Role, Found | Unavailable], key: str) -> None:
    print_progress(f"journal: remove {one_line(key)}")
    for role, one in found.items():
        region = manifest.regions[role].region
        if isinstance(one, Unavailable):
            print_progress(f"  not possible in {region}: it {one}")
        elif isinstance(one.content, InvalidEvent):
            print_progress(f"  delete it in {region}: {one.content.why}")
        elif one.content is not None:
            print_progress(f"  delete it in {region}: `{one.content.command}`, {one.content.result}")


def _remove(
    connection: Connection,
    manifest: Manifest,
    found: Mapping[Role, Found | Unavailable],
    key: str,
    *,
    refusals: tuple[Refusal, ...],
    options: ChangeOptions,
) -> JournalRemovalJson:
    failed = {manifest.regions[role].region: str(one) for role, one in found.items() if isinstance(one, Unavailable)}
    holders = _holders(found)

    def ended(result: Outcome, *removed: str) -> JournalRemovalJson:
        return JournalRemovalJson(key=key, result=result, removed_from=removed, failed=failed, refusals=refusals)

    if refusals and not options.force:
        return ended("refused")
    if not holders:
        return ended("failed" if failed else "nothing to do")
    if options.dry_run:
        return ended("planned")
    if not confirm("Remove this object from the journals?", yes=options.yes):
        return ended("declined")
    removed = []
    for region in (manifest.regions[role] for role in holders):
        why = remove_object(connection, region, key)
        if why:
            failed[region.region] = why
        else:
            removed.append(region.region)
    return ended("failed" if failed else "done", *removed)


def _print(document: JournalRemovalJson) -> None:
    for region in document.removed_from:
        print_result(f"Removed from the journal of {region}. The bucket keeps its version.")
    for region, why in document.failed.items():
        print_result(f"Not removed from the journal of {region}: it {why}. Run the same command again later.")
    other = {
        "nothing to do": "No journal has this object. Nothing to do.",
        "planned": DRY_RUN,
        "declined": CANCELLED,
        "refused": "Nothing was changed. --force overrides what is refused.",
    }
    if document.result in other:
        print_result(other[document.result])
