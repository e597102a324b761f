"""A function finds boto3 and what its archive has, and nothing of the project's environment."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from standby.rehearsal.emulator.emulator import Emulator
from standby.rehearsal.emulator.functions.runtime import (
    describe_difference,
    find_python,
    included_paths,
    prepare_environment,
)
from tests.standby.rehearsal.emulator.functions.helpers import create_function

FOREIGN = ("pydantic", "ministack", "moto", "click", "standby", "warm_standby", "query", "shared", "pip")
CODE = """
import importlib, sys

def handler(event, context):
    found = {}
    for name in event["names"]:
        try:
            importlib.import_module(name)
            found[name] = "found"
        except ImportError as error:
            found[name] = str(error)
    return {"found": found, "version": list(sys.version_info[:2])}
"""


def invoke(emulator: Emulator, names: tuple[str, ...]) -> dict[str, Any]:
    """Return what a function finds of these modules."""
    functions = create_function(emulator, "finder", {"main.py": CODE, "own.py": ""})
    answer = functions.invoke(FunctionName="finder", Payload=json.dumps({"names": names}))
    return dict(json.loads(answer["Payload"].read()))


def test_a_function_finds_boto3_and_its_own_modules_and_nothing_else(emulator: Emulator) -> None:
    answer = invoke(emulator, ("boto3", "botocore", "urllib3", "dateutil", "own", *FOREIGN))
    missing = {name: text for name, text in answer["found"].items() if text != "found"}
    assert missing == {name: f"No module named '{name}'" for name in FOREIGN}
    assert answer["version"] == [3, 13] or find_python("3.13") == sys.executable


def test_boto3_s_dependencies_are_included_and_their_extras_are_not() -> None:
    names = {path.name for path in included_paths()}
    assert {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py"} <= names
    assert not {name for name in names if name.startswith(("awscrt", "pydantic", "requests"))}


def test_an_environment_is_made_once(tmp_path: Path) -> None:
    first = prepare_environment(tmp_path / "environment", python=sys.executable)
    (tmp_path / "environment" / "mark").touch()
    assert prepare_environment(tmp_path / "environment", python="no interpreter") == first
    assert (tmp_path / "environment" / "mark").exists()


@pytest.mark.parametrize("exit_code", [0, 1, 127])
def test_an_interpreter_that_does_not_start_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exit_code: int
) -> None:
    shim = tmp_path / "python3.99"
    shim.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    find_python.cache_clear()
    assert find_python("3.99") == (str(shim) if exit_code == 0 else sys.executable)
    assert find_python("3.98") == sys.executable
    assert ("no Python 3.99 was found" in describe_difference("python3.99")) == (exit_code != 0)


@pytest.mark.parametrize("name", ["PYTHONHOME", "PYTHONPATH"])
def test_an_interpreter_is_found_with_variables_that_are_for_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    shim = tmp_path / f"python{version}"
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    shim.chmod(0o755)
    (tmp_path / "venv.py").write_text("raise ImportError")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv(name, str(tmp_path))
    find_python.cache_clear()
    assert find_python(version) == str(shim)
    assert prepare_environment(tmp_path / "environment", python=str(shim)).exists()


def test_a_python_that_is_the_rehearsal_s_own_needs_no_words() -> None:
    assert describe_difference(f"python{sys.version_info.major}.{sys.version_info.minor}") == ""
    assert describe_difference("nodejs22.x") == ""
