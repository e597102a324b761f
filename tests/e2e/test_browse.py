"""What a user does first with a rehearsal: open the site in Chromium, ask, look around with other programs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from standby.cli.output.first_commands import Shell, first_commands
from standby.rehearsal.rehearsal import Rehearsal
from standby.rehearsal.tools.chromium import PROGRAM_NAMES, NoChromiumError, find_chromium
from standby.stack.synthesis import find_stack
from tests.e2e.helpers import ROOT

HEADLESS = ("--headless", "--dump-dom", "--virtual-time-budget=4000")
STAND_IN = """#!{python}
import sys
from playwright.sync_api import sync_playwright

*options, url = sys.argv[1:]
pictures = [option.partition("=")[2] for option in options if option.startswith("--screenshot=")]
own = ("--headless", "--dump-dom", "--virtual-time-budget", "--screenshot", "--user-data-dir")
with sync_playwright() as playwright:
    arguments = [option for option in options if not option.startswith(own)]
    browser = playwright.chromium.launch(executable_path={shell!r}, args=arguments)
    page = browser.new_page()
    page.goto(url, wait_until="networkidle")
    for picture in pictures:
        page.screenshot(path=picture)
    if "--dump-dom" in options:
        print(page.content())
    browser.close()
"""
"""Does what Chromium does with these options, by the headless shell of the npm package, which lacks them."""


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Chromium on the PATH: with a window, or the headless shell. The test needs no window."""
    try:
        find_chromium(PROGRAM_NAMES)
    except NoChromiumError:
        program = tmp_path / "chromium"
        program.write_text(STAND_IN.format(python=sys.executable, shell=str(find_chromium())), encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("browser")
def test_the_site_opens_under_its_own_host_name_and_shows_the_serving_region(rehearsal: Rehearsal) -> None:
    command = (sys.executable, "-m", "standby", "rehearse", "--directory", str(rehearsal.paths.directory), "browse")
    shown = subprocess.run((*command, *HEADLESS), capture_output=True, text=True, check=False, timeout=60)
    assert shown.returncode == 0, shown.stderr
    assert "<h1>Ask your documents</h1>" in shown.stdout
    assert f'<dd id="region">{rehearsal.deployment.regions["primary"].region}' in shown.stdout


@pytest.mark.usefixtures("browser")
def test_without_a_screen_the_site_is_refused_and_its_picture_is_taken_instead(
    rehearsal: Rehearsal, tmp_path: Path
) -> None:
    command = (sys.executable, "-m", "standby", "rehearse", "--directory", str(rehearsal.paths.directory), "browse")
    environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert (refused.returncode, refused.stdout) == (3, "")
    error, _, hint = " ".join(refused.stderr.split()).partition(" browse ")
    assert "no screen" in error
    picture = tmp_path / "page.png"
    options = hint.partition("`")[0].replace("page.png", str(picture)).split()
    taken = subprocess.run((*command, *options), capture_output=True, text=True, check=False, timeout=60)
    assert taken.returncode == 0, taken.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_commands_that_up_prints_work_in_a_shell_as_they_are_printed(rehearsal: Rehearsal) -> None:
    shell = Shell(directory=ROOT, on_path=None, can_browse=False)
    text = first_commands(rehearsal.paths, rehearsal.urls, shell).replace("\\\n", "")
    page, curl, status = (
        next(line for line in text.splitlines() if part in line) for part in ("--cacert", " -d ", " status")
    )
    environment = {**os.environ, "http_proxy": "http://127.0.0.1:1"}
    asked = subprocess.run(("sh", "-c", curl), cwd=ROOT, capture_output=True, text=True, check=True, env=environment)
    assert json.loads(asked.stdout)["region"] == rehearsal.deployment.regions["primary"].region
    read = subprocess.run(("sh", "-c", page), cwd=ROOT, capture_output=True, text=True, check=True, env=environment)
    assert "<title>" in read.stdout
    looked = subprocess.run(("sh", "-c", status), cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert "verdict: " in looked.stdout, looked.stderr


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


def test_terraform_plans_in_the_rehearsal_s_stack(rehearsal: Rehearsal) -> None:
    stack = find_stack(rehearsal.paths.synthesized).directory
    shown = standby(rehearsal, "exec", "--", "terraform", f"-chdir={stack}", "output", "-no-color")
    assert shown.returncode == 0, shown.stderr
    assert "cloudfront_url" in shown.stdout
