"""`standby rehearse browse`: the site in the user's own Chromium."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from standby.rehearsal.rehearsal import Rehearsal
from standby.rehearsal.tools.chromium import PROGRAM_NAMES, NoChromiumError, find_chromium

HEADLESS = ("--headless", "--dump-dom", "--virtual-time-budget=4000")


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Chromium with a window, or the headless shell under its name. The test needs no window."""
    try:
        find_chromium(PROGRAM_NAMES)
    except NoChromiumError:
        (tmp_path / "chromium").symlink_to(find_chromium())
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("browser")
def test_the_site_opens_under_its_own_host_name_and_shows_the_serving_region(rehearsal: Rehearsal) -> None:
    command = (sys.executable, "-m", "standby", "rehearse", "--directory", str(rehearsal.paths.directory), "browse")
    shown = subprocess.run((*command, *HEADLESS), capture_output=True, text=True, check=False, timeout=60)
    assert shown.returncode == 0, shown.stderr
    assert "<h1>Ask your documents</h1>" in shown.stdout
    assert f">{rehearsal.deployment.regions['primary'].region}</span>" in shown.stdout


def standby(rehearsal: Rehearsal, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = (sys.executable, "-m", "standby", "rehearse", "--directory", str(rehearsal.paths.directory), *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_any_program_runs_against_the_rehearsal_with_its_own_options_and_exit_code(rehearsal: Rehearsal) -> None:
    aws = standby(rehearsal, "exec", "--", sys.executable, "-m", "awscli", "s3", "ls", "--no-paginate")
    assert rehearsal.deployment.regions["failover"].documents_bucket in aws.stdout, aws.stderr
    shell = standby(rehearsal, "exec", "sh", "-c", 'printf %s "$AWS_REGION"; exit 7')
    assert (shell.stdout, shell.returncode) == (rehearsal.deployment.regions["primary"].region, 7)


def test_a_program_that_is_missing_is_wrong_usage(rehearsal: Rehearsal) -> None:
    missing = standby(rehearsal, "exec", "no-such-program")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "no-such-program cannot be run" in missing.stderr
