"""`journal`: its time limits, and the number of events that it reads."""

import json
import threading
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from standby.cli.main import cli
from standby.deployment.clients import Clients
from standby.deployment.manifest import Region
from standby.deployment.sessions import EmulatorSession
from standby.operations.facts import journal
from standby.operations.facts.journal import Event, InvalidEvent
from tests.standby.helpers import EAST, WEST, Run, World

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_the_journal_waits_only_a_limited_time_for_a_region_that_hangs(
    world: World,
) -> None:
    def session(region: str) -> EmulatorSession:
        if region == WEST:
            threading.Event().wait(20)
        return EmulatorSession(region=region, endpoint=world.endpoint)

    connection = world.connect()
    CliRunner().invoke(cli, ["failover", "--yes"], obj=lambda _: world.connect())
    connection.clients = Clients(session, endpoints=dict.fromkeys((WEST, EAST), world.endpoint))
    began = time.monotonic()
    document = json.loads(CliRunner().invoke(cli, ["journal", "--json"], obj=lambda _: connection).stdout)
    assert time.monotonic() - began < 10
    assert [event["generation"] for event in document["events"]] == [4]
    assert document["unavailable"] == {WEST: "does not answer (time-out after 3 s)"}


def test_the_journal_reads_only_the_events_that_it_shows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (["failover"], ["failback", "--checks", "1", "--force"], ["failover"]):
        CliRunner().invoke(cli, [*command, "--yes"], obj=lambda _: world.connect())
    last = world.events("primary")[-1]
    world.s3("primary").delete_object(Bucket=world.manifest.regions["primary"].frontend_bucket, Key=last.key)
    read: list[str] = []

    def read_object(s3: "S3Client", region: Region, key: str) -> Event | InvalidEvent:
        read.append(key)
        return original(s3, region, key)

    original = journal.read_object
    monkeypatch.setattr(journal, "read_object", read_object)
    events = json.loads(
        CliRunner().invoke(cli, ["journal", "--json", "--last", "2"], obj=lambda _: world.connect()).stdout
    )["events"]
    assert [(event["generation"], event["missingIn"]) for event in events] == [(5, []), (6, [WEST])]
    assert len(read) == 4


BODIES: dict[str, bytes] = {
    "not JSON": b"<html>",
    "nested": b"[" * 10_000,
    "escape": b'"\x1b[2J"',
    "surrogate": b'{"id": "\\ud800"}',
    "large": b" " * (10 * 2**20),
    "version 3": b'{"schemaVersion": 3}',
    "wrong types": b'{"schemaVersion": 2, "id": [], "generation": 1e400}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_an_object_that_is_no_event_is_shown_as_what_it_is_and_hides_nothing(
    run: Run, world: World, body: bytes
) -> None:
    assert run("failover", "--yes").exit_code == 0
    key = f"{journal.PREFIX}{3:012d}-20260101T000000000000Z-0a.json"
    for name in (key, f"{journal.PREFIX}notes.txt"):
        world.s3("primary").put_object(Bucket=world.manifest.regions["primary"].frontend_bucket, Key=name, Body=body)
    shown = run("journal")
    assert shown.exit_code == 0
    assert "failover us-west-2 -> us-east-1: done" in shown.stdout
    assert shown.stdout.count("cannot be read: ") == 2
    assert "\x1b" not in shown.stdout
    assert {one["key"] for one in json.loads(run("journal", "--json").stdout)["invalid"]} == {
        key,
        f"{journal.PREFIX}notes.txt",
    }
    assert run("status").exit_code in {0, 3}
