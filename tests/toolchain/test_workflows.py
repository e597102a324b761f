"""The workflows, ours and the example, run what exists, with few permissions and pinned actions.

`make check` compares them with GitHub's schema of workflows.
"""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from standby.cli.main import cli
from tests.constructs.plan import ROOT

WORKFLOWS = sorted([*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("examples/github/*.yml")])
DOCUMENTS = ("docs/upgrading.md", "examples/github/README.md", "toolchain/release/module_readme.txt")
USES = re.compile(r"^\s*- uses: (\S+)@(\S+)(.*)$", re.MULTILINE)
TARGETS = set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
COMMANDS = re.compile(r"`((?:standby|make) [^`]+)`")
TOOL = ".venv/bin/standby"
"""Where `make` installs the tool, which is not on the PATH of a run."""


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    return found


def scripts() -> Iterator[tuple[Path, str]]:
    for path in WORKFLOWS:
        for job in jobs(path).values():
            yield from ((path, line) for step in job["steps"] for line in step.get("run", "").splitlines())


def commands() -> Iterator[list[str]]:
    """Yield the commands of `standby` and `make` in the workflows and in the documents that belong to them."""
    for _, line in scripts():
        yield shlex.split(line)
    for name in DOCUMENTS:
        yield from (shlex.split(text) for text in COMMANDS.findall((ROOT / name).read_text("utf-8")))


def test_there_are_workflows_to_look_at() -> None:
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "release.yml", "standby.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(path: Path) -> None:
    found = USES.findall(path.read_text("utf-8"))
    assert len(found) == path.read_text("utf-8").count("uses:") > 0
    for action, commit, comment in found:
        assert re.fullmatch(r"[0-9a-f]{40}", commit), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


def test_an_action_has_one_version_everywhere() -> None:
    pins = {pin[:2] for path in WORKFLOWS for pin in USES.findall(path.read_text("utf-8"))}
    assert len(pins) == len({action for action, _ in pins})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_permissions_are_declared_and_a_job_alone_may_write(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text("utf-8"))
    assert workflow["permissions"] in ({}, {"contents": "read"})
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"] <= 60
        granted = job.get("permissions", workflow["permissions"])
        assert granted, name
        if "contents" in granted and granted["contents"] == "write":
            assert not any("checkout" in step.get("uses", "") or "make" in step.get("run", "") for step in job["steps"])


def test_no_job_with_a_checkout_keeps_the_token_on_disk() -> None:
    steps = [step for path in WORKFLOWS for job in jobs(path).values() for step in job["steps"]]
    checkouts = [step for step in steps if "actions/checkout@" in step.get("uses", "")]
    assert len(checkouts) >= 5
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_no_script_contains_an_expression_that_others_can_write() -> None:
    """GitHub puts an expression into the text of the script. A branch's name could then be a command."""
    assert [(path.name, line) for path, line in scripts() if "${{" in line] == []


def test_every_target_of_make_exists() -> None:
    targets = {command[1] for command in commands() if command[:1] == ["make"]}
    assert targets >= {"synth", "drill", "rehearse-down", "release", "rehearse", "setup"}
    assert targets <= TARGETS


def test_every_file_that_a_script_runs_is_there_and_can_be_run() -> None:
    paths = {command[0] for command in commands() if command and command[0].startswith(".")}
    assert paths == {".ci/run", TOOL}
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_every_command_of_the_tool_is_understood() -> None:
    found = [command[1:] for command in commands() if command[:1] in (["standby"], [TOOL])]
    assert len(found) > 5
    for arguments in found:
        shown = CliRunner().invoke(cli, [*arguments, "--help"], prog_name="standby")
        assert shown.exit_code == 0, (arguments, shown.output)
