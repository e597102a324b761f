"""A second plan is empty: the emulator returns what it was given."""

import json
import subprocess
from typing import Any

from standby.rehearsal.deploy.terraform import terraform_environment
from standby.rehearsal.rehearsal import Rehearsal
from standby.review.plan import read_plan
from standby.review.report import find_all
from standby.review.rules.rule import Surroundings


def _second_plan(rehearsal: Rehearsal) -> dict[str, Any]:
    """Return a second plan, as Terraform shows it."""
    terraform = rehearsal.start().terraform
    plan = rehearsal.paths.directory / "second.plan"

    def run(*arguments: str) -> bytes:
        return subprocess.run(
            [terraform.executable, *arguments],
            cwd=terraform.stack_directory,
            env=terraform_environment(terraform.paths),
            stdout=subprocess.PIPE,
            check=True,
        ).stdout

    run("plan", "-input=false", "-no-color", f"-out={plan}", "-lock=false")
    document: dict[str, Any] = json.loads(run("show", "-json", str(plan)))
    plan.unlink()
    return document


def _changes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    changes = plan["resource_changes"]
    return [change for change in changes if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]]


def test_a_second_plan_is_empty_and_has_no_finding_of_a_review(rehearsal: Rehearsal) -> None:
    plan = _second_plan(rehearsal)
    stack = json.loads((rehearsal.start().terraform.stack_directory / "cdk.tf.json").read_text(encoding="utf-8"))
    assert find_all(read_plan(plan), Surroundings(stack=stack)) == []
    assert [change["address"] for change in _changes(plan)] == []


def test_a_failover_survives_the_next_apply(rehearsal: Rehearsal) -> None:
    bucket = rehearsal.deployment.regions["failover"].frontend_bucket
    s3 = rehearsal.session("failover").client("s3")
    first = s3.get_object(Bucket=bucket, Key="config.json")["Body"].read()
    s3.put_object(Bucket=bucket, Key="config.json", Body=b'{"apiUrl": "https://standby.example/prod/"}')
    try:
        assert [
            change["address"] for change in _changes(_second_plan(rehearsal)) if change["type"] == "aws_s3_object"
        ] == []
    finally:
        s3.put_object(Bucket=bucket, Key="config.json", Body=first, ContentType="application/json")
