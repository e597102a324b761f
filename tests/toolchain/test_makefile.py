"""`make test-e2e` fails with the first failed run of pytest, and ends what it started; `make help` fits."""

import subprocess
import time

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
    assert machine.calls() == ["(e2e or programs) and not alone"]


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


def test_the_list_of_targets_fits_80_columns_and_names_each_documented_target_once() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert [line for line in shown.splitlines() if len(line) > 80] == []
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    documented = [line.partition(":")[0] for line in lines if ":" in line and " ## " in line and line[0].isalnum()]
    assert [line.split()[0] for line in shown.splitlines() if not line.startswith(" ")] == documented
