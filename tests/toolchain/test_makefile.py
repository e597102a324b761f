"""`make test-e2e` fails with the first failed run of pytest, and ends what it started; `make help` fits."""

import subprocess
import time
from pathlib import Path

import pytest

from tests.constructs.plan import ROOT
from tests.toolchain.helpers import Machine, add_program

PYTEST = """#!/bin/sh
echo "$2" >> {log}
{act}
"""


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """A machine with the requirements of `make test-e2e`. Each test adds a pytest that fails."""
    machine.add_terraform("1.11.4")
    machine.add_node("20.20.2")
    machine.add("chromium")
    return machine


@pytest.mark.parametrize("flags", [(), (".SHELLFLAGS=-c",)], ids=["this make", "a make without .SHELLFLAGS"])
def test_the_target_fails_after_the_first_failed_run_of_pytest(machine: Machine, flags: tuple[str, ...]) -> None:
    add_program(machine.venv / "bin", "pytest", PYTEST.format(log=machine.log, act="exit 1"))
    add_program(machine.venv / "bin", "standby", "#!/bin/sh\n")
    run = machine.make("test-e2e", *flags)
    assert run.returncode != 0, run.stderr
    assert machine.calls() == ["(e2e or programs or long) and not alone"]


def test_ending_make_ends_the_tests_and_then_the_rehearsal(machine: Machine) -> None:
    act = f"trap 'kill $!; echo ended >> {machine.log}; exit 2' TERM; sleep 60 & wait"
    add_program(machine.venv / "bin", "pytest", PYTEST.format(log=machine.log, act=act))
    add_program(machine.venv / "bin", "standby", f"#!/bin/sh\necho $1 $4 >> {machine.log}\n")
    command = machine.arguments("test-e2e")
    with subprocess.Popen(command, cwd=ROOT, env=machine.environment(), stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while not machine.calls():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.terminate()
        assert process.wait(timeout=30) != 0
    assert machine.calls()[1:] == ["ended", "rehearse down", "rehearse down"]


CACHES = (".cache/aws/jsii/package-cache", "Library/Caches/com.amazonaws.jsii/package-cache", ".cache/lazy_bindings/x")


@pytest.mark.parametrize("cache", CACHES)
def test_the_caches_in_the_home_directory_are_named_by_clean_and_removed_by_clean_caches(
    machine: Machine, tmp_path: Path, cache: str
) -> None:
    home = tmp_path / "a home"
    (home / cache).mkdir(parents=True)
    other = home / ".cache" / "pip"
    other.mkdir(parents=True)
    # -n for the target that would remove this project's own environment: the shell runs its last line alone.
    shown = machine.make("--dry-run", "clean", HOME=str(home)).stdout.splitlines()
    last = "\n".join(shown[next(number for number, line in enumerate(shown) if line.startswith("case ")) :])
    said = subprocess.run(["bash", "-c", last], env={"HOME": str(home)}, stdout=subprocess.PIPE, text=True, check=True)
    assert said.stdout == "Caches in your home directory stay. `make clean-caches` removes them.\n"
    assert machine.make("clean-caches", HOME=str(home)).returncode == 0
    assert not (home / cache).parent.exists()
    assert other.is_dir()
    after = subprocess.run(["bash", "-c", last], env={"HOME": str(home)}, stdout=subprocess.PIPE, text=True, check=True)
    assert after.stdout == ""


def test_clean_ends_each_rehearsal_of_the_folder_whatever_settings_the_shell_names(
    machine: Machine, tmp_path: Path
) -> None:
    for name in (".rehearsal", ".rehearsal-dev", "other", "bin"):
        (tmp_path / name).mkdir()
    add_program(tmp_path / "bin", "standby", f'#!/bin/sh\necho "$@" $STANDBY_SETTINGS >> {machine.log}\n')
    # As above: the shell runs the lines of the recipe that end rehearsals, elsewhere.
    shown = machine.make("--dry-run", "clean", "BIN=bin", STANDBY_SETTINGS="dev.toml").stdout.splitlines()
    begin = next(number for number, line in enumerate(shown) if line.startswith("set -e; for"))
    subprocess.run(["bash", "-c", "\n".join(shown[begin : begin + 2])], cwd=tmp_path, check=True)
    assert machine.calls() == [f"rehearse --directory {name} down" for name in (".rehearsal", ".rehearsal-dev")]


def test_clean_caches_looks_where_the_cache_of_the_bindings_was_moved(machine: Machine, tmp_path: Path) -> None:
    moved, home = tmp_path / "moved", tmp_path / "home"
    for directory in (moved / "lazy_bindings", home / ".cache" / "lazy_bindings", moved / "aws"):
        directory.mkdir(parents=True)
    assert machine.make("clean-caches", HOME=str(home), XDG_CACHE_HOME=str(moved)).returncode == 0
    assert [one.name for one in moved.iterdir()] == ["aws"]
    assert (home / ".cache" / "lazy_bindings").is_dir()


def test_the_list_of_targets_fits_80_columns_and_names_each_documented_target_once() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert [line for line in shown.splitlines() if len(line) > 80] == []
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    documented = [line.partition(":")[0] for line in lines if ":" in line and " ## " in line and line[0].isalnum()]
    assert [line.split()[0] for line in shown.splitlines() if not line.startswith(" ")] == documented
