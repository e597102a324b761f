"""`reconcile` in two plans: config.json is reconciled before the comparison, whatever its result is."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import create_autospec

import pytest
from botocore.retries.standard import ExponentialBackoff

from standby.cli import reconcile
from standby.deployment.clients import Clients
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest
from standby.deployment.routing_config import ConfigCopies, copies_agree
from standby.deployment.sessions import EmulatorSession
from standby.operations.execution.executor import Executor
from standby.operations.facts import reconcile_facts
from standby.operations.facts.documents import list_documents
from standby.operations.facts.journal import PREFIX
from standby.operations.facts.reconcile_facts import collect_config_facts
from standby.operations.facts.switch_facts import TARGET_SECONDS, read_copies
from standby.operations.plans.reconcile import plan_config
from tests.standby.helpers import EAST, MANIFEST, WEST, Run, World, changed, words
from tests.standby.manifests import REGIONS

BROUGHT = "Bring config.json to generation 4 in us-west-2"


@pytest.fixture
def returned(run: Run) -> None:
    """The primary region was lost, users were moved, and it is back with its old config.json."""
    assert run("failover", "--yes", dead=("primary",)).exit_code == 0


def leave_behind(world: World) -> None:
    world.s3("failover").put_object(Bucket=world.manifest.regions["failover"].documents_bucket, Key="d", Body=b"x")


def lose_documents_bucket(world: World) -> None:
    """Make the listing of one bucket fail."""
    world.s3("failover").delete_bucket(Bucket=world.manifest.regions["failover"].documents_bucket)


def test_the_generation_of_an_event_with_only_a_readable_key_is_not_used_again(run: Run, world: World) -> None:
    for role, region in world.manifest.regions.items():
        world.put(role, json.dumps({"apiUrl": region.api_url}))
    key = f"{PREFIX}{9:012d}-20260101T000000000000Z-0a.json"  # of another version of the tool, or broken
    bucket = world.manifest.regions["primary"].frontend_bucket
    world.s3("primary").put_object(Bucket=bucket, Key=key, Body=b'{"schemaVersion": 1}')
    assert json.loads(run("reconcile", "--yes", "--json").stdout)["generation"] == 10
    assert [copy.generation for copy in world.copies().values()] == [10, 10]


@pytest.mark.usefixtures("returned")
def test_config_json_is_in_sync_before_anything_is_compared(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        assert copies_agree(world.copies())
        assert {event.result for event in world.events("primary")} == {"done"}
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reconcile, "collect_document_facts", interrupted)
        result = run("reconcile", "--yes")
    assert result.exit_code == 1
    assert result.stderr.index(f"  2. {BROUGHT}") < result.stderr.index("Comparing both regions")
    assert copies_agree(world.copies())
    assert run("reconcile", "--yes").stdout == "Both regions are in sync. Nothing to do.\n"


@pytest.mark.usefixtures("returned")
def test_if_documents_cannot_be_listed_config_json_is_in_sync_and_the_rest_is_pending(run: Run, world: World) -> None:
    lose_documents_bucket(world)
    result = run("reconcile", "--yes", "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["result"]) == (0, "incomplete")
    assert [(part["region"], part["what"]) for part in document["pendingWrites"]] == [
        (EAST, "documents"),
        (WEST, "documents"),
        (EAST, "Knowledge Base"),
    ]
    assert f"{BROUGHT}" in [step["step"] for step in document["steps"]]
    assert copies_agree(world.copies())
    assert {event.result for event in world.events("primary")} == {"done", "incomplete"}
    refused = run("failback", "--yes", "--checks", "1")
    assert "the journal has pending writes: run `standby reconcile`" in refused.stderr
    world.s3("failover").create_bucket(Bucket=world.manifest.regions["failover"].documents_bucket)
    assert json.loads(run("reconcile", "--yes", "--json").stdout)["result"] == "done"
    assert {event.result for event in world.events("primary")} == {"done"}


def test_pending_writes_are_also_printed_as_text(run: Run, world: World) -> None:
    lose_documents_bucket(world)
    result = run("reconcile", "--yes")
    assert result.stdout.startswith("Done as far as possible now.\nPending: ")
    assert f"Pending: documents in {WEST} (the documents of {EAST} cannot be compared: " in words(result.stdout)
    assert result.stdout.endswith("Later: `standby reconcile`.\n")


@pytest.mark.usefixtures("returned")
def test_each_plan_is_shown_and_confirmed_before_it_is_carried_out(run: Run, world: World) -> None:
    leave_behind(world)
    result = run("reconcile", given="y\nn\n")
    assert result.exit_code == 1
    assert "Bring config.json into sync? [y/N] y\n" in result.stderr
    assert "Bring both regions into sync? [y/N] n\n" in result.stderr
    assert result.stderr.endswith("\nCancelled. config.json is in sync (generation 4), nothing else changed.\n")
    assert copies_agree(world.copies())
    assert not list_documents(world.s3("primary"), world.manifest.regions["primary"]).documents


@pytest.mark.usefixtures("returned")
def test_after_the_first_plan_is_declined_nothing_more_is_asked(run: Run, world: World) -> None:
    result = run("reconcile", given="n\n")
    assert (result.exit_code, result.stderr.count("[y/N]")) == (1, 1)
    assert result.stderr.endswith("\nCancelled, nothing changed.\n")
    assert not copies_agree(world.copies())


@pytest.mark.usefixtures("returned")
def test_a_dry_run_shows_both_plans_and_does_nothing(run: Run, world: World) -> None:
    leave_behind(world)
    before = world.copies()
    document = json.loads(run("reconcile", "--dry-run", "--json").stdout)
    assert document["result"] == "planned"
    steps = [step["step"] for step in document["plan"]]
    assert steps.index("Bring config.json to generation 4") < steps.index(
        "Copy 1 document from us-east-1 into the bucket"
    )
    assert document["steps"] == []
    assert world.copies() == before


@pytest.mark.usefixtures("returned")
@pytest.mark.parametrize("taken", range(7))
def test_a_reconcile_of_config_json_that_is_killed_at_any_step_is_finished_by_the_next_run(
    run: Run, world: World, taken: int
) -> None:
    plan = plan_config(collect_config_facts(world.connect(), world.manifest))
    steps = Executor(world.connect(), world.manifest).steps(plan)
    for _ in zip(range(taken), steps, strict=False):
        pass
    assert run("reconcile", "--yes").exit_code == 0
    assert copies_agree(world.copies())
    assert json.loads(run("status", "--json").stdout)["unfinished"] == []


def test_a_failover_that_ends_between_the_reads_of_the_copies_and_of_the_journals_is_not_undone(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = world.copies()
    assert run("failover", "--yes").exit_code == 0
    answers = iter([before])

    def read(connection: Connection, manifest: Manifest) -> ConfigCopies:
        return next(answers, None) or read_copies(connection, manifest)

    monkeypatch.setattr(reconcile_facts, "read_copies", create_autospec(read_copies, side_effect=read))
    facts = collect_config_facts(world.connect(), world.manifest)
    assert facts.state.copies == world.copies()
    assert plan_config(facts).steps == ()


@pytest.mark.usefixtures("returned")
def test_a_region_that_hangs_costs_three_seconds(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoints = {EAST: world.endpoint, WEST: f"http://127.0.0.1:{silent.getsockname()[1]}"}
        connection = world.connect()
        connection.clients = Clients(
            lambda region: EmulatorSession(region=region, endpoint=world.endpoint), endpoints=endpoints
        )
        connection.clients.s3(EAST), connection.clients.s3(WEST)  # created before the measurement
        began = time.monotonic()
        plan = plan_config(collect_config_facts(connection, world.manifest))
        took = time.monotonic() - began
    assert plan.standing_refusals(force=False)
    assert took < 2 * TARGET_SECONDS


class Busy(BaseHTTPRequestHandler):
    """S3 that answers SlowDown twice, and then succeeds."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        slow = self.asked <= 2
        body = (
            b"<Error><Code>SlowDown</Code></Error>"
            if slow
            else b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
        )
        self.send_response(503 if slow else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amz-request-id", "1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def busy() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Busy)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_listing_that_s3_throttles_is_retried(busy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)  # otherwise up to three seconds
    made = Clients(
        lambda region: EmulatorSession(region=region, endpoint=busy), endpoints=dict.fromkeys(REGIONS.values(), busy)
    )
    region = changed(MANIFEST.regions["failover"], documents_bucket="documents")
    assert list_documents(made.retrying_s3(EAST), region).documents == {}
    assert Busy.asked == 3
