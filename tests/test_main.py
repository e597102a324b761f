"""main.py: one line and exit code 2 for bad input, and the same bytes in every process and directory."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from standby.text import WIDTH
from tests.constructs.helpers import checkout, file_digests
from tests.constructs.plan import ROOT

PROJECT = ["main.py", "standby.toml", "cdktf.json", "constructs", "lambda_src", "frontend"]


def run_main(directory: Path, settings: Path) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CDKTF_", "STANDBY_"))}
    environment["STANDBY_SETTINGS"] = str(settings)
    command = [sys.executable, str(ROOT / "main.py")]
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def synth(project: Path, seed: str = "0") -> "subprocess.Popen[bytes]":
    """Start the `main.py` of a copied project, with its own constructs. It writes `cdktf.out` there."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CDKTF_", "STANDBY_"))}
    environment |= {"PYTHONPATH": str(project / "constructs"), "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen([sys.executable, "main.py"], cwd=project, env=environment, stderr=subprocess.PIPE)


@pytest.mark.parametrize(
    "text, line",
    [
        (
            'name = "Chat"',
            "name = 'Chat': use 3 to 20 lowercase letters, digits and single hyphens; start with a letter",
        ),
        ('name = "chat"\ncolor = 1', "color = 1: no such setting: remove it, or correct its name"),
        (None, "No such file or directory: create it, or set STANDBY_SETTINGS to another file"),
    ],
)
def test_bad_settings_are_one_line_and_exit_code_2_and_write_nothing(
    tmp_path: Path, text: str | None, line: str
) -> None:
    settings, directory = tmp_path / "bad.toml", tmp_path / "empty"
    directory.mkdir()
    if text is not None:
        settings.write_text(text)
    ran = run_main(directory, settings)
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", f"{settings}: {line}\n")
    assert list(directory.iterdir()) == []


def test_an_endpoint_on_this_machine_is_refused_in_80_columns_with_exit_code_3_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    ran = run_main(tmp_path, ROOT / "standby.toml")
    assert (ran.returncode, ran.stdout) == (3, "")
    text = " ".join(ran.stderr.split())
    assert "AWS_ENDPOINT_URL=http://127.0.0.1:1: Terraform would deploy to an emulator on this machine" in text
    assert max(map(len, ran.stderr.splitlines())) <= WIDTH
    assert list(tmp_path.iterdir()) == []


def test_an_output_directory_of_another_state_is_refused_in_80_columns_with_exit_code_3(
    tmp_path: Path,
) -> None:
    (tmp_path / "dev.toml").write_text('name = "dev"')
    record = tmp_path / "cdktf.out" / "stacks" / "warm-standby" / ".terraform" / "terraform.tfstate"
    record.parent.mkdir(parents=True)
    record.write_text('{"backend": {"type": "local", "config": {"path": "../../../terraform.chatbot.tfstate"}}}')
    before = file_digests(tmp_path)
    ran = run_main(tmp_path, tmp_path / "dev.toml")
    assert (ran.returncode, ran.stdout) == (3, "")
    assert max(map(len, ran.stderr.splitlines())) <= WIDTH
    text = " ".join(ran.stderr.split())
    assert text.startswith("cdktf.out: it was used with another state (../../../terraform.chatbot.tfstate): ")
    assert "`export CDKTF_OUTPUT=cdktf.out.dev`" in ran.stderr
    assert file_digests(tmp_path) == before


def test_a_site_file_of_unknown_type_is_one_line_and_exit_code_2_and_writes_nothing(tmp_path: Path) -> None:
    checkout(tmp_path, PROJECT)
    file = tmp_path / "frontend" / "notes.draft"
    file.touch()
    process = synth(tmp_path)
    errors = process.communicate(timeout=60)[1].decode()
    assert (process.returncode, errors) == (2, f"{file}: unknown file type: use a common file name extension\n")
    assert file_digests(tmp_path / "cdktf.out") == {}


def test_the_synthesis_names_the_controllers_second_vantage_point(tmp_path: Path) -> None:
    checkout(tmp_path, PROJECT)
    file = tmp_path / "standby.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("enabled = false\nfailed_looks", "enabled = true\nfailed_looks"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CDKTF_", "STANDBY_"))}
    ran = subprocess.run(
        [sys.executable, "main.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stdout.splitlines()[-1] == "Second vantage point of the controller: the edge"


def test_two_processes_in_two_directories_synthesize_the_same_bytes(tmp_path: Path) -> None:
    projects = [tmp_path / "one", tmp_path / "deeper" / "two"]
    checkout(projects[0], PROJECT)
    shutil.copytree(projects[0], projects[1])
    before = set(file_digests(projects[0]))
    processes = [synth(project, seed) for project, seed in zip(projects, ("1", "2"), strict=True)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    one, two = (file_digests(project / "cdktf.out") for project in projects)
    assert {"manifest.json", "functions.zip", "stacks/warm-standby/cdk.tf.json"} <= set(one)
    assert one == two
    assert errors[0] == errors[1] == b""
    assert {name for name in file_digests(projects[0]) if not name.startswith("cdktf.out/")} == before
