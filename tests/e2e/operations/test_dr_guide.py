"""The eight commands of the DR guide, exactly as printed there, and `standby` commands after them.

Only the values that the guide reads from CloudFormation come from Terraform's outputs, by `standby rehearse env`.
Source: the disaster recovery setup guide, "Backend API Failover (Manual)".
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from standby.rehearsal.rehearsal import Rehearsal
from standby.rehearsal.tools.shell import shell_variables
from tests.e2e.operations.helpers import Operator

COMMANDS = """
set -euo pipefail
FAILOVER_API=$FAILOVER_API_GATEWAY_URL
echo "{\\"apiUrl\\":\\"$FAILOVER_API\\"}" > config.json
ACCOUNT_ID=$(aws sts get-caller-identity --query Account --output text)
aws s3 cp config.json s3://$NAME-frontend-${ACCOUNT_ID}-us-west-2/config.json
aws s3 cp config.json s3://$NAME-frontend-${ACCOUNT_ID}-us-east-1/config.json
DISTRIBUTION_ID=$CLOUDFRONT_DISTRIBUTION_ID
aws cloudfront create-invalidation --distribution-id $DISTRIBUTION_ID --paths "/config.json"
"""


@pytest.fixture
def operator(rehearsal: Rehearsal) -> Iterator[Operator]:
    operator = Operator(rehearsal=rehearsal)
    operator.put_back()
    yield operator
    operator.put_back()


def by_hand(operator: Operator, directory: Path) -> "subprocess.CompletedProcess[str]":
    """Run the guide's commands in a shell that was set up with `standby rehearse env`."""
    rehearsal = operator.rehearsal
    exported = shell_variables(rehearsal.outputs, deployment=rehearsal.deployment, network=rehearsal.network)
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, **exported, "PATH": programs, "NAME": rehearsal.deployment.name}
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
        environment.pop(name, None)
    environment |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_PAGER": ""}
    assert shutil.which("aws", path=programs)
    return subprocess.run(
        ["bash", "-c", COMMANDS], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


def test_the_dr_guide_s_commands_work_and_status_reports_their_effect(operator: Operator, tmp_path: Path) -> None:
    before = operator.generation()
    typed = by_hand(operator, tmp_path)
    assert typed.returncode == 0, typed.stderr
    assert operator.page().api_url == operator.rehearsal.deployment.regions["failover"].api_url
    status = operator.status()
    assert status["verdict"] == "failed over"
    assert (status["serving"]["role"], status["serving"]["manuallyEdited"]) == ("failover", True)
    assert [reason for reason in status["reasons"] if "manually edited" in reason] == [
        f"config.json in {region} is manually edited: run `standby reconcile`" for region in ("us-west-2", "us-east-1")
    ]
    assert operator.failover().result == "nothing to do"
    assert operator.reconcile().result == "done"
    assert operator.generations() == dict.fromkeys(("primary", "failover"), ("failover", before + 1))
    assert operator.failback().document["generation"] == before + 2


def test_after_the_dr_guide_s_commands_a_failback_continues_from_the_highest_generation(
    operator: Operator, tmp_path: Path
) -> None:
    operator.reconcile()
    before = operator.generation()
    assert by_hand(operator, tmp_path).returncode == 0
    back = operator.failback()
    assert (back.result, back.document["generation"]) == ("done", before + 2)  # the next odd one
    assert operator.generations() == dict.fromkeys(("primary", "failover"), ("primary", before + 2))


def test_with_the_primary_lost_the_dr_guide_s_commands_move_users_and_reconcile_does_the_rest(
    operator: Operator, tmp_path: Path
) -> None:
    before = operator.generation()
    operator.rehearsal.faults.set("region-down", "primary")
    assert by_hand(operator, tmp_path).returncode != 0  # the guide's fourth command writes to the lost region
    operator.rehearsal.faults.heal()
    # The operator's next command: write the other bucket.
    api = operator.rehearsal.deployment.regions["failover"].api_url
    bucket = operator.rehearsal.deployment.regions["failover"].frontend_bucket
    operator.s3("failover").put_object(Bucket=bucket, Key="config.json", Body=f'{{"apiUrl":"{api}"}}\n'.encode())
    assert operator.page().api_url == api
    assert any(reason.startswith("the copies") for reason in operator.status()["reasons"])
    assert operator.reconcile().result == "done"
    assert operator.generations() == dict.fromkeys(("primary", "failover"), ("failover", before + 1))
