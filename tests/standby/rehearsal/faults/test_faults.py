"""A fault is real, said, and healed whole, whatever became of the command that did it."""

import signal
import subprocess
import sys
import time

import pytest
from botocore.config import Config

from standby.deployment.manifest import Role
from standby.errors import BadUsageError
from standby.rehearsal.faults.faults import FaultKind
from standby.rehearsal.network.region_proxy import RegionProxyFaults
from tests.standby.rehearsal.fault_helpers import health, set_fault
from tests.standby.rehearsal.network_helpers import SmallRehearsal

FRONT_KINDS: tuple[FaultKind, ...] = ("region-down", "region-black-hole", "s3-errors", "api-errors", "slow")


def documents(small: SmallRehearsal, role: Role = "primary") -> int:
    """Return the status of S3 of a region, without a signature."""
    region = small.rehearsal.deployment.regions[role]
    return small.client.request("GET", f"https://{region.documents_bucket}.s3.{region.region}.amazonaws.com/").status


@pytest.mark.parametrize(
    "kind,answer",
    [
        ("region-down", "refused"),
        ("region-black-hole", "silent"),
        ("api-errors", "503"),
        ("s3-errors", "200"),
        ("slow", "200 late"),
    ],
)
def test_a_fault_does_what_it_says_to_one_region_until_it_is_healed(
    small: SmallRehearsal, kind: FaultKind, answer: str
) -> None:
    set_fault(small, kind)
    assert health(small) == answer
    assert health(small, "failover") == "200"
    assert [(fault.kind, fault.role) for fault in small.rehearsal.faults.active()] == [(kind, "primary")]
    assert [fault.kind for fault in small.rehearsal.faults.heal()] == [kind]
    assert health(small) == "200"
    assert small.rehearsal.faults.active() == ()


def test_s3_errors_leave_the_api_and_api_errors_leave_s3(small: SmallRehearsal) -> None:
    set_fault(small, "s3-errors")
    assert (documents(small), health(small)) == (503, "200")
    small.rehearsal.faults.heal()
    set_fault(small, "api-errors")
    assert (documents(small), health(small)) == (403, "503")


def test_an_s3_error_is_in_s3s_own_words(small: SmallRehearsal) -> None:
    set_fault(small, "s3-errors")
    region_proxy = small.rehearsal.network.region_proxies["us-west-2"]
    s3 = small.sessions["primary"].client(
        "s3", endpoint_url=region_proxy, config=Config(retries={"total_max_attempts": 1})
    )
    with pytest.raises(s3.exceptions.ClientError, match="ServiceUnavailable"):
        s3.list_buckets()


@pytest.mark.parametrize("kind", FRONT_KINDS)
def test_setting_and_healing_twice_is_as_once(small: SmallRehearsal, kind: FaultKind) -> None:
    set_fault(small, kind)
    since = small.rehearsal.faults.active()[0].since
    set_fault(small, kind)
    assert [fault.since for fault in small.rehearsal.faults.active()] == [since]
    small.rehearsal.faults.heal()
    assert small.rehearsal.faults.heal() == ()
    assert health(small) == "200"


def test_faults_of_both_regions_heal_one_by_one(small: SmallRehearsal) -> None:
    set_fault(small, "api-errors")
    set_fault(small, "region-down", "failover")
    small.rehearsal.faults.heal("failover")
    assert (health(small), health(small, "failover")) == ("503", "200")
    small.rehearsal.faults.heal()
    assert health(small) == "200"


def test_several_faults_of_one_region_heal_together(small: SmallRehearsal) -> None:
    for kind in ("s3-errors", "region-black-hole", "slow", "region-down"):
        set_fault(small, kind)
    assert health(small) == "refused"
    assert len(small.rehearsal.faults.heal("primary")) == 4
    assert (health(small), documents(small)) == ("200", 403)


def test_a_healed_front_is_back_on_its_port(small: SmallRehearsal) -> None:
    before = small.rehearsal.network
    set_fault(small, "region-down")
    small.rehearsal.faults.heal()
    assert small.rehearsal.network == before


def test_a_fault_whose_command_was_killed_before_it_did_it_is_healed(small: SmallRehearsal) -> None:
    set_fault(small, "region-down")
    small.rehearsal.connecting.connect()  # what is written down is set, but nothing is broken
    assert health(small) == "200"
    assert len(small.rehearsal.faults.heal()) == 1
    assert health(small) == "200"


def test_a_front_that_died_by_itself_during_another_fault_comes_back_whole(small: SmallRehearsal) -> None:
    set_fault(small, "slow")
    small.process("front-us-west-2").kill()
    small.rehearsal.faults.heal()
    assert health(small) == "200"


def test_a_front_that_a_killed_command_left_broken_is_put_right(small: SmallRehearsal) -> None:
    small.rehearsal.connecting.load_region_proxy(
        "primary", RegionProxyFaults(api_errors=True)
    )  # and nothing is written down
    assert health(small) == "503"
    small.rehearsal.connecting.connect()
    assert health(small) == "200"


def test_no_connection_that_is_kept_stays_with_the_fault_or_without_it(small: SmallRehearsal) -> None:
    for _ in range(5):
        assert health(small) == "200"
        set_fault(small, "api-errors")
        assert health(small) == "503"
        small.rehearsal.faults.heal()


def test_slow_needs_a_time(small: SmallRehearsal) -> None:
    with pytest.raises(BadUsageError, match="--milliseconds"):
        small.rehearsal.faults.set("slow", "primary")
    assert small.rehearsal.faults.active() == ()


def test_a_fault_for_some_seconds_is_healed_also_when_it_is_interrupted(small: SmallRehearsal) -> None:
    paths = small.rehearsal.paths
    where = ("rehearse", "--project", str(paths.project), "--directory", str(paths.directory))
    command = (sys.executable, "-m", "standby", *where, "fault", "api-errors", "primary", "--seconds", "60")
    (paths.project / "cdktf.json").touch()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 10
        while health(small) != "503" and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
    assert output.startswith("Healed: api-errors primary"), errors
    assert "Traceback" not in errors
    assert process.returncode == 1
    assert health(small) == "200"
