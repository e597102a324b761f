"""The operator's tool alone: a few small packages, and one line for what an extra brings.

The processes see the packages of this environment that `pip install warm-standby` would install, and no others.
"""

import re
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from typing import Final

import pytest

from standby.machine import EXTRAS
from tests.constructs.plan import ROOT

MEGABYTES: Final = 60
PACKAGE: Final = "warm-standby"
SCRIPT: Final = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

absent = set(sys.argv.pop(1).split(","))
sys.meta_path.insert(0, Absent())
from standby.cli.main import main
main()
"""


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def required(extra: str = "") -> set[str]:
    """Return the distributions that an installation brings, with those of one extra."""
    found, todo = set[str](), [(PACKAGE, extra)]
    while todo:
        name, wanted = todo.pop()
        for requirement in distribution(name).requires or []:
            named = re.match(r"([A-Za-z0-9._-]+)(?:\[([^\]]+)\])?", requirement)
            assert named
            of = re.search(r"""extra == ['"]([^'"]+)""", requirement)
            if (of is None or of[1] == wanted) and not re.search(
                r"python_version < |sys_platform == .win32", requirement
            ):
                part = normalized(named[1])
                if part not in found or named[2]:
                    found.add(part)
                    todo.append((part, named[2] or ""))
    return found - {PACKAGE}


def modules_of(distributions: set[str]) -> set[str]:
    return {
        module
        for module, names in packages_distributions().items()
        if not distributions.isdisjoint(map(normalized, names))
    }


ABSENT: Final = sorted(set(packages_distributions()) - modules_of(required() | {PACKAGE}))


def run(directory: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", SCRIPT, ",".join(ABSENT), *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=60, check=False)


def test_the_tool_alone_needs_few_packages_and_no_generator() -> None:
    found = required()
    assert {"boto3", "click", "pydantic", "rich"} <= found
    assert found.isdisjoint({"cdktf", "jsii", "constructs", "ministack", "moto", "jinja2", "psutil"})
    assert len(found) <= 20


def test_the_tool_alone_is_small() -> None:
    """Without boto3's data, which is the models of all services of AWS."""
    files = [
        file
        for name in required()
        for file in distribution(name).files or []
        if not file.as_posix().startswith("botocore/data/") and not file.as_posix().endswith(".pyc")
    ]
    own = [path for part in ("standby", "constructs") for path in (ROOT / part).rglob("*.py")]
    size = sum(Path(file.locate()).stat().st_size for file in files) + sum(path.stat().st_size for path in own)
    assert size / 1e6 < MEGABYTES


def test_each_optional_package_is_in_the_extra_that_its_message_names() -> None:
    for module, extra in EXTRAS.items():
        of_module = set(map(normalized, packages_distributions()[module]))
        assert not of_module.isdisjoint(required(extra)), module
        assert of_module.isdisjoint(required()), module


@pytest.mark.parametrize("command", ["status", "failover", "failback", "reconcile", "journal", "preflight", "cost"])
def test_an_operator_s_command_starts_without_any_extra(command: str, tmp_path: Path) -> None:
    ran = run(tmp_path, command, "--help")
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [("rehearse", "status"), ("rehearse", "up"), ("drill", "--list")])
def test_a_command_of_an_extra_that_is_absent_names_it_in_one_message(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    ran = run(tmp_path, *arguments)
    assert (ran.returncode, ran.stdout) == (3, "")
    first, hint = ran.stderr.splitlines()
    assert re.fullmatch(r"Error: The Python package \w+ is missing\.", first)
    assert re.fullmatch(r"  Get it: pip install 'warm-standby\[(drill|rehearsal)\]'", hint)


def test_a_synthesis_without_cdktf_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import cdktf_that_is_absent.app")
    (tmp_path / "cdktf.json").write_text("{}")
    ran = run(tmp_path, "preflight", "--policy")
    assert ran.returncode == 3
    assert "The Python package cdktf_that_is_absent is missing." in ran.stderr
