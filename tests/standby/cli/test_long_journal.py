"""A journal of thousands of events, and objects in it that are no events: no command gets slow, silent or untrue."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result

from standby.cli.main import cli
from standby.deployment.concurrency import map_concurrently
from standby.deployment.manifest import ROLES, Role
from standby.operations.facts import journal
from standby.operations.facts.journal import PREFIX, Event, new_event
from standby.operations.facts.long_journal import journal_keys
from standby.rehearsal.emulator.emulator import Emulator
from tests.standby.helpers import EAST, WEST, Run, World, changed, clients, words
from tests.standby.manifests import REGIONS

EVENTS: Final = 3_000
PAGES: Final = EVENTS // 1000
BEGAN: Final = datetime(2024, 1, 1, tzinfo=UTC)
OF_THE_PAST: Final = f"{PREFIX}{7:012d}-20240101T000000000000Z-0a.json"
MALFORMED: Final[dict[str, bytes]] = {
    "no JSON": b"{",
    "nested": b"[" * 200_000,
    "a lone surrogate": b'{"id": "\\udcf6\\u001b[2J"}',
    "ten megabytes": b'"' + b"x" * 10_000_000 + b'"',
    "another type": b"7",
    "an older schema": b'{"schemaVersion": 1}',
    "a later schema": b'{"schemaVersion": 3}',
    "a generation in words": b'{"schemaVersion": 2, "generation": "many"}',
    "a generation of 400 digits": b'{"schemaVersion": 2, "generation": ' + b"9" * 400 + b"}",
    "not UTF-8": b"\xff\xfe\x00",
}


def event(number: int) -> Event:
    made = new_event(
        generation=number + 2,
        command="failover" if number % 2 else "failback",
        actor="a",
        reason="",
        source=WEST,
        target=EAST,
        now=BEGAN + timedelta(minutes=number),
    )
    return changed(made, result="done", ended_at=made.started_at)


def serve_generation(world: World, role: Role, generation: int) -> None:
    copy = json.loads(world.copies()[role].text)
    world.put(role, json.dumps(copy | {"generation": generation}))


def make_world(emulator: Emulator, events: int) -> World:
    """Return a world with these events in each journal, whose config.json has the generation of the last one."""
    world, written = World.make(emulator.endpoint), [event(number) for number in range(1, events + 1)]
    for role, region in world.manifest.regions.items():
        write = partial(journal.write_event, clients(emulator.endpoint).s3(region.region), region)
        map_concurrently(written, write)
        serve_generation(world, role, events + 2)
    return world


@pytest.fixture(scope="module")
def long(emulator: Emulator) -> World:
    return make_world(emulator, EVENTS)


@dataclass(frozen=True)
class Calls:
    """The calls of S3 that a command made: pages of a journal's listing, and reads of objects."""

    listings: int
    reads: int


def invoke(world: World, *arguments: str) -> tuple[Result, Calls]:
    """Run a command in a world; return its result and the calls that it made in both regions."""
    connection, seen = world.connect(), list[str]()

    def collect(params: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's events are untyped
        listed = str(params["query_string"].get("prefix", "")).startswith(PREFIX)
        seen.append("listing" if listed else model.name)

    clients = connection.clients
    makers = (clients.s3, clients.retrying_s3, clients.listing_s3)
    of = [make(region) for region in REGIONS.values() for make in makers]
    for s3 in of:
        s3.meta.events.register("before-call.s3", collect)
    result = CliRunner().invoke(cli, arguments, obj=lambda _: connection)
    for s3 in of:  # other worlds use the same clients
        s3.meta.events.unregister("before-call.s3", collect)
    return result, Calls(listings=seen.count("listing"), reads=seen.count("GetObject"))


@pytest.mark.parametrize("command", ["status", "journal", "failover --dry-run", "reconcile --dry-run"])
def test_of_thousands_of_events_a_command_reads_the_newest_alone(long: World, command: str) -> None:
    result, calls = invoke(long, *command.split(), "--json")
    assert calls.reads <= len(ROLES) * 300
    assert 0 < calls.listings <= 3 * len(ROLES) * PAGES
    document = json.loads(result.stdout)
    if command == "journal":
        assert (len(document["events"]), document["older"]) == (20, EVENTS - 20)
    if "failover" in command:
        assert (document["result"], document["generation"]) == ("planned", EVENTS + 4)  # the next even one


def test_a_status_and_a_failover_list_one_page_of_each_journal(long: World) -> None:
    for command in ("status", "failover --dry-run"):
        assert invoke(long, *command.split())[1].listings == len(ROLES), command


@pytest.mark.parametrize("command,ranged", [("journal", True), ("reconcile --dry-run", False)])
def test_all_keys_are_listed_by_journal_alone_and_in_ranges(long: World, command: str, *, ranged: bool) -> None:
    with patch.object(journal_keys, "map_concurrently", autospec=True, side_effect=map_concurrently) as called:
        invoke(long, *command.split())
    assert called.call_count == (len(ROLES) if ranged else 0)


def test_events_after_the_generation_of_config_json_are_counted(run: Run, world: World) -> None:
    region = world.manifest.regions["failover"]
    for number in (1, 40):
        journal.write_event(world.s3("failover"), region, event(number))
    assert json.loads(run("failover", "--dry-run", "--json").stdout)["generation"] == 44


def test_without_a_valid_config_json_all_events_are_counted(run: Run, world: World) -> None:
    journal.write_event(world.s3("failover"), world.manifest.regions["failover"], event(40))
    for role in ROLES:
        world.put(role, "{")
    assert json.loads(run("failover", "--dry-run", "--json").stdout)["generation"] == 44


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_event_stops_no_command_and_is_named_by_each(body: bytes, run: Run, world: World) -> None:
    bucket = world.manifest.regions["primary"].frontend_bucket
    assert run("failover", "--yes").exit_code == 0
    world.s3("primary").put_object(Bucket=bucket, Key=OF_THE_PAST, Body=body)
    named = f"1 object in the journal of {WEST} cannot be read as events: `standby journal` names them"
    assert json.loads(run("status", "--json").stdout)["notes"] == [named]
    shown = json.loads(run("journal", "--json").stdout)
    assert [one["key"] for one in shown["invalid"]] == [OF_THE_PAST]
    assert len(shown["events"]) == 1
    assert named in json.loads(run("reconcile", "--dry-run", "--json").stdout)["notes"]
    assert json.loads(run("failover", "--json", "--yes").stdout)["result"] == "nothing to do"
    assert "\x1b" not in run("journal").output


def test_reconcile_never_overwrites_an_object_that_it_cannot_read(run: Run, world: World) -> None:
    assert run("failover", "--yes").exit_code == 0
    (key,) = journal.list_objects(world.s3("failover"), world.manifest.regions["failover"])
    bucket = world.manifest.regions["primary"].frontend_bucket
    world.s3("primary").put_object(Bucket=bucket, Key=key, Body=b"{ edited")
    run("reconcile", "--yes")
    assert world.s3("primary").get_object(Bucket=bucket, Key=key)["Body"].read() == b"{ edited"


def put(world: World, key: str, body: bytes = b"{", *roles: Role) -> None:
    for role in roles or ROLES:
        world.s3(role).put_object(Bucket=world.manifest.regions[role].frontend_bucket, Key=key, Body=body)


def keys(world: World) -> dict[Role, tuple[str, ...]]:
    return {role: journal.list_objects(world.s3(role), region) for role, region in world.manifest.regions.items()}


LAST: Final = f"{PREFIX}{10**12 - 1}-20240101T000000000000Z-0a.json"


def test_the_last_generation_is_refused_with_its_remedy_and_never_written_with_13_digits(
    run: Run, world: World
) -> None:
    put(world, LAST)
    refused = run("failover", "--yes", "--force")
    assert refused.exit_code == 3
    assert "the generation 999999999999, and there is no higher one: `standby journal` names it" in words(
        refused.stderr
    )
    assert run("journal", "--remove", LAST, "--yes", "--force").exit_code == 0
    assert run("failover", "--yes").exit_code == 0
    assert {copy.generation for copy in world.copies().values()} == {4}


def test_a_config_json_with_the_last_generation_is_refused_with_its_place(run: Run, world: World) -> None:
    serve_generation(world, "primary", 10**12 - 1)
    refused = run("failover", "--yes", "--force")
    assert refused.exit_code == 3
    assert f"config.json in {WEST} has the generation 999999999999" in words(refused.stderr)


def removal(run: Run, *arguments: str, **more: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401 - of the fixture
    result: Result = run("journal", "--remove", *arguments, "--json", **more)
    document: dict[str, Any] = json.loads(result.stdout)
    return result.exit_code, document


def test_a_malformed_object_is_removed_from_both_journals_and_its_version_stays(run: Run, world: World) -> None:
    assert run("failover", "--yes").exit_code == 0
    put(world, OF_THE_PAST.replace(f"{7:012d}", f"{2:012d}"))
    (key, _) = keys(world)["primary"]
    assert removal(run, key, "--dry-run")[1]["result"] == "planned"
    assert run("journal", "--remove", key, given="n\n").exit_code == 1
    assert key in keys(world)["primary"]
    code, document = removal(run, key, "--yes")
    assert (code, document["result"], document["removedFrom"]) == (0, "done", [WEST, EAST])
    assert all(key not in of for of in keys(world).values())
    assert [len(of) for of in keys(world).values()] == [1, 1]
    bucket = world.manifest.regions["primary"].frontend_bucket
    versions = world.s3("primary").list_object_versions(Bucket=bucket, Prefix=key)
    assert len(versions["Versions"]) == 1
    assert removal(run, key, "--yes") == (0, {**document, "result": "nothing to do", "removedFrom": []})


def test_a_generation_that_pages_may_have_seen_is_removed_only_by_force(run: Run, world: World) -> None:
    put(world, OF_THE_PAST)
    code, document = removal(run, OF_THE_PAST, "--yes")
    assert (code, document["result"]) == (3, "refused")
    assert "its key has generation 7, higher than all others (3)" in document["refusals"][0]["reason"]
    assert removal(run, OF_THE_PAST, "--yes", "--force")[0] == 0


def test_a_valid_event_is_removed_only_by_force(run: Run, world: World) -> None:
    assert run("failover", "--yes").exit_code == 0
    (key,) = keys(world)["failover"]
    code, document = removal(run, key, "--yes")
    assert (code, len(keys(world)["failover"])) == (3, 1)
    assert document["refusals"][0]["reason"].startswith("the object is a valid event")


def test_a_removal_while_a_region_is_lost_says_where_the_object_stays(run: Run, world: World) -> None:
    put(world, f"{PREFIX}note.txt")
    code, document = removal(run, f"{PREFIX}note.txt", "--yes", dead=("primary",))
    assert (code, document["removedFrom"], list(document["failed"])) == (1, [EAST], [WEST])


@pytest.mark.parametrize("arguments", [["--remove", "config.json"], ["--yes"], ["--force"], ["--dry-run"]])
def test_a_key_outside_the_journal_and_a_change_without_a_key_are_refused(run: Run, arguments: list[str]) -> None:
    assert run("journal", *arguments).exit_code == 2
