"""What a command imports before it begins: each module costs its start, and a failover is waited for."""

import subprocess
import sys

import pytest

SCRIPT = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]; print(*sys.modules)"
RICH = {"rich", "jinja2"}
REHEARSAL = {"standby.rehearsal", "standby.drill", "filelock", "psutil", "ministack"}
OTHER_COMMANDS = {
    "standby.cli.output.change_json",
    "standby.operations.execution.failback_check",
    "standby.operations.execution.reconcile_steps",
    "standby.operations.facts.collect",
    "standby.operations.facts.reconcile_facts",
    "standby.operations.plans.reconcile",
    "standby.operations.views",
}


@pytest.mark.parametrize(
    "modules,never",
    [
        (["standby.cli.main"], {"boto3", "botocore", "urllib3", *RICH, *REHEARSAL}),
        (["standby.cli.main", "standby.cli.failover"], {"boto3", *RICH, *REHEARSAL, *OTHER_COMMANDS}),
        (["standby.cli.main", "standby.cli.status"], {"boto3", *RICH, *REHEARSAL}),
    ],
    ids=["help", "failover", "status"],
)
def test_a_command_imports_nothing_that_it_does_not_need(modules: list[str], never: set[str]) -> None:
    command = [sys.executable, "-c", SCRIPT, *modules]
    imported = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert never.isdisjoint(imported), sorted(never.intersection(imported))
