"""Nobody breaks, heals or ends a rehearsal that is being drilled, and nobody drills one that somebody breaks."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from standby.cli.main import cli
from standby.errors import RefusedError
from standby.rehearsal.files.claim import take
from standby.rehearsal.files.lock import drill_lock, no_drill
from standby.rehearsal.files.paths import RehearsalPaths


def test_two_drills_at_once_are_refused_and_leave_nothing_behind(tmp_path: Path) -> None:
    paths = RehearsalPaths(project=tmp_path, directory=tmp_path)
    who = rf"in use by `standby drill`, process {os.getpid()}, since 20"
    with (
        drill_lock(paths, command="standby drill"),
        pytest.raises(RefusedError, match=who),
        drill_lock(paths, command="another"),
    ):
        pass
    with drill_lock(paths, command="standby drill") as killed:
        assert not killed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["up"], ["down"], ["heal"], ["fault", "region-down", "primary"]])
def test_what_breaks_heals_or_ends_a_rehearsal_is_refused_while_a_drill_is_at_work(
    project: Path, arguments: list[str]
) -> None:
    paths = RehearsalPaths(project=project, directory=project / ".rehearsal")
    take(paths)
    files = set(paths.directory.iterdir())
    with drill_lock(paths, command="standby drill"):
        result = CliRunner().invoke(cli, ["rehearse", "--project", str(project), *arguments])
    assert result.exit_code == 3
    assert f"This rehearsal is in use by `standby drill`, process {os.getpid()}, since 20" in result.stderr
    assert set(paths.directory.iterdir()) == files


def test_a_drill_waits_for_no_fault_that_is_set_for_some_seconds_but_is_refused(tmp_path: Path) -> None:
    paths = RehearsalPaths(project=tmp_path, directory=tmp_path)
    with (
        no_drill(paths),
        no_drill(paths),
        pytest.raises(RefusedError, match="in use by another process"),
        drill_lock(paths, command="standby drill"),
    ):
        pass


def test_a_drill_that_was_killed_is_known_to_the_next_one_and_named_to_nobody(tmp_path: Path) -> None:
    paths = RehearsalPaths(project=tmp_path, directory=tmp_path)
    paths.drill_holder.write_text('{"pid": 4194305, "command": "standby drill", "since": "then"}')  # above any pid
    with (
        no_drill(paths),
        pytest.raises(RefusedError, match="in use by another process"),
        drill_lock(paths, command="x"),
    ):
        pass
    with drill_lock(paths, command="standby drill") as killed:
        assert killed
    assert list(tmp_path.iterdir()) == []
