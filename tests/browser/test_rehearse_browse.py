"""`standby rehearse browse`: the site in a person's own Chromium."""

import subprocess
import sys

from standby.rehearsal.core import Rehearsal

HEADLESS = ("--headless", "--dump-dom", "--virtual-time-budget=4000")


def test_the_site_opens_by_its_own_name_and_knows_which_region_answers(rehearsal: Rehearsal) -> None:
    command = (sys.executable, "-m", "standby", "rehearse", "--directory", str(rehearsal.layout.directory), "browse")
    shown = subprocess.run((*command, *HEADLESS), capture_output=True, text=True, check=False, timeout=60)
    assert shown.returncode == 0, shown.stderr
    assert "<h1>Ask your documents</h1>" in shown.stdout
    assert f">{rehearsal.deployment.regions['primary'].region}</span>" in shown.stdout
