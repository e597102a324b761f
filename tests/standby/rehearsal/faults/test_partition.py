"""A partition: functions of the other region do not reach a region's API, and everybody else does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from standby.rehearsal.emulator.emulator import FUNCTION_HOSTS
from tests.standby.rehearsal.faults.helpers import health, set_fault
from tests.standby.rehearsal.network.helpers import SmallRehearsal

HOST = "1234.execute-api.us-west-2.amazonaws.com"
RESOLVE = f"""
import socket
try:
    print(socket.getaddrinfo("{HOST}", 443)[0][4][1])
except OSError as error:
    print(error.strerror)
"""


def resolved(directory: Path, *, region: str) -> str:
    """Resolve the host in a new interpreter, as a function of this region does."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(FUNCTION_HOSTS),
        "REHEARSAL_NETWORK_RECORD": str(directory / "network.json"),
        "AWS_REGION": region,
    }
    command = [sys.executable, "-c", RESOLVE]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("region, port", [("us-east-1", "No route to host"), ("us-west-2", "4321")])
def test_a_function_does_not_reach_a_host_of_another_region_that_is_cut_off(
    tmp_path: Path, region: str, port: str
) -> None:
    (tmp_path / "network.json").write_text(json.dumps({"hosts": {HOST: 4321}}))
    assert resolved(tmp_path, region=region) == "4321"
    (tmp_path / "partition.json").write_text(json.dumps({HOST: "us-west-2"}))
    assert resolved(tmp_path, region=region) == port


def test_users_reach_a_region_that_is_cut_off_and_heal_removes_the_record(small: SmallRehearsal) -> None:
    record = small.rehearsal.paths.partition_record
    for role in ("primary", "failover"):
        set_fault(small, "partition", role)
    assert len(json.loads(record.read_text())) == 2
    assert (health(small), health(small, "failover")) == ("200", "200")
    small.rehearsal.faults.heal("primary")
    assert list(json.loads(record.read_text()).values()) == ["us-east-1"]
    small.rehearsal.faults.heal()
    assert not record.exists()
