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
from standby.operations.facts.journal import Event
from tests.standby.helpers import EAST, WEST, World

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

    def read_event(s3: "S3Client", region: Region, key: str) -> Event | None:
        read.append(key)
        return original(s3, region, key)

    original = journal.read_event
    monkeypatch.setattr(journal, "read_event", read_event)
    events = json.loads(
        CliRunner().invoke(cli, ["journal", "--json", "--last", "2"], obj=lambda _: world.connect()).stdout
    )["events"]
    assert [(event["generation"], event["missingIn"]) for event in events] == [(5, []), (6, [WEST])]
    assert len(read) == 4
