"""Terraform itself applies the rules of the module's variables, and they are those of the settings."""

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from standby.rehearsal.processes.programs import TERRAFORM, find_program
from tests.constructs.plan import default_settings
from toolchain.release.variables import usable_regions, variables
from warm_standby.settings import Settings
from warm_standby.settings.regions import BEDROCK_REGIONS

pytestmark = pytest.mark.programs

SAME: dict[str, Any] = {"primary_region": "us-east-1", "failover_region": "us-east-1"}
REFUSED: list[dict[str, Any]] = [
    {"name": "ab"},
    {"name": "a-name-of-21-letters-x"},
    {"name": "Chatbot"},
    {"name": "1chatbot"},
    {"name": "chat--bot"},
    {"name": "chatbot-"},
    {"name": "chatbot\n"},
    {"name": "chatbot${x}"},
    {"name": "xn--chatbot"},
    {"name": "sthree-chatbot"},
    {"primary_region": "eu-west-1"},
    {"primary_region": "us-west-9"},
    {"failover_region": "us-west-1"},
    {"tags": {"aws:name": "x"}},
    {"tags": {"AWS:name": "x"}},
    {"tags": {"Name": "x", "name": "x"}},
    {"tags": {"": "x"}},
    {"tags": {"k" * 129: "x"}},
    {"tags": {"k": "x" * 257}},
    {"tags": {"k": "caf\u00e9"}},
    {"tags": {"k": "a\n"}},
    {"tags": {f"k{number}": "x" for number in range(41)}},
    {"alert_emails": ["nobody"]},
    {"alert_emails": ["a b@example.com"]},
    {"alert_emails": ["oncall@example.com\n"]},
]
ACCEPTED: list[dict[str, Any]] = [
    {},
    {"name": "abc"},
    {"name": "a-name-of-20-letters"},
    {"primary_region": "us-east-2", "failover_region": "us-west-2"},
    {"tags": {}},
    {"tags": {"k" * 128: "x" * 256, "a b_.:/=+@-": ""}},
    {"tags": {f"k{number}": "x" for number in range(40)}},
    {"alert_emails": ["oncall@example.com", "a+b@mail.example.co.uk"]},
]


def settings_of(values: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that are the same as these variables."""
    regions = {role: values[f"{role}_region"] for role in ("primary", "failover") if f"{role}_region" in values}
    operations = {"alert_emails": values["alert_emails"]} if "alert_emails" in values else {}
    kept: dict[str, Any] = {name: values[name] for name in ("name", "tags") if name in values}
    return {**default_settings().model_dump(exclude_unset=True), **kept, "regions": regions, "operations": operations}


def uses(*cases: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration with one use of the module for each case."""
    blocks = {
        f"case{number}": {"source": "./module", **json.loads(json.dumps(values).replace("${", "$${"))}
        for number, values in enumerate(cases)
    }
    return {"module": blocks}


def refusals(directory: Path, *cases: dict[str, Any]) -> dict[int, set[str]]:
    """Plan a module that has the variables and nothing else; return the variables of the refusals of each case."""
    (directory / "module").mkdir()
    declared = {"variable": variables(default_settings())}
    (directory / "module" / "variables.tf.json").write_text(json.dumps(declared))
    (directory / "main.tf.json").write_text(json.dumps(uses(*cases), indent=1))
    terraform = find_program(TERRAFORM).path
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1"}
    for command in (["init", "-input=false"], ["plan", "-json", "-input=false"]):
        ran = subprocess.run(
            [terraform, *command], cwd=directory, env=environment, capture_output=True, text=True, check=False
        )
    events = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert events, ran.stderr
    found: dict[int, set[str]] = {}
    for error in (event["diagnostic"] for event in events if event["@level"] == "error"):
        assert error["summary"] == "Invalid value for variable", error
        case = int(error["snippet"]["context"].removeprefix("module.case"))
        found.setdefault(case, set()).update(value["traversal"] for value in error["snippet"]["values"])
    return found


def test_terraform_refuses_and_accepts_what_the_settings_do(tmp_path: Path) -> None:
    found = refusals(tmp_path, *REFUSED, *ACCEPTED)
    assert found == {number: {f"var.{name}" for name in case} for number, case in enumerate(REFUSED)}
    for case in ACCEPTED:
        Settings.model_validate(settings_of(case))
    for case in REFUSED:
        if set(case).isdisjoint({"primary_region", "failover_region"}):
            with pytest.raises(ValidationError):
                Settings.model_validate(settings_of(case))


def test_one_region_for_both_roles_is_refused(tmp_path: Path) -> None:
    assert refusals(tmp_path, SAME) == {0: {f"var.{name}" for name in SAME}}


def test_the_regions_are_those_with_which_the_settings_are_valid() -> None:
    accepted = set()
    for region in BEDROCK_REGIONS:
        other = "us-east-1" if region != "us-east-1" else "us-west-2"
        with suppress(ValidationError):
            Settings.model_validate(settings_of({"primary_region": region, "failover_region": other}))
            accepted.add(region)
    assert len(accepted) > 2
    assert set(usable_regions(default_settings())) == accepted
