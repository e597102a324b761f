"""`python -m tests.linters.stacks DIRECTORY`: write the stack as the linters read it.

There is one with each vector store, and one whose users sign in, with a shield in front and
notifications. For each there are a Terraform
configuration without its `terraform` block (checkov's parser needs that), a CloudFormation template of what Cloud
Control creates, and the IAM policies.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import lazy_bindings
from standby.stack.configuration import read_stack
from standby.stack.deployer_policy import deployer_policy
from tests.constructs.helpers import ACCOUNT, render
from tests.constructs.plan import ROOT, Plan, default_settings, resources, role_statements
from tests.constructs.variants import NOTIFIED, SHIELDED_SIGN_IN

STACKS: Final = {
    "s3-vectors": default_settings(),
    "opensearch-serverless": default_settings(knowledge_base={"vector_store": "opensearch-serverless"}),
    "shielded-sign-in": SHIELDED_SIGN_IN.model_copy(update={"notifications": NOTIFIED.notifications}),
}
POLICIES: Final = {
    "aws_s3_bucket_policy": "policy",
    "aws_sqs_queue": "policy",
    "aws_sns_topic_policy": "policy",
}
_RUNBOOK_POLICY: Final = re.compile(r'```json\n(\{\s*"Version".*?)```', re.DOTALL)
_EXPRESSION: Final = re.compile(r"\$\{[^}]*\}")


def policies(plan: Plan) -> Iterator[tuple[str, object]]:
    """Yield each IAM policy of the stack and of the runbook with a name."""
    for role, statements in role_statements(plan).items():
        yield f"role {role}", _document(plan, statements)
    for type_, argument in POLICIES.items():
        for address, body in resources(plan, type_).items():
            if argument in body:
                yield f"{type_} {address}", _document(plan, json.loads(body[argument])["Statement"])
    yield "deployer", deployer_policy(read_stack(plan.document), account=ACCOUNT)
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    for number, text in enumerate(_RUNBOOK_POLICY.findall(runbook), start=1):
        filled = text.replace("ACCOUNT", ACCOUNT).replace("PRIMARY", "us-west-2").replace("FAILOVER", "us-east-1")
        yield f"runbook {number}", json.loads(filled.replace("NAME", "chatbot"))


def template(plan: Plan) -> dict[str, Any]:
    """Return a CloudFormation template of what Cloud Control creates, and of the roles with their trust policies."""
    created = {
        address: (body["type_name"], json.loads(_filled(plan, body["desired_state"])))
        for address, body in resources(plan, "aws_cloudcontrolapi_resource").items()
    }
    roles = {
        address: ("AWS::IAM::Role", {"AssumeRolePolicyDocument": json.loads(_filled(plan, body["assume_role_policy"]))})
        for address, body in resources(plan, "aws_iam_role").items()
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            re.sub(r"[^A-Za-z0-9]", "", address): {"Type": type_, "Properties": properties}
            for address, (type_, properties) in (created | roles).items()
        },
    }


def _document(plan: Plan, statements: object) -> object:
    return json.loads(_filled(plan, json.dumps({"Version": "2012-10-17", "Statement": statements})))


def _filled(plan: Plan, text: str) -> str:
    """Replace every expression with a value of realistic form."""
    return _EXPRESSION.sub(lambda expression: render(plan, expression[0]), text)


def main() -> None:
    """Write the files."""
    lazy_bindings.install()
    from tests.constructs.synthesis import synthesize  # noqa: PLC0415 - after the bindings were made lazy

    target = Path(sys.argv[1])
    for name, settings in STACKS.items():
        with tempfile.TemporaryDirectory() as out:
            plan = synthesize(settings, functions=ROOT / "lambda_src", site=ROOT / "frontend", out=Path(out))
        directory = target / name
        (directory / "terraform").mkdir(parents=True)
        configuration = {key: block for key, block in plan.document.items() if key not in {"terraform", "//"}}
        for file, document in {
            "terraform/cdk.tf.json": configuration,
            "template.json": template(plan),
            "policies.json": dict(policies(plan)),
        }.items():
            (directory / file).write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main()
