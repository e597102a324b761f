"""What `make` says where a tool is missing: one line with what, which version, and how to get it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.constructs.plan import ROOT

SHELL = ("bash", "env", "expr", "getconf", "id", "sh")


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which there is a shell and little else."""
    for name in SHELL:
        (tmp_path / name).symlink_to(shutil.which(name) or "/nowhere")
    return str(tmp_path)


@pytest.mark.parametrize(
    "target, line",
    [
        ("need-python", "Python 3.11 to 3.13 is needed and was not found: "),
        ("need-node", "Node.js 20 or newer is needed and was not found: "),
        ("need-terraform", "Terraform 1.10 or newer (below 2) is needed and was not found: "),
        ("need-chromium", "Chromium is needed to test the page and was not found: "),
    ],
)
def test_a_missing_tool_is_one_line_that_says_how_to_get_it(path: str, target: str, line: str) -> None:
    make = shutil.which("make")
    assert make
    environment = {"PATH": path, "HOME": os.environ["HOME"]}
    run = subprocess.run([make, target], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    said, *rest = run.stderr.splitlines()
    assert run.returncode != 0
    assert said.startswith(line)
    assert [more for more in rest if not more.startswith("make:")] == []
