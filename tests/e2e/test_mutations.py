"""What AWS would refuse is refused by the rehearsal's apply, with AWS's name of the error."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.deploy.applier import ROLE_NAME
from standby.rehearsal.deploy.terraform import terraform_environment
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import ROOT, SETTINGS
from tests.e2e.mutations import AT_PLAN, MUTATIONS, Mutation

NOT_PASSED = "e2e-health-us-west-2"
"""The role that the applier may not pass in the mutated apply."""


@dataclass(frozen=True)
class MutatedStack:
    """An emulator with an initialized stack, and nothing applied."""

    rehearsal: Rehearsal

    def errors(self, *command: str, mutations: tuple[Mutation, ...]) -> dict[str, str]:
        """Run Terraform on the mutated stack, and return the text of the errors by the address of the resource."""
        terraform = self.rehearsal.start().terraform
        path = terraform.stack_directory / "cdk.tf.json"
        synthesized = path.read_text(encoding="utf-8")
        stack = json.loads(synthesized)
        for mutation in mutations:
            mutation.change(stack["resource"][mutation.type_][_id(stack, mutation)])
        path.write_text(json.dumps(stack), encoding="utf-8")
        try:
            run = subprocess.run(
                [terraform.executable, *command],
                cwd=terraform.stack_directory,
                env=terraform_environment(terraform.paths),
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            path.write_text(synthesized, encoding="utf-8")
        assert run.returncode == 1
        return _by_address(_diagnostics(run.stdout))


def _id(stack: dict[str, Any], mutation: Mutation) -> str:
    found = [id_ for id_ in stack["resource"][mutation.type_] if id_.startswith(mutation.id_)]
    assert found, mutation
    return str(min(found, key=len))


def _diagnostics(output: str) -> Iterator[dict[str, Any]]:
    """Yield the errors of `terraform validate -json`, or of `terraform apply -json`."""
    for line in output.splitlines() if output.startswith('{"@level"') else [output]:
        document = json.loads(line)
        yield from document.get("diagnostics", [document["diagnostic"]] if "diagnostic" in document else [])


def _by_address(diagnostics: Iterator[dict[str, Any]]) -> dict[str, str]:
    errors: dict[str, str] = {}
    for diagnostic in diagnostics:
        if diagnostic["severity"] == "error":
            address = diagnostic.get("address") or str((diagnostic.get("snippet") or {}).get("context"))
            text = f"{diagnostic['summary']} {diagnostic['detail']}"
            errors[address] = errors.get(address, "") + " ".join(text.split())
    return errors


def _error(errors: dict[str, str], type_: str, id_: str) -> str:
    return "; ".join(text for address, text in errors.items() if type_ in address and id_ in address)


@pytest.fixture(scope="module")
def mutated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MutatedStack]:
    rehearsal = Rehearsal(project=ROOT, directory=tmp_path_factory.mktemp("mutated"), settings=SETTINGS)
    try:
        yield MutatedStack(rehearsal)
    finally:
        rehearsal.down()


@pytest.fixture(scope="module")
def refused(mutated: MutatedStack) -> dict[str, str]:
    """The errors of one apply with all mutations, by a role that may not pass one of the roles."""
    mutated.rehearsal.start()
    iam = EmulatorSession(region="us-east-1", endpoint=mutated.rehearsal.endpoint).client("iam")
    statement = {"Effect": "Deny", "Action": "iam:PassRole", "Resource": f"arn:aws:iam::000000000000:role/{NOT_PASSED}"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=ROLE_NAME, PolicyName="not-passed", PolicyDocument=document)
    apply = ("apply", "-json", "-auto-approve", "-input=false", "-parallelism=20", "-lock=false")
    return mutated.errors(*apply, mutations=MUTATIONS)


def test_the_provider_refuses_what_it_knows_before_it_asks_aws(mutated: MutatedStack) -> None:
    errors = mutated.errors("validate", "-json", mutations=AT_PLAN)
    missed = {
        mutation.name: found
        for mutation in AT_PLAN
        if mutation.refusal not in (found := _error(errors, mutation.type_, mutation.id_))
    }
    assert missed == {}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_change_that_aws_would_refuse_stops_the_apply(refused: dict[str, str], mutation: Mutation) -> None:
    assert mutation.refusal in _error(refused, mutation.type_, mutation.id_)


def test_a_role_that_may_not_be_passed_stops_the_apply(refused: dict[str, str]) -> None:
    error = _error(refused, "aws_lambda_function", "primary_functions_health_function")
    assert "AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role/rehearsal-applier/" in error
    assert (
        f"is not authorized to perform: iam:PassRole on resource: arn:aws:iam::000000000000:role/{NOT_PASSED}" in error
    )


def test_nothing_else_is_refused(refused: dict[str, str]) -> None:
    expected = [(mutation.type_, mutation.id_) for mutation in MUTATIONS]
    expected.append(("aws_lambda_function", "primary_functions_health_function"))
    others = {
        address: text
        for address, text in refused.items()
        if not any(type_ in address and id_ in address for type_, id_ in expected)
    }
    assert others == {}


def test_no_request_of_the_apply_was_left_unread(mutated: MutatedStack, refused: dict[str, str]) -> None:
    log = mutated.rehearsal.paths.emulator_log.read_text(encoding="utf-8")
    assert [line for line in log.splitlines() if "unread request" in line] == []
    assert refused
