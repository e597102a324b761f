"""Run the runbook's commands in order, with its faults, and check that its IAM policy is sufficient.

With STANDBY_TEST_WRITE_RUNBOOK=1, the outputs are written into the runbook instead of compared with it.
"""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from standby.cli.main import cli
from standby.deployment.manifest import ROLES
from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.emulator.sickness import Sickness
from standby.rehearsal.rehearsal import Rehearsal
from standby.target import SHELL_DIRECTORY_VARIABLE
from tests.e2e.helpers import Document, upload, wait_for
from tests.e2e.operations.helpers import Operator, clients_with, connection, without_events
from tests.e2e.operations.runbook import RUNBOOK, Act, Scenario, missing_lines, scenarios, write_outputs

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

READING: Final = ("status", "journal")
"""The commands that change nothing. They are repeated, because the tests beside this one make some reads late."""
READS: Final = 3
WRITE: Final = "STANDBY_TEST_WRITE_RUNBOOK"


@pytest.fixture(scope="module")
def _used(rehearsal: Rehearsal) -> None:
    """Run a job in both regions, as in any deployment with users."""
    upload(rehearsal, "primary", Document())
    operator = Operator(rehearsal=rehearsal)

    def seen() -> bool:
        return all(region["knowledgeBase"].get("lastJob") for region in operator.status()["regions"].values())

    wait_for(seen, what="a job in both regions")


@pytest.fixture
def operator(rehearsal: Rehearsal, _used: None) -> Iterator[Operator]:
    operator = Operator(rehearsal=rehearsal)
    operator.put_back()
    operator.reconcile()
    yield operator
    operator.put_back()


def waiting_messages(sqs: "SQSClient", queue: str) -> int:
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])


class Stage:
    """Does the actions in the runbook's comments, and runs its commands."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._environment = {"COLUMNS": "80"}

    def play(self, act: Act) -> str:
        """Do one action; return the output that a user sees."""
        if act.typed:
            return self.type(*act.typed)
        word, *rest = act.do.split()
        getattr(self, word)(*rest)
        return ""

    def type(self, *arguments: str) -> str:
        # As the shell of a reader has it: an option would also be in the commands that are printed.
        directory = {SHELL_DIRECTORY_VARIABLE: str(self._operator.rehearsal.paths.directory)}
        ran = subprocess.run(
            [sys.executable, "-m", "standby", *arguments],
            env={**os.environ, **({} if "--aws" in arguments else directory), **self._environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return ran.stdout

    def fault(self, kind: str, role: str, mode: str = "") -> None:
        sickness = Sickness(mode=mode) if mode else None  # type: ignore[arg-type]  # the runbook's words
        self._operator.rehearsal.faults.set(kind, role, sickness=sickness)  # type: ignore[arg-type]  # the runbook's words

    def heal(self) -> None:
        self._operator.rehearsal.faults.heal()

    def upload(self, role: str) -> None:
        upload(self._operator.rehearsal, role, Document())  # type: ignore[arg-type]  # the runbook's word
        self._ingested(role)

    def lose(self, role: str) -> None:
        """Upload in the other region, and lose the event of the replica in this one."""
        rehearsal = self._operator.rehearsal
        region = rehearsal.deployment.regions[role]  # type: ignore[index]  # the runbook's word
        other, queue = rehearsal.deployment.other(region.role).role, region.ingest_queue_url
        sqs = rehearsal.session(region.role).client("sqs")
        with without_events(rehearsal, region.role):
            upload(rehearsal, other, Document())
            wait_for(lambda: waiting_messages(sqs, queue), what="the event of the replica")
            sqs.purge_queue(QueueUrl=queue)
        self._ingested(other)

    def _ingested(self, role: str) -> None:
        def seen() -> bool:
            return bool(self._operator.status()["regions"][role]["knowledgeBase"].get("inSync"))

        wait_for(seen, what="the region's own Knowledge Base follows")

    def run(self, *arguments: str) -> None:
        assert self._operator.run(*arguments).code == 0

    def killed(self, command: str, *rest: str) -> None:
        process = self._operator.start(command, rest[0])
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(f"step {rest[-1]} of 7 begins"):
                process.kill()
        process.communicate()

    def without(self, _credentials: str) -> None:
        nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        self._environment |= {**nothing, "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.title)
def test_the_runbook_shows_the_real_output(
    operator: Operator, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    context = Stage(operator)
    if WRITE in os.environ:
        outputs = [(act, context.play(act)) for act in scenario.acts]
        write_outputs(scenario.title, [seen for act, seen in outputs if act.typed])
        return
    for act in scenario.acts:
        seen = context.play(act)
        for _ in range(READS if act.typed and act.typed[0] in READING else 0):
            seen = context.play(act) if missing_lines(act, seen) else seen
        missing = missing_lines(act, seen)
        assert not missing, f"$ standby {' '.join(act.typed)}\n{missing[0]}\nbut:\n{seen}"


def test_the_runbook_s_policy_is_sufficient_for_every_command(operator: Operator) -> None:
    rehearsal = operator.rehearsal
    text = RUNBOOK.read_text(encoding="utf-8").split("```json\n")[1].split("```")[0]
    deployment = rehearsal.deployment
    filled = {"NAME": deployment.name, "ACCOUNT": deployment.account}
    filled |= {role.upper(): deployment.regions[role].region for role in ROLES}
    for word, value in filled.items():
        text = text.replace(word, value)
    iam = EmulatorSession(region="us-east-1", endpoint=rehearsal.endpoint).client("iam")
    user = f"operator-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="operate", PolicyDocument=json.dumps(json.loads(text)))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    clients = clients_with(key, rehearsal)
    for role in ROLES:
        rehearsal.faults.set("replication-paused", role)
    upload(rehearsal, "primary", Document())
    with patch.object(connection(rehearsal.paths.directory), "clients", clients):
        status = operator.status("--deep")
        assert [reason for reason in status["reasons"] if "AccessDenied" in reason] == []
        assert '"unavailable"' not in json.dumps(status)
        moved = operator.failover()
        assert moved.result == "done"
        assert all("AccessDenied" not in step["detail"] for step in moved.document["steps"])
        assert operator.reconcile().result == "done"
        assert operator.failback().result == "done"
        assert user in json.dumps(operator.run("journal").document)


def test_without_the_policy_nothing_is_changed_and_the_reason_is_reported(operator: Operator) -> None:
    rehearsal = operator.rehearsal
    before = operator.generations()
    iam = EmulatorSession(region="us-east-1", endpoint=rehearsal.endpoint).client("iam")
    user = f"nobody-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    clients = clients_with(key, rehearsal)
    here = connection(rehearsal.paths.directory)
    with patch.object(here, "clients", clients):
        ran = CliRunner().invoke(cli, ["failover", "--yes", "--force"], obj=lambda _: here)
    assert ran.exit_code == 3
    assert "AccessDenied" in ran.stderr
    assert operator.generations() == before
