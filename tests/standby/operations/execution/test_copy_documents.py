"""A copy that conflicts with another write is retried or left for the next run: no document is lost."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from standby.deployment.manifest import Role
from standby.operations.execution import reconcile_steps
from standby.operations.execution.reconcile_steps import ReconcileSteps
from standby.operations.execution.run import PlanRun, StepFailedError
from standby.operations.facts.documents import FULL_DEPTH, collect_replication, list_documents
from standby.operations.facts.journal import PendingWrite
from standby.operations.plans.plan import CopyDocuments, Plan
from tests.standby.helpers import EAST, WEST, World

LEFT = PendingWrite(region=EAST, what="documents", why=f"1 document of {WEST} changed during the run")


def refusal(status: int, code: str) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "CopyObject")


CONFLICT = refusal(409, "ConditionalRequestConflict")
CHANGED = refusal(412, "PreconditionFailed")
GONE = refusal(404, "NoSuchKey")
SILENCE = ReadTimeoutError(endpoint_url="https://s3")


class Refusing:
    """S3 that first answers copies with these errors. Before each error, another writer writes `writes`."""

    def __init__(
        self, world: World, *errors: ClientError | BotoCoreError, writes: Mapping[str, str] | None = None
    ) -> None:
        self._world, self._errors, self._writes = world, list(errors), writes or {}
        self.asked = 0

    def copy_object(self, **arguments: Any) -> object:  # noqa: ANN401 - S3's own
        self.asked += 1
        for key, text in self._writes.items():
            write(self._world, "failover", key, text)
        if self._errors:
            raise self._errors.pop(0)
        return self._world.s3("failover").copy_object(**arguments)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else S3 does
        return getattr(self._world.s3("failover"), name)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile_steps, "CONFLICT_PAUSES", (0.0, 0.0, 0.0), raising=False)


def write(world: World, role: Role, key: str, text: str) -> None:
    world.s3(role).put_object(Bucket=world.manifest.regions[role].documents_bucket, Key=key, Body=text.encode())


def copy(world: World, s3: Refusing, run: PlanRun) -> str:
    """Copy the documents that the failover region lacks through this S3; return the summary."""
    manifest = world.manifest
    west, east = (list_documents(world.s3(role), manifest.regions[role]) for role in ("primary", "failover"))
    listings: Any = {"primary": west, "failover": east}
    left = collect_replication(world.connect(), manifest, "primary", listings, depth=FULL_DEPTH).missing
    connection: Any = world.connect()
    connection.clients = type("Clients", (), {"long_running_s3": lambda *_: s3})()
    action = CopyDocuments(source="primary", destination="failover", documents=left)
    return ReconcileSteps(connection, manifest, wait_seconds=1).copy_documents(run, action)


def started() -> PlanRun:
    return PlanRun(plan=Plan(command="reconcile", summary=""), event=None)


def there(world: World) -> dict[str, str]:
    s3, region = world.s3("failover"), world.manifest.regions["failover"]
    found = list_documents(s3, region).documents
    return {key: s3.get_object(Bucket=region.documents_bucket, Key=key)["Body"].read().decode() for key in found}


def test_a_copy_in_conflict_with_another_operation_is_retried(world: World) -> None:
    write(world, "primary", "plan", "x")
    run = started()
    assert copy(world, Refusing(world, CONFLICT, CONFLICT), run) == "1 copied"
    assert (there(world), run.result) == ({"plan": "x"}, "done")


@pytest.mark.parametrize(
    "errors,asked",
    [([CONFLICT] * 9, 4), ([CHANGED], 1), ([GONE], 1)],
    ids=["in conflict", "changed", "gone"],
)
def test_a_document_that_cannot_be_copied_is_pending_for_the_next_run(
    world: World, errors: list[ClientError], asked: int
) -> None:
    write(world, "primary", "plan", "x")
    run, s3 = started(), Refusing(world, *errors)
    assert copy(world, s3, run) == "1 changed"
    assert (run.pending_writes, run.result, s3.asked) == ([LEFT], "incomplete", asked)
    assert copy(world, Refusing(world), started()) == "1 copied"


@pytest.mark.parametrize("error", [CONFLICT, CHANGED, GONE], ids=["in conflict", "changed", "gone"])
def test_a_document_that_replication_wrote_during_the_copy_counts_as_there(world: World, error: ClientError) -> None:
    write(world, "primary", "plan", "x")
    run = started()
    assert copy(world, Refusing(world, error, writes={"plan": "x"}), run) == "1 there already"
    assert (there(world), run.result) == ({"plan": "x"}, "done")


def test_a_document_of_which_replication_wrote_another_version_during_the_copy_is_pending(world: World) -> None:
    write(world, "primary", "plan", "x")
    run = started()
    assert copy(world, Refusing(world, CHANGED, writes={"plan": "an older one"}), run) == "1 changed"
    assert (there(world), run.pending_writes, run.result) == ({"plan": "an older one"}, [LEFT], "incomplete")


def test_a_document_that_was_deleted_at_the_destination_during_the_run_is_pending(world: World) -> None:
    write(world, "failover", "plan", "old")
    write(world, "primary", "plan", "new")
    run = started()

    class Deleting(Refusing):
        def copy_object(self, **_: object) -> object:
            bucket = world.manifest.regions["failover"].documents_bucket
            world.s3("failover").delete_object(Bucket=bucket, Key="plan")
            raise GONE

    assert copy(world, Deleting(world), run) == "1 changed"
    assert (there(world), run.result) == ({}, "incomplete")


def test_after_many_copies_without_an_answer_the_others_are_not_tried(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile_steps, "WORKERS", 1)
    for number in range(25):
        write(world, "primary", f"d{number}", "x")
    run, s3 = started(), Refusing(world, *[SILENCE] * 99)
    with pytest.raises(StepFailedError) as raised:
        copy(world, s3, run)
    assert s3.asked == 20
    told = "20 failed, 5 not tried, because 20 in a row were not answered; --verbose names each"
    assert raised.value.message == told
    assert len(run.details) == 25


@pytest.mark.parametrize("between,asked", [(CHANGED, 25), (refusal(503, "SlowDown"), 26)], ids=["refused", "slow down"])
def test_with_occasional_answers_every_document_is_tried(
    world: World, monkeypatch: pytest.MonkeyPatch, between: ClientError, asked: int
) -> None:
    monkeypatch.setattr(reconcile_steps, "WORKERS", 1)
    for number in range(25):
        write(world, "primary", f"d{number}", "x")
    with pytest.raises(StepFailedError, match=r"[56] copied"):
        copy(world, s3 := Refusing(world, *[SILENCE] * 10, between, *[SILENCE] * 9), started())
    assert s3.asked == asked


def test_a_copy_is_tried_again_when_s3_asks_to_slow_down_and_fails_in_the_end(world: World) -> None:
    write(world, "primary", "plan", "x")
    slow = refusal(503, "SlowDown")
    with pytest.raises(StepFailedError, match="1 failed"):
        copy(world, s3 := Refusing(world, *[slow] * 9), started())
    assert s3.asked == reconcile_steps.MAX_THROTTLED
    assert copy(world, Refusing(world, *[slow] * 7), started()) == "1 copied"
    assert there(world) == {"plan": "x"}
