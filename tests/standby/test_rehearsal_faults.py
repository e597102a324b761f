"""A fault is real, said, and healed whole, whatever became of the command that did it."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import urllib3
from botocore.config import Config

from standby.errors import BadUsageError, RefusedError
from standby.manifest import ROLES, Role
from standby.rehearsal.faults import FaultKind
from standby.rehearsal.front_config import FrontFaults
from tests.standby.rehearsal_network_support import SmallRehearsal

SLOW_MILLISECONDS = 900
LATE_SECONDS = 0.6
"""A quick answer takes some hundredths of a second, on a busy machine some tenths; a slow one longer than this."""

PATIENCE_SECONDS = 2.0
CUT_SECONDS = 2.0
FRONT_KINDS: tuple[FaultKind, ...] = ("region-down", "region-black-hole", "s3-errors", "api-errors", "slow")


def set_fault(small: SmallRehearsal, kind: FaultKind, role: Role = "primary") -> None:
    small.rehearsal.faults.set(kind, role, milliseconds=SLOW_MILLISECONDS if kind == "slow" else 0)


def health(small: SmallRehearsal, role: Role = "primary") -> str:
    """Return how a region's API answers, in a word. Who is cut off asks again: that lasts as long as a reload does."""
    answer = "cut"
    deadline = time.monotonic() + CUT_SECONDS
    while answer == "cut" and time.monotonic() < deadline:
        answer = asked(small, role)
    return answer


def asked(small: SmallRehearsal, role: Role) -> str:
    url = f"{small.rehearsal.deployment.regions[role].api_url}health"
    began = time.monotonic()
    try:
        status = small.client.request("GET", url, timeout=PATIENCE_SECONDS).status
    except urllib3.exceptions.NewConnectionError:
        return "refused"
    except urllib3.exceptions.TimeoutError:
        return "silent"
    except (urllib3.exceptions.ProtocolError, urllib3.exceptions.SSLError):
        return "cut"  # asked in the moment in which a front takes another configuration
    return f"{status} late" if time.monotonic() - began > LATE_SECONDS else str(status)


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
    front = small.rehearsal.network.fronts["us-west-2"]
    s3 = small.sessions["primary"].client("s3", endpoint_url=front, config=Config(retries={"total_max_attempts": 1}))
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
    small.rehearsal.connecting.load_front("primary", FrontFaults(api_errors=True))  # and nothing is written down
    assert health(small) == "503"
    small.rehearsal.connecting.connect()
    assert health(small) == "200"


def test_no_connection_that_is_kept_stays_with_the_fault_or_without_it(small: SmallRehearsal) -> None:
    for _ in range(5):
        assert health(small) == "200"
        set_fault(small, "api-errors")
        assert health(small) == "503"
        small.rehearsal.faults.heal()


def test_denied_pages_come_from_the_other_region_and_the_policy_is_as_it_was(small: SmallRehearsal) -> None:
    def policy() -> object:
        return json.loads(small.s3["primary"].get_bucket_policy(Bucket=small.bucket("primary"))["Policy"])

    before = policy()
    set_fault(small, "pages-denied")
    set_fault(small, "pages-denied")
    with small.distribution(codes=(500, 502, 503, 504)):
        assert small.get("/").status == 403
    with small.distribution(codes=(403, 500)):
        assert small.get("/").headers["X-Rehearsal-Served-By"] == "failover"
    small.rehearsal.faults.heal()
    assert small.get("/").headers["X-Rehearsal-Served-By"] == "primary"
    assert policy() == before


def test_slow_needs_a_time(small: SmallRehearsal) -> None:
    with pytest.raises(BadUsageError, match="--milliseconds"):
        small.rehearsal.faults.set("slow", "primary")
    assert small.rehearsal.faults.active() == ()


def test_replication_is_paused_and_goes_on_as_it_was(
    small: SmallRehearsal, replicating: Callable[[], list[str]]
) -> None:
    set_fault(small, "replication-paused")
    set_fault(small, "replication-paused")
    assert replicating() == ["Disabled", "Disabled"]
    small.rehearsal.faults.heal("failover")
    assert replicating() == ["Disabled", "Disabled"]
    small.rehearsal.faults.heal("primary")
    assert replicating() == ["Enabled", "Disabled"]


def test_before_an_apply_rules_are_put_back_once_and_fronts_are_left_alone(
    small: SmallRehearsal, replicating: Callable[[], list[str]]
) -> None:
    set_fault(small, "replication-paused")
    set_fault(small, "api-errors")
    assert [fault.kind for fault in small.rehearsal.faults.undo_rules()] == ["replication-paused"]
    assert replicating() == ["Enabled", "Disabled"]
    assert health(small) == "503"
    documents = "documents-us-west-2"
    applied = small.s3["primary"].get_bucket_replication(Bucket=documents)["ReplicationConfiguration"]
    applied["Rules"][1]["Status"] = "Enabled"  # the apply then changes it
    small.s3["primary"].put_bucket_replication(Bucket=documents, ReplicationConfiguration=applied)
    assert [fault.kind for fault in small.rehearsal.faults.heal()] == ["api-errors"]
    assert replicating() == ["Enabled", "Enabled"]


def test_replication_that_there_is_not_cannot_be_paused(small: SmallRehearsal) -> None:
    with pytest.raises(RefusedError, match="no replication to pause"):
        set_fault(small, "replication-paused", "failover")
    assert small.rehearsal.faults.active() == ()


def test_the_knowledge_base_is_denied_to_query_and_health_alone(small: SmallRehearsal) -> None:
    iam = small.sessions["primary"].client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    functions = small.sessions["primary"].client("lambda")
    for purpose in ("query", "health", "upload"):
        role = iam.create_role(RoleName=f"small-{purpose}", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        functions.create_function(
            FunctionName=f"small-{purpose}",
            Runtime="python3.12",
            Handler=f"{purpose}.handler.handler",
            Role=role,
            Code={"ZipFile": EMPTY_ZIP},
        )

    def denied() -> list[str]:
        purposes = ("query", "health", "upload")
        return [name for name in purposes if iam.list_role_policies(RoleName=f"small-{name}")["PolicyNames"]]

    set_fault(small, "knowledge-base-denied")
    assert denied() == ["query", "health"]
    set_fault(small, "knowledge-base-denied", "failover")
    small.rehearsal.faults.heal()
    assert denied() == []


def test_a_fault_for_some_seconds_is_healed_also_when_it_is_interrupted(small: SmallRehearsal) -> None:
    layout = small.rehearsal.layout
    where = ("rehearse", "--project", str(layout.project), "--directory", str(layout.directory))
    command = (sys.executable, "-m", "standby", *where, "fault", "api-errors", "primary", "--seconds", "60")
    (layout.project / "cdktf.json").touch()
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


EMPTY_ZIP = b"PK\x05\x06" + b"\0" * 18


@pytest.fixture
def replicating(small: SmallRehearsal) -> Callable[[], list[str]]:
    """Two rules out of the primary's documents bucket, of which one is disabled; return their statuses."""
    for role in ROLES:
        region = small.rehearsal.deployment.regions[role].region
        small.s3[role].put_bucket_versioning(
            Bucket=f"documents-{region}", VersioningConfiguration={"Status": "Enabled"}
        )
    rules = [
        {
            "ID": status,
            "Priority": priority,
            "Status": status,
            "Filter": {"Prefix": f"{status}/"},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": "arn:aws:s3:::documents-us-east-1"},
        }
        for priority, status in enumerate(("Enabled", "Disabled"))
    ]
    configuration = {"Role": "arn:aws:iam::000000000000:role/replication", "Rules": rules}
    bucket = "documents-us-west-2"
    small.s3["primary"].put_bucket_replication(Bucket=bucket, ReplicationConfiguration=configuration)  # type: ignore[arg-type]

    def statuses() -> list[str]:
        found = small.s3["primary"].get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]["Rules"]
        return [rule["Status"] for rule in found]

    return statuses
