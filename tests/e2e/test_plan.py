"""A second plan is empty, except for the known differences between the emulator and AWS."""

import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

from standby.rehearsal.deploy.terraform import terraform_environment
from standby.rehearsal.rehearsal import Rehearsal
from standby.review.plan import read_plan
from standby.review.report import find_all
from standby.review.rules.rule import Surroundings

KNOWN: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "known_emulator_differences.toml").read_text(encoding="utf-8")
)


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


def _differing(change: dict[str, Any]) -> set[str]:
    """Return the arguments that differ and whose new value is known before the apply."""
    before, after = change["change"]["before"] or {}, change["change"]["after"] or {}
    unknown = {key for key, value in change["change"]["after_unknown"].items() if value is True}
    return {key for key in before.keys() | after.keys() if key not in unknown and before.get(key) != after.get(key)}


def _is_known(change: dict[str, Any]) -> bool:
    known = KNOWN.get(change["type"])
    return (
        known is not None
        and known.get("address", "") in change["address"]
        and change["change"]["actions"] == known["actions"]
        and _differing(change) <= set(known["arguments"])
    )


def test_a_second_plan_has_only_the_known_differences_and_no_finding_of_a_review(rehearsal: Rehearsal) -> None:
    plan = _second_plan(rehearsal)
    stack = json.loads((rehearsal.start().terraform.stack_directory / "cdk.tf.json").read_text(encoding="utf-8"))
    assert find_all(read_plan(plan), Surroundings(stack=stack, is_rehearsal=True)) == []
    changes = _changes(plan)
    unexpected = {change["address"]: sorted(_differing(change)) for change in changes if not _is_known(change)}
    assert unexpected == {}
    # Remove an entry that no longer occurs: the list only becomes shorter.
    assert {change["type"] for change in changes} == set(KNOWN)


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
