"""Every drill restores everything, whatever happens to it. The live drill runs with the rehearsal as the deployment.

Times may be missed here, because other tests run at the same time.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner, Result

from standby.cli.main import cli
from standby.drill.live_faults import SID
from standby.drill.observe.steady_state import check_ready
from standby.rehearsal.faults.faults import Faults
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.drill.helpers import drilled, met_except_times
from tests.e2e.helpers import wait_for
from tests.standby.helpers import words


def becomes_ready(rehearsal: Rehearsal) -> None:
    """Check that `standby status` says `ready`; on a busy machine this may take a moment."""
    check_ready(("--directory", str(rehearsal.paths.directory)))


def serving(rehearsal: Rehearsal) -> object:
    """Return the serving role in the failover bucket, which the edge reads first. Faults do not affect the read."""
    s3, bucket = rehearsal.session("failover").client("s3"), rehearsal.deployment.regions["failover"].frontend_bucket
    return json.loads(s3.get_object(Bucket=bucket, Key="config.json")["Body"].read())["role"]


def policy(rehearsal: Rehearsal) -> Mapping[str, object]:
    s3, bucket = rehearsal.session("primary").client("s3"), rehearsal.deployment.regions["primary"].frontend_bucket
    value: dict[str, object] = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    return value


def live(rehearsal: Rehearsal, name: str, *, typed: str) -> Result:
    options = ("--directory", str(rehearsal.paths.directory))
    return CliRunner().invoke(cli, [*options, "drill", "--live", "--scenario", name, "--json"], input=typed)


def confirmation(rehearsal: Rehearsal) -> str:
    regions = rehearsal.deployment.regions
    return f"{rehearsal.deployment.account} {regions['primary'].region} {regions['failover'].region}\n"


@contextmanager
def drilling(rehearsal: Rehearsal, log: Path) -> Iterator["subprocess.Popen[str]"]:
    options = ("--directory", str(rehearsal.paths.directory))
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "standby", *options, "drill", "--scenario", "region-lost"],
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def test_ctrl_c_during_an_outage_restores_everything(rehearsal: Rehearsal, tmp_path: Path) -> None:
    log = tmp_path / "drill.log"
    with drilling(rehearsal, log) as process:
        deadline = time.monotonic() + 90
        while "Polling the health" not in log.read_text():
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        assert Faults(rehearsal).active()
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=120) == 1
    assert "Interrupted. Everything was restored." in log.read_text()
    assert Faults(rehearsal).active() == ()
    becomes_ready(rehearsal)


def test_the_next_drill_restores_a_deployment_whose_drill_was_killed_after_its_failover(
    rehearsal: Rehearsal, tmp_path: Path
) -> None:
    log = tmp_path / "drill.log"
    with drilling(rehearsal, log) as process:
        wait_for(lambda: serving(rehearsal) == "failover" or None, what="the drill's failover", seconds=120)
        process.kill()
        process.wait()
    assert Faults(rehearsal).active()
    ran = drilled(rehearsal, "page-origin-lost")
    assert ran.code in {0, 1}, ran.stderr  # the drill found the steady state
    said = words(ran.stderr)
    assert "The last drill was killed. The serving region: us-east-1. Reconciling and failing back first." in said
    assert Faults(rehearsal).active() == ()
    assert serving(rehearsal) == "primary"


def test_live_pages_are_denied_and_served_by_the_other_region_and_the_policy_is_as_it_was(
    rehearsal: Rehearsal,
) -> None:
    before = policy(rehearsal)
    result = live(rehearsal, "live-pages", typed=confirmation(rehearsal))
    assert result.exit_code in {0, 1}, result.output
    scenario = met_except_times(json.loads(result.stdout))
    assert scenario["measures"]["standbyPagesNotSeen"] == 0
    assert policy(rehearsal) == before
    assert SID not in json.dumps(before)


def test_live_api_moves_users_and_moves_them_back(rehearsal: Rehearsal) -> None:
    result = live(rehearsal, "live-api", typed=confirmation(rehearsal))
    assert result.exit_code in {0, 1}, result.output
    scenario = met_except_times(json.loads(result.stdout))
    assert scenario["measures"]["questionsFailed"] == 0
    becomes_ready(rehearsal)


def test_a_live_drill_that_is_not_confirmed_does_nothing(rehearsal: Rehearsal) -> None:
    before = policy(rehearsal)
    result = live(rehearsal, "live-pages", typed="yes\n")
    assert result.exit_code == 1
    assert "Not confirmed. Nothing was done." in result.stderr
    assert json.loads(result.stdout)["error"] == "Not confirmed. Nothing was done."
    assert policy(rehearsal) == before
