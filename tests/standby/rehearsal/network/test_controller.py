"""The network is started, found again, repaired and stopped, whatever happens to its processes."""

import socket
from pathlib import Path

import psutil
import pytest

from standby.errors import StandbyError
from standby.rehearsal.network.network import Client, read_network, read_network_record
from standby.rehearsal.processes.process import find_processes
from tests.standby.rehearsal.network.helpers import SmallRehearsal

NAMES = ("region-proxy-us-west-2", "region-proxy-us-east-1", "edge", "edge-cache")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", ["kill", "suspend"])
def test_a_process_that_was_killed_or_suspended_is_back_on_its_ports(
    small: SmallRehearsal, name: str, how: str
) -> None:
    before = read_network_record(small.rehearsal.paths)
    process = small.process(name)
    getattr(process, how)()
    small.rehearsal.network_controller.connect()
    after = read_network_record(small.rehearsal.paths)
    assert after.ports == before.ports
    changed = {other for other in NAMES if after.processes[other] != before.processes[other]}
    assert changed == ({name} if how == "kill" else set())
    assert small.get("/", cold=False).status == small.get("/config.json").status == 200


def test_connecting_again_changes_nothing(small: SmallRehearsal) -> None:
    record = small.rehearsal.paths.network_record.read_text()
    small.rehearsal.network_controller.connect()
    assert small.rehearsal.paths.network_record.read_text() == record


def test_a_lost_record_is_written_again(small: SmallRehearsal) -> None:
    small.rehearsal.paths.network_record.unlink()
    assert read_network(small.rehearsal.paths) is None
    small.rehearsal.network_controller.connect()
    small.client = Client(small.rehearsal.network)
    assert small.get("/").status == 200
    assert len(find_processes(small.rehearsal.paths.directory)) == 5  # the unrecorded processes were stopped


def test_a_port_that_is_taken_while_a_region_proxy_is_down_is_an_error(small: SmallRehearsal) -> None:
    port = read_network_record(small.rehearsal.paths).ports["region-proxy-us-west-2.http"]
    small.rehearsal.faults.set("region-down", "primary")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # earlier connections are still closing
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(StandbyError, match=r"region-proxy-us-west-2 failed: .*address already in use"):
            small.rehearsal.faults.heal()
        assert [fault.kind for fault in small.rehearsal.faults.active()] == ["region-down"]
    small.rehearsal.faults.heal()
    assert small.rehearsal.faults.active() == ()


def test_up_uses_another_port_if_that_of_a_region_proxy_is_taken(small: SmallRehearsal) -> None:
    port = read_network_record(small.rehearsal.paths).ports["region-proxy-us-west-2.http"]
    small.rehearsal.faults.set("region-down", "primary")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        small.rehearsal._connect()  # noqa: SLF001 - the part of `up` after the apply
        assert read_network_record(small.rehearsal.paths).ports["region-proxy-us-west-2.http"] != port
        assert small.rehearsal.faults.active() == ()
        small.client = Client(small.rehearsal.network)
        assert small.get("/").headers["X-Rehearsal-Served-By"] == "primary"


def test_a_new_emulator_has_the_endpoints_of_the_earlier_one_and_none_of_its_faults(tmp_path: Path) -> None:
    with SmallRehearsal(tmp_path) as small:
        before = small.rehearsal.network
        small.rehearsal.faults.set("region-down", "primary")
        psutil.Process(small.emulator.identity.pid).kill()
        small.start()
        assert small.rehearsal.faults.heal() == small.rehearsal.faults.active() == ()
        small.deploy()
        assert small.get("/").status == 200
        assert (small.rehearsal.network.region_proxies, small.rehearsal.network.router) == (
            before.region_proxies,
            before.router,
        )


def test_down_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    with SmallRehearsal(tmp_path) as small:
        small.rehearsal.faults.set("region-black-hole", "primary")
        small.rehearsal.faults.set("region-down", "failover")
        assert len(find_processes(small.rehearsal.paths.directory)) == 4
        small.rehearsal.paths.applied_record.unlink()
        assert small.rehearsal.down() == 4
    assert find_processes(small.rehearsal.paths.directory) == ()
    assert not small.rehearsal.paths.directory.exists()
