"""The network is found, translated, put right and ended, whatever happened to its processes."""

import json
import socket
from pathlib import Path

import psutil
import pytest
import urllib3

from standby.errors import RefusedError, StandbyError
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.network import Address, Client, Network, read_network
from standby.rehearsal.network.network_record import read_record
from standby.rehearsal.processes.ports import PORTS, free_ports
from standby.rehearsal.processes.process import ours
from standby.rehearsal.rehearsal import Rehearsal
from tests.standby.rehearsal.network_helpers import SmallRehearsal

NAMES = ("front-us-west-2", "front-us-east-1", "edge", "cache")


def network(**region_proxies: str) -> Network:
    named = {name.replace("_", "-"): url for name, url in region_proxies.items()}
    hosts = {"d1.cloudfront.net": Address(host="127.0.0.1", port=3)}
    return Network(
        gateway="http://127.0.0.1:1", router="", region_proxies=named, hosts=hosts, authority=Path("root.crt")
    )


@pytest.mark.parametrize(
    "url,region",
    [
        ("https://abc.execute-api.us-west-2.amazonaws.com/prod/health", "us-west-2"),
        ("https://bucket.s3.us-west-2.amazonaws.com/key?x=1", "us-west-2"),
        ("http://127.0.0.1:2/_aws/execute-api/abc/prod/", "us-west-2"),
        ("https://abc.execute-api.eu-central-1.amazonaws.com/", None),
        ("https://d1.cloudfront.net/", None),
        ("https://us-west-2.amazonaws.com.example/", None),
    ],
)
def test_the_region_of_a_url_is_the_one_whose_front_serves_it(url: str, region: str | None) -> None:
    assert network(us_west_2="http://127.0.0.1:2").region_of(url) == region


def test_nothing_is_a_network_before_it_is_up(tmp_path: Path) -> None:
    assert read_network(RehearsalPaths(project=tmp_path, directory=tmp_path)) is None
    with pytest.raises(RefusedError, match="The rehearsal is not up"):
        _ = Rehearsal(project=tmp_path).network


def test_a_network_of_another_emulator_is_none(small: SmallRehearsal) -> None:
    record = small.rehearsal.paths.emulator_record
    text = record.read_text()
    assert read_network(small.rehearsal.paths) is not None
    record.write_text(json.dumps({**json.loads(text), "port": 1}))
    assert read_network(small.rehearsal.paths) is None
    record.write_text(text)


@pytest.mark.parametrize("url", ["https://elsewhere.example/", "http://chat.example.com/", "https://127.0.0.1/"])
def test_a_client_reaches_nothing_but_the_rehearsal(small: SmallRehearsal, url: str) -> None:
    with pytest.raises(urllib3.exceptions.LocationValueError, match="not served in this rehearsal"):
        small.client.request("GET", url)


def test_a_client_does_not_believe_another_authority(small: SmallRehearsal, tmp_path: Path) -> None:
    found = small.rehearsal.network
    other = tmp_path / "root.crt"
    other.write_text(found.authority.with_name("intermediate.crt").read_text())
    client = Client(Network(**{**vars(found), "authority": other}))
    with pytest.raises(urllib3.exceptions.SSLError):
        client.request("GET", small.site)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", ["kill", "suspend"])
def test_a_process_that_was_killed_or_stopped_is_back_on_its_ports(small: SmallRehearsal, name: str, how: str) -> None:
    before = read_record(small.rehearsal.paths)
    process = small.process(name)
    getattr(process, how)()
    small.rehearsal.connecting.connect()
    after = read_record(small.rehearsal.paths)
    assert after.ports == before.ports
    changed = {other for other in NAMES if after.processes[other] != before.processes[other]}
    assert changed == ({name} if how == "kill" else set())
    assert small.get("/", cold=False).status == small.get("/config.json").status == 200


def test_connecting_again_changes_nothing(small: SmallRehearsal) -> None:
    record = small.rehearsal.paths.network_record.read_text()
    small.rehearsal.connecting.connect()
    assert small.rehearsal.paths.network_record.read_text() == record


def test_a_record_that_was_lost_is_made_anew(small: SmallRehearsal) -> None:
    small.rehearsal.paths.network_record.unlink()
    assert read_network(small.rehearsal.paths) is None
    small.rehearsal.connecting.connect()
    small.client = Client(small.rehearsal.network)
    assert small.get("/").status == 200
    assert len(ours(small.rehearsal.paths.directory)) == 5  # those that nobody knew any more were ended


def test_ports_are_all_different_and_none_is_the_systems_to_give_away() -> None:
    names = [str(number) for number in range(50)]
    found = free_ports(names, wanted={})
    assert len(set(found.values())) == 50
    assert all(port in PORTS for port in found.values())


def test_a_wanted_port_is_taken_where_nobody_listens() -> None:
    wanted = free_ports(["a"], wanted={})
    assert free_ports(["a"], wanted=wanted) == wanted
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", wanted["a"]))
        somebody.listen()
        assert free_ports(["a"], wanted=wanted) != wanted


def test_a_port_that_somebody_took_while_a_front_was_down_is_said(small: SmallRehearsal) -> None:
    port = read_record(small.rehearsal.paths).ports["front-us-west-2.http"]
    small.rehearsal.faults.set("region-down", "primary")
    with socket.socket() as somebody:
        somebody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of before are still ending
        somebody.bind(("127.0.0.1", port))
        somebody.listen()
        with pytest.raises(StandbyError, match="front-us-west-2 did not start"):
            small.rehearsal.faults.heal()
        assert [fault.kind for fault in small.rehearsal.faults.active()] == ["region-down"]
    small.rehearsal.faults.heal()
    assert small.rehearsal.faults.active() == ()


def test_up_goes_on_with_another_port_where_somebody_took_a_front_s(small: SmallRehearsal) -> None:
    port = read_record(small.rehearsal.paths).ports["front-us-west-2.http"]
    small.rehearsal.faults.set("region-down", "primary")
    with socket.socket() as somebody:
        somebody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        somebody.bind(("127.0.0.1", port))
        somebody.listen()
        small.rehearsal._connect()  # noqa: SLF001 - what `up` does after the apply
        assert read_record(small.rehearsal.paths).ports["front-us-west-2.http"] != port
        assert small.rehearsal.faults.active() == ()
        small.client = Client(small.rehearsal.network)
        assert small.get("/").headers["X-Rehearsal-Served-By"] == "primary"


def test_a_new_emulator_is_reached_where_the_earlier_one_was_and_without_its_faults(tmp_path: Path) -> None:
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
        assert len(ours(small.rehearsal.paths.directory)) == 4
        small.rehearsal.paths.applied_record.unlink()
        assert small.rehearsal.down() == 4
    assert ours(small.rehearsal.paths.directory) == ()
    assert not small.rehearsal.paths.directory.exists()
