"""What a command prints, writes and leaves behind, from its first call to its last word, as a reviewer reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from standby.operations.execution import checkpoint, reconcile_steps
from tests.simulation.commands import simulated
from tests.simulation.scenarios import reconcile
from tests.simulation.transcripts.play import At, answer, play
from tests.simulation.transcripts.stories import REFUSED, STORIES, late
from tests.simulation.world import WEST


@pytest.fixture(autouse=True)
def simulation() -> Iterator[None]:
    """Replace threads, queues and time in the product's modules."""
    with simulated():
        yield


@pytest.mark.parametrize("name", STORIES)
def test_a_command_prints_writes_and_leaves_what_was_reviewed(name: str, snapshot: SnapshotAssertion) -> None:
    make, spec, happening = STORIES[name]
    assert "\n".join(play(make(), spec, happening)) == snapshot


def test_a_long_copy_that_fails_in_part_goes_on_with_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    monkeypatch.setenv(checkpoint.STATE_HOME, str(tmp_path))
    monkeypatch.setattr(reconcile_steps, "FROM_DOCUMENTS", 3)
    monkeypatch.setattr(reconcile_steps, "MAX_UNANSWERED_IN_A_ROW", 1)
    monkeypatch.setattr(reconcile_steps, "WORKERS", 1)
    world = late(WEST, "a.txt", "b.txt", "c.txt")
    lost = At(operation="CopyObject", number=2, act=answer(REFUSED), always=True)
    first = list(play(world, reconcile(1), lost))
    files = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in sorted(tmp_path.rglob("*.*"))}
    second = list(play(world, reconcile(2), None))
    assert "\n".join([*first, str(files), *second]) == snapshot
    assert list(tmp_path.rglob("*.*")) == []


def test_a_long_copy_whose_file_cannot_be_written_says_that_it_would_begin_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(checkpoint.STATE_HOME, str(tmp_path / "file"))
    monkeypatch.setattr(reconcile_steps, "FROM_DOCUMENTS", 1)
    said = list(play(late(WEST, "a.txt"), reconcile(1), None))
    (line,) = [line for line in said if "cannot be written" in line]
    assert line.startswith(f"  {tmp_path}/file/standby/")
    assert line.endswith("copy-from-primary.jsonl cannot be written (Not a directory): if this ends, it begins again")
    assert "result: done; pending: ()" in said
