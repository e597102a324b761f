"""The emulator starts while the stack is synthesized, and a synthesis that fails leaves no new emulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from standby.errors import StandbyError
from standby.rehearsal.processes.process import find_processes
from standby.rehearsal.rehearsal import Rehearsal
from tests.standby.rehearsal.deploy.helpers import FakeTerraform


@pytest.fixture
def rehearsal(project: Path, fake_terraform: FakeTerraform) -> Iterator[Rehearsal]:
    rehearsal = Rehearsal(project=project)
    yield rehearsal
    rehearsal.down()


def test_a_failed_synthesis_leaves_no_emulator_behind(rehearsal: Rehearsal, project: Path) -> None:
    (project / "main.py").write_text("raise SystemExit(1)")
    with pytest.raises(StandbyError):
        rehearsal.start()
    assert rehearsal.emulator is None
    assert list(find_processes(rehearsal.paths.directory)) == []


def test_a_failed_synthesis_leaves_a_running_emulator_as_it_is(rehearsal: Rehearsal, project: Path) -> None:
    rehearsal.apply()
    before = rehearsal.emulator
    (project / "main.py").write_text("raise SystemExit(1)")
    with pytest.raises(StandbyError):
        rehearsal.start()
    assert before is not None
    assert rehearsal.emulator == before
