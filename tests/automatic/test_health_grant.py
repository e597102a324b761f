"""Where users sign in, the controller asks the failover region's function `health`: with its grant, and without it.

The policy is that of the synthesized stack, and the emulator enforces it.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from controller.clients import Clients
from controller.readiness import describe_unhealthy
from controller.settings import ControlledDeployment, ControlledRegion, ControlledSite, Settings
from standby.deployment.sessions import EMULATOR_ACCOUNT, EmulatorCredentials, EmulatorSession
from standby.rehearsal.deploy.applier import create_applier, role_arn
from standby.rehearsal.emulator.emulator import Emulator, start_emulator, stop_emulator
from standby.rehearsal.files.paths import RehearsalPaths
from standby_protocol.automatic import Facts, Look, Rules, decide
from standby_protocol.deployment import ROLES
from tests.constructs.grants import Grant, grants
from tests.constructs.plan import ROOT, Plan, role_statements
from tests.constructs.variants import AUTOMATIC, SIGN_IN
from tests.e2e.drill.unattended.grants import HOLDER, NOTICED, UNNOTICED

REGION: Final = AUTOMATIC.regions.failover
ROLE: Final = f"chatbot-controller-{REGION}"
HEALTH: Final = "chatbot-health"
ASK_HEALTH: Final = Grant(HOLDER, "AskHealth", "lambda:InvokeFunction")
NOW: Final = datetime(2026, 11, 28, 12, tzinfo=UTC)
CODE: Final = f"""
import json
def handler(event, context):
    assert event["queryStringParameters"] == {{"deep": "true"}}
    return {{"statusCode": 200, "body": json.dumps({{"status": "healthy", "region": "{REGION}"}})}}
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    from tests.constructs.synthesis import synthesize  # noqa: PLC0415 - it starts Node

    settings = SIGN_IN.model_copy(update={"automatic": AUTOMATIC.automatic})
    out = tmp_path_factory.mktemp("signed-in")
    return synthesize(settings, functions=ROOT / "lambda_src", site=ROOT / "frontend", out=out)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    directory = tmp_path_factory.mktemp("emulator")
    paths = RehearsalPaths(project=directory, directory=directory)
    yield start_emulator(paths)
    stop_emulator(paths)


def controller_statements(plan: Plan) -> list[dict[str, Any]]:
    """Return the statements of the controller's role, as they would be applied in the emulator's account."""
    text = json.dumps(role_statements(plan)[ROLE]).replace("${local.account}", EMULATOR_ACCOUNT)
    found: list[dict[str, Any]] = json.loads(text)
    return found


def session_with(emulator: Emulator, statements: list[dict[str, Any]], name: str) -> EmulatorSession:
    """Return a session of a new role with these statements."""
    create_applier(emulator, policy={"Version": "2012-10-17", "Statement": statements}, name=name)
    root = EmulatorSession(region=REGION, endpoint=emulator.endpoint)
    keys = root.client("sts").assume_role(RoleArn=role_arn(name), RoleSessionName="look")["Credentials"]
    credentials = EmulatorCredentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return EmulatorSession(region=REGION, endpoint=emulator.endpoint, credentials=credentials)


def create_health(emulator: Emulator, *, role: str) -> None:
    """Create a function that answers as `health` does. `role` is a role that exists."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("health.py", CODE)
    root = EmulatorSession(region=REGION, endpoint=emulator.endpoint)
    root.client("lambda").create_function(
        FunctionName=HEALTH,
        Runtime="python3.13",
        Role=role_arn(role),
        Handler="health.handler",
        Code={"ZipFile": archive.getvalue()},
    )


def unhealthy(session: EmulatorSession) -> str:
    """Return what the controller says of the failover region with these credentials."""
    regions = {
        role: ControlledRegion(role=role, region=REGION, api_url="https://api/", frontend_bucket="b") for role in ROLES
    }
    deployment = ControlledDeployment(regions=regions, site=ControlledSite(url="https://site", api_fallback=True))
    clients = replace(Clients.make(deployment), functions=session.client("lambda"))
    settings = Settings(
        region=REGION,
        deployment="",
        rules="",
        state_parameter="",
        documents_bucket="",
        knowledge_base_id="",
        data_source_id="",
        health_function=HEALTH,
    )
    return describe_unhealthy(clients, settings, regions["failover"])


def decision_with(unhealthy_: str) -> tuple[str, str]:
    """Return the decision on a lost primary region, and its reason."""
    looks = [Look(at=NOW - timedelta(minutes=number), here="failed", there="failed") for number in reversed(range(5))]
    facts = Facts(
        now=NOW,
        looks=looks,
        serving="primary",
        switches={"primary": True, "failover": True},
        unhealthy=unhealthy_,
        behind="",
        journal_read=True,
        drill_known=True,
    )
    decision = decide(facts, Rules())
    return decision.action, decision.reason


def test_with_its_grant_it_moves_users_and_without_it_nobody_is_moved_and_the_reason_says_so(
    plan: Plan, emulator: Emulator
) -> None:
    statements = controller_statements(plan)
    rest = [statement for statement in statements if statement["Sid"] != ASK_HEALTH.sid]
    assert len(rest) == len(statements) - 1
    allowed = session_with(emulator, statements, "with")
    create_health(emulator, role="with")
    assert decision_with(unhealthy(allowed))[0] == "move"
    action, reason = decision_with(unhealthy(session_with(emulator, rest, "without")))
    assert action == "wait"
    assert reason.endswith("the failover region is not healthy: its deep health check does not answer, or fails")


def test_where_users_sign_in_this_is_the_only_grant_that_it_has_more(plan: Plan) -> None:
    found = {grant for grant in grants(plan, "failover") if grant.holder.removeprefix("function:") == HOLDER}
    assert found == {*NOTICED, *UNNOTICED, ASK_HEALTH}
