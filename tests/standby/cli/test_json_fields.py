"""The documented JSON: every field that is printed is documented, and every documented field is printed."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from standby.cli.main import cli
from standby.deployment.connection import Connection
from standby.deployment.manifest import Role
from standby.operations.views import schema
from standby.rehearsal.emulator.emulator import Emulator
from standby.target import TargetOptions
from tests.standby.helpers import World

LISTS = frozenset(
    {"reasons", "notes", "unfinished", "refusals", "plan", "steps", "details", "pendingWrites", "missingIn"}
)
WHOLE = frozenset({"deployment", "config", "health", "knowledgeBase", "replication", "queues", "alarms", "lastSwitch"})
DICTIONARIES = frozenset({"seconds", "authoritative", "winner", "unavailable"})


def paths(value: object, prefix: str = "") -> Iterator[str]:
    """Return the paths of a document's fields as the schema names them."""
    if not isinstance(value, dict) or (not prefix and not value):
        yield prefix
        return
    for name, inner in value.items():
        path = f"{prefix}.{'ROLE' if prefix == 'regions' else name}".lstrip(".")
        if name in LISTS:
            yield f"{path}[]"
        elif name == "events":
            yield f"{path}[]"
            for event in inner:
                yield from paths(event, f"{path}[]")
        elif name in WHOLE or not isinstance(inner, dict) or name in DICTIONARIES:
            yield path
        else:
            yield from paths(inner, path)


@pytest.mark.parametrize(
    "name,arguments,dead",
    [
        ("STATUS", ["status"], ()),
        ("STATUS", ["status"], ("primary",)),
        ("CHANGE", ["failover", "--yes"], ("primary",)),
        ("CHANGE", ["failover", "--yes"], ("failover",)),
        ("CHANGE", ["failback", "--yes", "--checks", "1"], ()),
        ("CHANGE", ["reconcile", "--yes"], ()),
        ("JOURNAL", ["journal"], ()),
    ],
)
def test_the_documented_fields_are_the_printed_ones(
    emulator: Emulator,
    name: str,
    arguments: list[str],
    dead: tuple[Role, ...],
) -> None:
    world = World.make(emulator.endpoint)

    def opener(_: TargetOptions) -> Connection:
        return world.connect(*dead)

    if name == "JOURNAL":
        CliRunner().invoke(cli, ["failover", "--yes"], obj=opener)
    printed = set(paths(json.loads(CliRunner().invoke(cli, [*arguments, "--json"], obj=opener).stdout)))
    documented = set(getattr(schema, name)) - {"regions.ROLE.X.unavailable"}
    assert printed == documented
