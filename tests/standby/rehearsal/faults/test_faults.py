"""A fault is real, it is listed, and it is healed completely, even if its command was killed."""

import signal
import subprocess
import sys

import pytest
from botocore.config import Config

from standby.deadline import poll
from standby.deployment.manifest import Role
from standby.errors import BadUsageError
from standby.rehearsal.faults.faults import FaultKind
from standby.rehearsal.network.region_proxy import RegionProxyFaults
from tests.standby.rehearsal.faults.helpers import health, set_fault
from tests.standby.rehearsal.network.helpers import SmallRehearsal

REGION_PROXY_KINDS: tuple[FaultKind, ...] = (
    "region-down",
    "region-black-hole",
    "s3-errors",
    "api-errors",
    "slow",
    "sick",
)


def documents(small: SmallRehearsal, role: Role = "primary") -> int:
    """Return the status of a request to S3 without a signature."""
    region = small.rehearsal.deployment.regions[role]
    return small.client.request("GET", f"https://{region.documents_bucket}.s3.{region.region}.amazonaws.com/").status


@pytest.mark.parametrize(
    "kind,response",
    [
        ("region-down", "refused"),
        ("region-black-hole", "silent"),
        ("api-errors", "503"),
        ("s3-errors", "200"),
        ("slow", "200 late"),
        ("sick", "302"),
    ],
)
def test_a_fault_affects_one_region_until_it_is_healed(small: SmallRehearsal, kind: FaultKind, response: str) -> None:
    set_fault(small, kind)
    assert health(small) == response
    assert health(small, "failover") == "200"
    assert [(fault.kind, fault.role) for fault in small.rehearsal.faults.active()] == [(kind, "primary")]
    assert [fault.kind for fault in small.rehearsal.faults.heal()] == [kind]
    assert health(small) == "200"
    assert small.rehearsal.faults.active() == ()


def test_s3_errors_do_not_affect_the_api_and_api_errors_do_not_affect_s3(small: SmallRehearsal) -> None:
    set_fault(small, "s3-errors")
    assert (documents(small), health(small)) == (503, "200")
    small.rehearsal.faults.heal()
    set_fault(small, "api-errors")
    assert (documents(small), health(small)) == (403, "503")


def test_an_s3_error_has_the_form_of_s3(small: SmallRehearsal) -> None:
    set_fault(small, "s3-errors")
    region_proxy = small.rehearsal.network.region_proxies["us-west-2"]
    s3 = small.sessions["primary"].client(
        "s3", endpoint_url=region_proxy, config=Config(retries={"total_max_attempts": 1})
    )
    with pytest.raises(s3.exceptions.ClientError, match="ServiceUnavailable"):
        s3.list_buckets()


@pytest.mark.parametrize("kind", REGION_PROXY_KINDS)
def test_setting_and_healing_twice_is_the_same_as_once(small: SmallRehearsal, kind: FaultKind) -> None:
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
    for kind in ("s3-errors", "region-black-hole", "slow", "sick", "region-down"):
        set_fault(small, kind)
    assert health(small) == "refused"
    assert len(small.rehearsal.faults.heal("primary")) == 5
    assert (health(small), documents(small)) == ("200", 403)


def test_a_healed_region_proxy_is_back_on_its_port(small: SmallRehearsal) -> None:
    before = small.rehearsal.network
    set_fault(small, "region-down")
    small.rehearsal.faults.heal()
    assert small.rehearsal.network == before


def test_a_fault_whose_command_was_killed_before_it_was_set_is_healed(small: SmallRehearsal) -> None:
    set_fault(small, "region-down")
    small.rehearsal.network_controller.connect()  # the fault is recorded but not set
    assert health(small) == "200"
    assert len(small.rehearsal.faults.heal()) == 1
    assert health(small) == "200"


def test_a_region_proxy_that_ended_during_another_fault_comes_back_without_faults(small: SmallRehearsal) -> None:
    set_fault(small, "slow")
    small.process("region-proxy-us-west-2").kill()
    small.rehearsal.faults.heal()
    assert health(small) == "200"


def test_a_region_proxy_that_a_killed_command_left_broken_is_repaired(small: SmallRehearsal) -> None:
    small.rehearsal.network_controller.load_region_proxy(
        "primary", RegionProxyFaults(api_errors=True)
    )  # without a record
    assert health(small) == "503"
    small.rehearsal.network_controller.connect()
    assert health(small) == "200"


def test_open_connections_follow_every_change_of_a_fault(small: SmallRehearsal) -> None:
    for _ in range(5):
        assert health(small) == "200"
        set_fault(small, "api-errors")
        assert health(small) == "503"
        small.rehearsal.faults.heal()


def test_slow_requires_milliseconds(small: SmallRehearsal) -> None:
    with pytest.raises(BadUsageError, match="--milliseconds"):
        small.rehearsal.faults.set("slow", "primary")
    assert small.rehearsal.faults.active() == ()


def test_a_fault_for_some_seconds_is_healed_if_its_command_is_interrupted(small: SmallRehearsal) -> None:
    paths = small.rehearsal.paths
    where = ("rehearse", "--project", str(paths.project), "--directory", str(paths.directory))
    command = (sys.executable, "-m", "standby", *where, "fault", "api-errors", "primary", "--seconds", "60")
    (paths.project / "cdktf.json").touch()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        poll(lambda: health(small) == "503", seconds=10, pause=0.02)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
    assert output.startswith("Healed: api-errors in the primary region"), errors
    assert "Traceback" not in errors
    assert process.returncode == 1
    assert health(small) == "200"
