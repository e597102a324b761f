"""The commands at the end of `rehearse up`: they name what the user's shell needs, and fit its width."""

import re
import shlex
import sys
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from standby.cli.main import cli
from standby.cli.output.first_commands import QUESTION, Shell, first_commands
from standby.rehearsal.checks.documents import read_samples
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.network import LocalUrls
from standby.text import wrap_lines

PROJECT: Final = Path(__file__).resolve().parents[4]
WIDTH: Final = 80
URLS: Final = LocalUrls(
    site="https://d0123456789abc.cloudfront.net",
    edge="https://127.0.0.1:65535",
    primary_api="http://127.0.0.1:65535/_aws/execute-api/0123456789/prod/",
    failover_api="http://127.0.0.1:65535/_aws/execute-api/9876543210/prod/",
)
OWN: Final = Path(sys.executable).with_name("standby")


def shown(project: Path, shell: Shell, *, directory: Path | None = None) -> list[str]:
    """Return the commands, each as one line."""
    paths = RehearsalPaths(project=project, directory=directory or project / ".rehearsal")
    text = first_commands(paths, URLS, shell).replace("\\\n", "")
    return [re.sub("(?<=[^ ])  +", " ", line.strip()) for line in text.splitlines() if line.startswith("  ")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = (tmp_path / "project").resolve()
    root.mkdir()
    for name in ("main.py", "cdktf.json"):
        (root / name).touch()
    return root


@pytest.mark.parametrize("on_path", [OWN, None])
def test_in_the_project_all_lines_fit_eighty_columns(on_path: Path | None) -> None:
    paths = RehearsalPaths(project=PROJECT, directory=PROJECT / ".rehearsal")
    text = first_commands(paths, URLS, Shell(directory=OWN.parents[2], on_path=on_path))
    assert max(map(len, text.splitlines())) <= WIDTH


def test_the_program_is_called_as_the_shell_finds_it(tmp_path: Path) -> None:
    other = tmp_path / "standby"
    other.touch()
    inside = OWN.parents[2]
    assert Shell(directory=inside, on_path=OWN).program() == "standby"
    assert Shell(directory=inside, on_path=other).program() == str(OWN.relative_to(inside))
    assert Shell(directory=tmp_path, on_path=None).program() == str(OWN)


def test_the_path_of_make_is_not_the_one_of_the_user_s_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make` puts .venv/bin on the PATH of its commands, and the user's shell finds no `standby` afterwards."""
    monkeypatch.setenv("PATH", str(OWN.parent))
    monkeypatch.delenv("MAKELEVEL", raising=False)
    assert Shell.of_this_process().program() == "standby"
    monkeypatch.setenv("MAKELEVEL", "1")
    assert Shell.of_this_process().program() != "standby"


@pytest.mark.parametrize("name", ["project", "a-project-whose-name-is-so-long-that-no-line-of-80-columns-has-it" * 2])
@pytest.mark.parametrize("inside", [True, False])
def test_a_shell_reads_each_command_as_it_is_printed(tmp_path: Path, name: str, inside: bool) -> None:  # noqa: FBT001 - data
    project = tmp_path / name
    paths = RehearsalPaths(project=project, directory=project / ".rehearsal")
    shell = Shell(directory=project if inside else tmp_path / "elsewhere", on_path=OWN, can_browse=False)
    printed = wrap_lines(first_commands(paths, URLS, shell))
    commands = [line for line in printed.replace(" \\\n", " ").splitlines() if line.startswith("  ")]
    assert {shlex.split(command)[0] for command in commands} == {"curl", "standby"}
    page = shlex.split(commands[0])
    certificate = Path(page[page.index("--cacert") + 1])
    assert (shell.directory / certificate) == paths.ca_certificate
    assert page[-1] == f"{URLS.site}/"


def test_every_command_is_one_of_ours_or_curl(project: Path) -> None:
    browse, curl, status, fault, heal = shown(project, Shell(directory=project, on_path=OWN))
    assert (browse, status) == ("standby rehearse browse", "standby status")
    assert fault == "standby rehearse fault region-down primary"
    assert heal == "standby rehearse heal"
    assert shlex.split(curl)[-1] == f"{URLS.primary_api}docs"
    for command in (browse, status, fault, heal):
        result = CliRunner().invoke(cli, [*shlex.split(command)[1:], "--help"])
        assert result.exit_code == 0, result.output


def test_another_directory_and_another_project_are_named(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "a b"
    inside = Shell(directory=project, on_path=OWN)
    browse, _, status, *_ = shown(project, inside, directory=elsewhere)
    assert browse == f"standby rehearse --directory '{elsewhere}' browse"
    assert status == f"standby --directory '{elsewhere}' status"
    browse, _, status, *_ = shown(project, Shell(directory=tmp_path, on_path=OWN))
    assert browse == f"standby rehearse --project {project} browse"
    assert status == "standby --directory project/.rehearsal status"


def test_where_no_browser_can_open_a_window_the_page_is_read_by_curl(project: Path) -> None:
    page, *_ = shown(project, Shell(directory=project, on_path=OWN, can_browse=False))
    assert page.startswith("curl ")
    assert shlex.split(page)[-5:] == [
        "--cacert",
        ".rehearsal/network/storage/pki/authorities/local/root.crt",
        "--connect-to",
        "::127.0.0.1:65535",
        f"{URLS.site}/",
    ]


def test_a_shell_that_does_not_find_the_program_is_told_how_to(project: Path) -> None:
    *_, last = shown(project, Shell(directory=OWN.parents[2], on_path=None))
    assert last == f". {OWN.relative_to(OWN.parents[2]).with_name('activate')}"
    *_, last = shown(project, Shell(directory=OWN.parents[2], on_path=OWN))
    assert last.endswith("heal")


def test_the_question_is_that_of_a_sample_document() -> None:
    assert QUESTION in {sample.question for sample in read_samples(PROJECT)}


def test_where_users_sign_in_the_printed_question_has_a_token(project: Path) -> None:
    paths = RehearsalPaths(project=project, directory=project / ".rehearsal-dev")
    shell = Shell(directory=project, on_path=OWN)
    printed = first_commands(paths, URLS, shell, signs_in=True).replace("\\\n", "")
    question = next(line for line in printed.splitlines() if line.strip().startswith("curl") and "docs" in line)
    header = next(word for word in shlex.split(question) if word.startswith("Authorization"))
    assert re.fullmatch(r"Authorization: Bearer \$\(standby rehearse --directory \S*\.rehearsal-dev token\)", header)
    assert "Authorization" not in first_commands(paths, URLS, shell)
