"""The message of `make` if a tool is missing: one line with the tool, its version, and the way to install it."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.constructs.plan import ROOT

NO_VENV = """#!/bin/sh
case "$2" in *ensurepip*) exit 1;; esac
"""
PYTEST = """#!/bin/sh
echo "$2" >> {here}/ran
{act}
"""
GOOD = "#!/bin/sh\n"
SHELL = ("bash", "env", "expr", "getconf", "id", "sh")


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH with a shell and few other programs."""
    for name in SHELL:
        (tmp_path / name).symlink_to(shutil.which(name) or "/nowhere")
    return str(tmp_path)


def command(*arguments: str) -> list[str]:
    program = shutil.which("make")
    assert program
    return [program, *arguments]


def environment(path: str) -> dict[str, str]:
    return {"PATH": path, "HOME": os.environ["HOME"]}


def make(path: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(*arguments), cwd=ROOT, env=environment(path), capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "target, line",
    [
        ("need-python", "Python 3.11 to 3.13 with its venv is needed and was not found: "),
        ("need-node", "Node.js 20 or newer is needed and was not found: "),
        ("need-terraform", "Terraform 1.10 or newer (below 2) is needed and was not found: "),
        ("need-chromium", "Chromium is needed to test the page and was not found: "),
    ],
)
def test_a_missing_tool_is_one_line_with_the_way_to_install_it(path: str, target: str, line: str) -> None:
    run = make(path, target)
    said, *rest = run.stderr.splitlines()
    assert run.returncode != 0
    assert said.startswith(line)
    assert [more for more in rest if not more.startswith("make:")] == []


def program(directory: Path, name: str, text: str) -> None:
    (directory / name).write_text(text)
    (directory / name).chmod(0o755)


def test_a_python_without_venv_is_not_accepted(path: str, tmp_path: Path) -> None:
    program(tmp_path, "python3", NO_VENV)
    run = make(path, "need-python")
    assert run.stderr.startswith(
        "Python 3.11 to 3.13 with its venv is needed and was not found: apt install python3 python3-venv"
    )


@pytest.fixture
def e2e(path: str, tmp_path: Path) -> tuple[str, ...]:
    """The requirements of `make test-e2e` as programs that do nothing. Each test adds a pytest that fails."""
    for name in ("rm", "mktemp", "sleep", "sed"):
        (tmp_path / name).symlink_to(shutil.which(name) or "/nowhere")
    for name in ("python3", "node", "terraform", "chromium", "standby"):
        program(tmp_path, name, GOOD)
    for name in ("python-ready", "node-ready"):
        (tmp_path / name).touch()
    ready = (f"PYTHON_READY={tmp_path / 'python-ready'}", f"NODE_READY={tmp_path / 'node-ready'}")
    return ("test-e2e", f"BIN={tmp_path}", "PYTHON=python3", "WORKERS=1", *ready)


@pytest.mark.parametrize("flags", [(), (".SHELLFLAGS=-c",)], ids=["this make", "a make without .SHELLFLAGS"])
def test_the_target_fails_after_the_first_failed_run_of_pytest(
    path: str, e2e: tuple[str, ...], tmp_path: Path, flags: tuple[str, ...]
) -> None:
    program(tmp_path, "pytest", PYTEST.format(here=tmp_path, act="exit 1"))
    run = make(path, *e2e, *flags)
    assert run.returncode != 0, run.stderr
    assert (tmp_path / "ran").read_text().splitlines() == ["(e2e or programs) and not alone"]


def test_ending_make_ends_the_tests_and_then_the_rehearsal(path: str, e2e: tuple[str, ...], tmp_path: Path) -> None:
    act = f"trap 'kill $!; echo ended >> {tmp_path}/ran; exit 2' TERM; sleep 60 & wait"
    program(tmp_path, "pytest", PYTEST.format(here=tmp_path, act=act))
    program(tmp_path, "standby", f"#!/bin/sh\necho $1 $4 >> {tmp_path}/ran\n")
    with subprocess.Popen(command(*e2e), cwd=ROOT, env=environment(path), stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while not (tmp_path / "ran").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.terminate()
        assert process.wait(timeout=30) != 0
    assert (tmp_path / "ran").read_text().splitlines()[1:] == ["ended", "rehearse down"]
