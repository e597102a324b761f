"""A copy that was killed goes on where it stopped: no document is lost, and none is copied twice."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.operations.execution import checkpoint as files
from standby.operations.execution import reconcile_steps
from standby.operations.execution.checkpoint import Checkpoint, read_rest
from standby.operations.execution.reconcile_steps import ReconcileSteps
from standby.operations.execution.run import PlanRun, StepFailedError
from standby.operations.facts.documents import Document, MissingDocument
from standby.operations.facts.reconcile_facts import collect_config_facts
from standby.operations.plans.plan import CopyDocuments, Plan
from standby.operations.plans.reconcile import plan_rest
from tests.standby.helpers import EAST, NOON, WEST, World
from tests.standby.operations.execution.test_copy_documents import there, write

KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(files.STATE_HOME, str(tmp_path))
    monkeypatch.setattr(reconcile_steps, "FROM_DOCUMENTS", 3)
    monkeypatch.setattr(reconcile_steps, "WORKERS", 1)
    return tmp_path


def document(key: str, etag: str = '"1"') -> MissingDocument:
    return MissingDocument(document=Document(key=key, etag=etag, size=5, modified=NOON), why="never")


@given(keys=st.lists(KEYS, max_size=5), done=st.sets(st.integers(0, 4)))
def test_what_is_left_is_what_was_written_without_what_is_done(
    keys: list[str], done: set[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    kept = Checkpoint(path=tmp_path_factory.mktemp("home") / "copy.jsonl")
    documents = [document(key) for key in keys]
    kept.begin(documents, now=NOON)
    for number in done:
        kept.add_done(number)
    left = kept.read(now=NOON)
    assert left == {number: one for number, one in enumerate(documents) if number not in done}
    assert list(kept.go_on(tuple(left.values()), now=NOON)) == list(left)


@pytest.mark.parametrize("hours", [-1, 6, 48])
def test_an_old_file_or_one_of_the_future_is_not_used(tmp_path: Path, hours: int) -> None:
    kept = Checkpoint(path=tmp_path / "copy.jsonl")
    kept.begin([document("a")], now=NOON)
    assert kept.read(now=NOON + timedelta(hours=5))
    assert kept.read(now=NOON + timedelta(hours=hours)) == {}


@pytest.mark.parametrize("text", ["", "{}", "nonsense", '{"comparedAt": "2026-11-24T12:00:00+00:00"}\n{"key": 1}\n'])
def test_a_damaged_file_is_not_used(tmp_path: Path, text: str) -> None:
    kept = Checkpoint(path=tmp_path / "copy.jsonl")
    kept.begin([document("a")], now=NOON)
    kept.path.write_text(text)
    assert kept.read(now=NOON) == {}


def test_a_line_that_was_cut_off_counts_as_not_done(tmp_path: Path) -> None:
    kept = Checkpoint(path=tmp_path / "copy.jsonl")
    kept.begin([document(str(number)) for number in range(20)], now=NOON)
    kept.add_done(3)
    done = kept.path.with_suffix(".done")
    done.write_text(f"{done.read_text()}1")  # of 12
    assert 1 in kept.read(now=NOON)
    assert 3 not in kept.read(now=NOON)


class Killed(BaseException):
    """The operator's machine stops."""


class Killing:
    """S3 that ends the command at the n-th copy, before or after the copy was made."""

    def __init__(self, world: World, *, at: int, after: bool) -> None:
        self._s3, self._at, self._after, self.copied = world.s3("failover"), at, after, list[str]()

    def copy_object(self, **arguments: Any) -> object:  # noqa: ANN401 - S3's own
        if len(self.copied) + 1 == self._at and not self._after:
            raise Killed
        answer = self._s3.copy_object(**arguments)
        self.copied.append(arguments["Key"])
        if len(self.copied) == self._at:
            raise Killed
        return answer

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else S3 does
        return getattr(self._s3, name)


def copy(world: World, s3: Killing, documents: tuple[MissingDocument, ...]) -> str:
    connection: Any = world.connect()
    clients = {"long_running_s3": lambda *_: s3, "clock": connection.clients.clock}
    connection.clients = type("Clients", (), clients)()
    action = CopyDocuments(source="primary", destination="failover", documents=documents)
    run = PlanRun(plan=Plan(command="reconcile", summary=""), event=None)
    return ReconcileSteps(connection, world.manifest, wait_seconds=1).copy_documents(run, action)


def etag_of(world: World, key: str) -> str:
    bucket = world.manifest.regions["primary"].documents_bucket
    return world.s3("primary").head_object(Bucket=bucket, Key=key)["ETag"]


@pytest.fixture
def missing(world: World) -> tuple[MissingDocument, ...]:
    """Ten documents that only the primary region has."""
    found = []
    for number in range(10):
        write(world, "primary", f"d{number}", str(number))
        head = world.s3("primary").head_object(
            Bucket=world.manifest.regions["primary"].documents_bucket, Key=f"d{number}"
        )
        found.append(document(f"d{number}", head["ETag"]))
    return tuple(found)


@pytest.mark.parametrize("after", [False, True], ids=["before the copy", "after the copy"])
def test_a_copy_killed_twice_loses_none_and_doubles_none(
    world: World, missing: tuple[MissingDocument, ...], *, after: bool
) -> None:
    copied, documents = [], missing
    for at in (4, 3, 0):
        s3 = Killing(world, at=at, after=after)
        if at:
            with pytest.raises(Killed):
                copy(world, s3, documents)
            documents = read_rest(world.connect(), world.manifest)["primary"]
        else:
            copy(world, s3, documents)
        copied += s3.copied
    assert there(world) == {f"d{number}": str(number) for number in range(10)}
    assert sorted(copied) == sorted(set(copied))
    assert read_rest(world.connect(), world.manifest)["primary"] == ()


def test_the_rest_of_a_killed_copy_is_planned_without_a_comparison(
    world: World, missing: tuple[MissingDocument, ...]
) -> None:
    with pytest.raises(Killed):
        copy(world, Killing(world, at=4, after=False), missing)
    connection = world.connect()
    plan = plan_rest(collect_config_facts(connection, world.manifest), read_rest(connection, world.manifest))
    (step,) = (step for step in plan.steps if isinstance(step.action, CopyDocuments))
    assert (step.title, step.region) == (f"Copy 7 documents from {WEST} into the bucket", EAST)


def test_a_document_that_changed_since_is_not_copied_from_the_old_list(
    world: World, missing: tuple[MissingDocument, ...]
) -> None:
    with pytest.raises(Killed):
        copy(world, Killing(world, at=1, after=False), missing)
    write(world, "failover", "d5", "newer there")
    write(world, "primary", "d6", "newer here")
    left = read_rest(world.connect(), world.manifest)["primary"]
    assert copy(world, Killing(world, at=0, after=False), left) == "2 changed, 8 copied"
    assert there(world)["d5"] == "newer there"
    assert "d6" not in there(world)


def test_a_short_copy_has_no_file(world: World, missing: tuple[MissingDocument, ...], state_home: Path) -> None:
    with pytest.raises(Killed):
        copy(world, Killing(world, at=1, after=False), missing[:2])
    assert not list(state_home.iterdir())


def test_a_file_that_cannot_be_written_stops_no_copy(
    world: World, missing: tuple[MissingDocument, ...], state_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state_home / "standby").write_text("in the way")
    assert copy(world, Killing(world, at=0, after=False), missing) == "10 copied"
    assert "cannot be written" in " ".join(capsys.readouterr().err.split())


def test_copies_that_failed_are_compared_again_and_not_continued(
    world: World, missing: tuple[MissingDocument, ...]
) -> None:
    gone = (document("absent", '"0"'), *missing[:3])
    world.s3("primary").delete_object(Bucket=world.manifest.regions["primary"].documents_bucket, Key="d1")
    with suppress(StepFailedError):
        copy(world, Killing(world, at=0, after=False), gone)
    assert read_rest(world.connect(), world.manifest)["primary"] == ()
