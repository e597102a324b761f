"""An exception that no command expected ends with one message: a failure of this machine, or a bug with its report."""

import errno
import importlib
import os
import re
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from standby.cli.main import COMMANDS, cli
from standby.cli.unexpected_error import DEBUG_VARIABLE
from standby.machine import REMEDIES
from standby.target import TargetOptions
from tests.constructs.plan import ROOT
from tests.standby.helpers import words

INCOMPLETE = """The installation of standby is incomplete: the module standby.text is missing.
  Get it again: pip install --force-reinstall warm-standby
"""
CLASS_NAMES = re.compile(r"\w(Error|Exception|Warning)\b|Traceback")
MACHINE_NUMBERS = st.sampled_from(sorted(REMEDIES))


def fail_with(error: Exception, *arguments: str) -> Result:
    """Run a command whose connection raises the error."""

    def opener(_: TargetOptions) -> None:
        raise error

    return CliRunner().invoke(cli, arguments or ("status",), obj=opener)


@pytest.fixture(autouse=True)
def _no_debugging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DEBUG_VARIABLE, raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.mark.parametrize("kind", [KeyError, ValueError, RecursionError, AssertionError, AttributeError, ImportError])
def test_a_bug_is_one_line_with_its_place_and_the_full_report_in_a_file(tmp_path: Path, kind: type[Exception]) -> None:
    result = fail_with(kind("surprise"))
    assert result.exit_code == 1
    first, _, rest = result.stderr.partition("\n  The full report is in")
    assert re.fullmatch(
        r"Error: This is a bug in standby: '?surprise'? \(standby/target.py, line \d+\)\.", words(first)
    )
    assert not CLASS_NAMES.search(result.stderr)
    (file,) = tmp_path.glob("standby-bug-*.txt")
    assert words(rest).startswith(f"{file} Send it to the owners of the project.")
    assert f"{kind.__name__}: " in file.read_text()
    assert "Traceback" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0  # it may quote what the operator typed


def test_a_bug_is_shown_in_full_where_its_report_cannot_be_written_or_debugging_is_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    assert f"{DEBUG_VARIABLE}=1 shows where" in fail_with(KeyError("surprise")).stderr
    monkeypatch.setenv(DEBUG_VARIABLE, "1")
    assert isinstance(fail_with(KeyError("surprise")).exception, KeyError)


def test_a_bug_as_json_is_a_document_too() -> None:
    result = fail_with(KeyError("surprise"), "status", "--json")
    assert '"error": "This is a bug in standby' in result.stdout


@given(number=MACHINE_NUMBERS, place=st.sampled_from(["/some/file", b"/some/file"]), other=st.booleans())
def test_a_failure_of_this_machine_is_one_line_with_the_place_and_the_remedy(
    number: int, place: str | bytes, *, other: bool
) -> None:
    error = OSError(number, os.strerror(number), "/another" if other else place, None, place if other else None)
    result = fail_with(error)
    assert (result.exit_code, words(result.stderr)) == (
        1,
        f"Error: /some/file: {os.strerror(number)}. {words(REMEDIES[number])}",
    )


@pytest.mark.parametrize(
    "error", [ssl.SSLError(errno.EPERM, "TLS"), socket.gaierror(errno.EACCES, "name"), OSError("no number")]
)
def test_an_error_with_numbers_of_its_own_is_not_taken_for_a_failure_of_the_machine(error: OSError) -> None:
    assert "This is a bug in standby: " in fail_with(error).stderr


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "module,text",
    [
        ("psutil", "The Python package psutil is missing.\n  Get it: pip install 'warm-standby[rehearsal]'\n"),
        ("rich.table", "The Python package rich is missing.\n  Get it: pip install 'warm-standby'\n"),
        ("standby.text", INCOMPLETE),
    ],
)
def test_a_missing_package_is_one_message_with_the_install_command(
    monkeypatch: pytest.MonkeyPatch, command: str, module: str, text: str
) -> None:
    def missing(_: str) -> None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr(importlib, "import_module", missing)
    result = CliRunner().invoke(cli, [command])
    assert (result.exit_code, words(result.stderr)) == (3, words(f"Error: {text}"))


FULL = Path("/dev/full")
full = pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
OUTPUTS = [["--help"], ["drill", "--list"], ["rehearse", "status"], ["rehearse", "status", "--json"], ["nothing"]]


def run_program(
    arguments: list[str], directory: Path, *, stdout: int, stderr: int
) -> "subprocess.CompletedProcess[str]":
    directory.mkdir(exist_ok=True)
    for name in ("main.py", "cdktf.json"):
        (directory / name).touch()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    line = [sys.executable, "-m", "standby", *arguments]
    return subprocess.run(
        line, cwd=directory, env=environment, stdout=stdout, stderr=stderr, text=True, check=False, timeout=60
    )


@full
@pytest.mark.parametrize("arguments", OUTPUTS, ids=" ".join)
def test_a_result_on_a_full_disk_is_one_line_and_no_exit_code_of_the_interpreter(
    tmp_path: Path, arguments: list[str]
) -> None:
    with FULL.open("w") as device:
        ran = run_program(arguments, tmp_path / "project", stdout=device.fileno(), stderr=subprocess.PIPE)
    if arguments == ["nothing"]:  # it prints nothing on stdout
        assert ran.returncode == 2
        return
    assert ran.returncode == 1, ran.stderr
    said = f"Error: Standard output: {os.strerror(errno.ENOSPC)}. {REMEDIES[errno.ENOSPC]}"
    assert words(ran.stderr) == words(said)


@full
@pytest.mark.parametrize(
    "arguments,code", [(["rehearse", "env"], 3), (["rehearse", "down"], 0), (["nothing"], 2), (["rehearse", "up"], 1)]
)
def test_an_error_message_that_cannot_be_written_changes_no_exit_code(
    tmp_path: Path, arguments: list[str], code: int
) -> None:
    with FULL.open("w") as device:
        ran = run_program(arguments, tmp_path / "project", stdout=subprocess.PIPE, stderr=device.fileno())
    assert ran.returncode == code
