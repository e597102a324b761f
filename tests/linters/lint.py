"""Lint the stack: checkov on the Terraform JSON, cfn-lint on what Cloud Control creates, parliament on IAM policies.

Runs in the linters' own environment, from the project: `.venv-linters/bin/python -m tests.linters.lint DIRECTORY`, with
the files that `tests.linters.stacks` has written. Exits with 1 for a finding without a reason in `exceptions.toml`, and
for a reason without a finding.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import cfnlint.api
import parliament

from tests.linters.findings import Finding, read_exceptions, unexplained

REGIONS: Final = ["us-west-2", "us-east-1"]
OPTIONS: Final = (
    "--framework",
    "terraform_json",
    "-o",
    "json",
    "--quiet",
    "--compact",
    "--skip-download",
    "--soft-fail",
)


def checkov_findings(directory: Path) -> Iterator[Finding]:
    """Yield the failed checks of checkov. Raises `CalledProcessError` if it did not run."""
    program = Path(sys.executable).with_name("checkov")
    command = [str(program), "-d", str(directory / "terraform"), *OPTIONS]
    report = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    if report["summary"]["passed"] < 1 or report["summary"]["parsing_errors"]:
        sys.exit(f"checkov has read nothing: {report['summary']}")
    for failed in report["results"]["failed_checks"]:
        yield Finding("checkov", failed["check_id"], failed["resource"], failed["check_name"])


def template_findings(directory: Path) -> Iterator[Finding]:
    """Yield what cfn-lint says of the properties that Cloud Control gets, and of the roles with their trust policies.

    The stack has no exception for cfn-lint, so nothing else shows that it reads: it must find a property too many in
    each resource.
    """
    template = json.loads((directory / "template.json").read_text(encoding="utf-8"))
    yield from _lint_template(template)
    for resource in template["Resources"].values():
        resource["Properties"]["NoSuchProperty"] = "x"
    found = {finding.place for finding in _lint_template(template)}
    if missed := {name for name in template["Resources"] if f"Resources/{name}/Properties/NoSuchProperty" not in found}:
        sys.exit(f"cfn-lint has not read {', '.join(sorted(missed))}")


def _lint_template(template: dict[str, Any]) -> Iterator[Finding]:
    for match in cfnlint.api.lint(json.dumps(template), config={"regions": REGIONS}):
        yield Finding("cfn-lint", match.rule.id, "/".join(map(str, match.path or [])), match.message)


def policy_findings(directory: Path) -> Iterator[Finding]:
    """Yield what parliament says of the IAM policies."""
    policies = json.loads((directory / "policies.json").read_text(encoding="utf-8"))
    for name, document in policies.items():
        for found in parliament.analyze_policy_string(json.dumps(document)).findings:
            yield Finding("parliament", found.issue, name, f"{found.detail} {found.location}")


def main() -> None:
    """Print what is unexplained."""
    target = Path(sys.argv[1])
    findings = [
        finding
        for directory in sorted(path for path in target.iterdir() if path.is_dir())
        for linter in (checkov_findings, template_findings, policy_findings)
        for finding in linter(directory)
    ]
    lines = unexplained(findings, read_exceptions())
    print("\n".join(lines), end="\n" if lines else "")
    sys.exit(1 if lines else 0)


if __name__ == "__main__":
    main()
