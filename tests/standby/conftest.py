"""Fixtures for the tests of the `standby` command: a small project, a fake Terraform, a real emulator."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from standby.cli.main import cli
from standby.deployment.manifest import Role
from standby.rehearsal.emulator.emulator import Emulator, start_emulator, stop_emulator
from standby.rehearsal.files.paths import RehearsalPaths
from tests.standby.helpers import Run, World
from tests.standby.rehearsal.deploy.helpers import MAIN, FakeTerraform, configuration
from tests.standby.rehearsal.network.helpers import SmallRehearsal


@pytest.fixture(autouse=True)
def _no_contexts_of_this_user(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "no-configuration"))
    monkeypatch.delenv("STANDBY_CONTEXT", raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose `main.py` writes a small configuration without cdktf."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "main.py").write_text(MAIN)
    (root / "cdktf.json").write_text("{}")
    (root / "configuration.json").write_text(json.dumps(configuration()))
    return root


@pytest.fixture
def fake_terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTerraform:
    """A fake Terraform, first on the PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return FakeTerraform(programs)


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[RehearsalPaths]:
    """The paths of a rehearsal; all its processes are stopped after the test."""
    paths = RehearsalPaths(project=tmp_path, directory=tmp_path / "rehearsal")
    paths.directory.mkdir()
    yield paths
    stop_emulator(paths)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """A real emulator, shared by a module's tests."""
    directory = tmp_path_factory.mktemp("emulator")
    paths = RehearsalPaths(project=directory, directory=directory)
    yield start_emulator(paths)
    stop_emulator(paths)


@pytest.fixture(scope="session")
def small_rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallRehearsal]:
    """A small deployment with its region proxies and its edge, shared by all tests; `small` repairs it after each."""
    with SmallRehearsal(tmp_path_factory.mktemp("small")) as small:
        yield small


@pytest.fixture
def small(small_rehearsal: SmallRehearsal) -> Iterator[SmallRehearsal]:
    """The small deployment; it is repaired after each test."""
    yield small_rehearsal
    small_rehearsal.repair()


@pytest.fixture
def world(emulator: Emulator) -> World:
    """A new deployment of two regions in the emulator for each test, as `operations` sees it."""
    return World.make(emulator.endpoint)


@pytest.fixture
def run(world: World) -> Run:
    """Run a command against the world; the `dead` regions do not answer."""

    def command(*arguments: str, dead: tuple[Role, ...] = (), given: str | None = None) -> Result:
        return CliRunner().invoke(cli, arguments, input=given, obj=lambda _: world.connect(*dead))

    return command
