"""Fixtures for the tests of the drill: a program in the place of `standby`."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.standby.drill.helpers import Commands


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Commands]:
    """A program in the place of `standby`. Those that run are killed after the test."""
    directory = tmp_path / "programs"
    directory.mkdir()
    commands = Commands(directory)
    monkeypatch.setattr("standby.drill.operator_process.sys", SimpleNamespace(executable=str(commands.program)))
    yield commands
    for pid in commands.alive():
        os.kill(pid, signal.SIGKILL)
