"""`standby rehearse browse`: the site in the user's own Chromium."""

import subprocess
import sys

from standby.rehearsal.rehearsal import Rehearsal

HEADLESS = ("--headless", "--dump-dom", "--virtual-time-budget=4000")


def test_the_site_opens_under_its_own_host_name_and_shows_the_serving_region(rehearsal: Rehearsal) -> None:
    command = (sys.executable, "-m", "standby", "rehearse", "--directory", str(rehearsal.paths.directory), "browse")
    shown = subprocess.run((*command, *HEADLESS), capture_output=True, text=True, check=False, timeout=60)
    assert shown.returncode == 0, shown.stderr
    assert "<h1>Ask your documents</h1>" in shown.stdout
    assert f">{rehearsal.deployment.regions['primary'].region}</span>" in shown.stdout
