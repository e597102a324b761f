"""Many real documents: a `reconcile` that is killed twice on the way loses none and doubles none.

STANDBY_TEST_DOCUMENTS is the number of documents that are missing, and of those that are in both regions. `make
test-scale` takes 10,000 and 90,000, and shows the seconds of each part (`-s`).
"""

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from standby.console import PhaseTimer, print_progress
from standby.deadline import poll
from standby.deployment.manifest import ROLES, Role
from standby.operations.execution.checkpoint import STATE_HOME
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.operations.helpers import Operator, without_events

MISSING, COMMON = map(int, os.environ.get("STANDBY_TEST_DOCUMENTS", "1200,0").split(","))
PREFIX: Final = f"scale/{uuid4().hex}/"
"""Outside `uploads/`, so that the Knowledge Base has nothing to index. Versions of an earlier run are under another
prefix."""


@pytest.fixture
def operator(rehearsal: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    monkeypatch.setenv(STATE_HOME, str(tmp_path))
    operator = Operator(rehearsal=rehearsal)
    operator.put_back()
    operator.reconcile()
    with ExitStack() as stack:
        for role in ROLES:
            stack.enter_context(without_events(rehearsal, role))
        yield operator
        for role in ROLES:
            remove(operator, role)
    operator.put_back()


def documents_bucket(operator: Operator, role: Role) -> str:
    return operator.rehearsal.deployment.regions[role].documents_bucket


def put(operator: Operator, role: Role, numbers: range) -> None:
    s3, bucket = operator.s3(role), documents_bucket(operator, role)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: s3.put_object(Bucket=bucket, Key=f"{PREFIX}{number:06}", Body=b"text"), numbers))


def number_of_keys(operator: Operator, role: Role, *, since: int = 0) -> int:
    """Return how many documents a region has, of those with this number or a later one."""
    pages = operator.s3(role).get_paginator("list_objects_v2")
    after = f"{PREFIX}{since - 1:06}" if since else PREFIX
    found = pages.paginate(Bucket=documents_bucket(operator, role), Prefix=PREFIX, StartAfter=after)
    return sum(page["KeyCount"] for page in found)


def versions(operator: Operator, role: Role) -> list[str]:
    pages = operator.s3(role).get_paginator("list_object_versions")
    found = pages.paginate(Bucket=documents_bucket(operator, role), Prefix=PREFIX)
    return [version["Key"] for page in found for version in page.get("Versions", ())]


def remove(operator: Operator, role: Role) -> None:
    keys = versions(operator, role)
    for begin in range(0, len(keys), 1000):
        operator.s3(role).delete_objects(
            Bucket=documents_bucket(operator, role),
            Delete={"Objects": [{"Key": key} for key in keys[begin : begin + 1000]]},
        )


def kill_while_copying(operator: Operator) -> None:
    """Run `reconcile` as a program, and kill it when it reports its first hundreds of copies."""
    with operator.start("reconcile", "--yes", stdout=subprocess.DEVNULL) as program:
        for line in program.stderr or ():
            if line.strip().startswith("copying to"):
                break
        program.kill()


def put_documents(operator: Operator) -> None:
    """Put documents into both regions, which replication does fastest, and then some into the primary one alone."""
    put(operator, "primary", range(COMMON))
    poll(lambda: number_of_keys(operator, "failover") == COMMON, seconds=60 + COMMON / 100, pause=1)
    for role in ROLES:
        operator.rehearsal.faults.set("replication-paused", role)
    put(operator, "primary", range(COMMON, COMMON + MISSING))
    assert number_of_keys(operator, "failover") == COMMON


def test_a_long_reconcile_killed_twice_loses_none_and_doubles_none_and_failback_goes_through(
    operator: Operator,
) -> None:
    parts = PhaseTimer()
    put_documents(operator)
    parts.end_phase("put")
    for number in ("first", "second"):
        kill_while_copying(operator)
        assert 0 < number_of_keys(operator, "failover", since=COMMON) < MISSING
        parts.end_phase(f"{number} reconcile, killed")
    assert operator.reconcile().result == "done"
    parts.end_phase("third reconcile")
    found = versions(operator, "failover")
    assert found == versions(operator, "primary")
    assert len(found) == MISSING + COMMON
    parts.end_phase("check")
    assert operator.failover().code == 0
    parts.end_phase("failover")
    back = operator.failback()
    assert back.result == "done", (parts.seconds, back.document)
    parts.end_phase("failback")
    print_progress(f"{MISSING} missing of {MISSING + COMMON} documents, seconds: {parts.seconds}")
