"""main.py: the same bytes everywhere, and one line for bad input."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.constructs.helpers import checkout, files
from tests.constructs.plan import (
    ROOT,
)


def run_main(directory: Path, settings: Path) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CDKTF_", "STANDBY_"))}
    environment["STANDBY_SETTINGS"] = str(settings)
    command = [sys.executable, str(ROOT / "main.py")]
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "text, line",
    [
        (
            'name = "Chat"',
            "name = 'Chat': use 3 to 20 lowercase letters, digits and single hyphens; start with a letter",
        ),
        ('name = "chat"\ncolour = 1', "colour = 1: no such setting: remove it, or correct its name"),
        (None, "No such file or directory: create it, or set STANDBY_SETTINGS to another file"),
    ],
)
def test_main_with_bad_settings_exits_2_with_that_line_alone_and_writes_nothing(
    tmp_path: Path, text: str | None, line: str
) -> None:
    settings, directory = tmp_path / "bad.toml", tmp_path / "empty"
    directory.mkdir()
    if text is not None:
        settings.write_text(text)
    ran = run_main(directory, settings)
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", f"{settings}: {line}\n")
    assert list(directory.iterdir()) == []


def synth(project: Path, seed: str) -> "subprocess.Popen[bytes]":
    """Run the project's `main.py` as a user does, with its own constructs, and let it write `cdktf.out` there."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CDKTF_", "STANDBY_"))}
    environment |= {"PYTHONPATH": str(project / "constructs"), "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen([sys.executable, "main.py"], cwd=project, env=environment, stderr=subprocess.PIPE)


def test_two_processes_in_two_directories_synthesize_the_same_bytes(tmp_path: Path) -> None:
    names = ["main.py", "standby.toml", "cdktf.json", "constructs", "lambda_src", "frontend"]
    projects = [tmp_path / "one", tmp_path / "deeper" / "two"]
    checkout(projects[0], names)
    shutil.copytree(projects[0], projects[1])
    before = set(files(projects[0]))
    processes = [synth(project, seed) for project, seed in zip(projects, ("1", "2"), strict=True)]
    said = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    one, two = (files(project / "cdktf.out") for project in projects)
    assert {"manifest.json", "functions.zip", "stacks/warm-standby/cdk.tf.json"} <= set(one)
    assert one == two
    assert said[0] == said[1] == b""
    assert {name for name in files(projects[0]) if not name.startswith("cdktf.out/")} == before
