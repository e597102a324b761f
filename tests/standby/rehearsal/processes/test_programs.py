"""How a rehearsal finds Terraform and Node: in any environment, by any of their names, next to Python first."""

import sys
from pathlib import Path

import pytest

from standby.errors import RefusedError
from standby.rehearsal.processes.programs import NODE, TERRAFORM, find_program

TERRAFORM_SCRIPT = """#!/bin/sh
for name in TF_CLI_ARGS TF_CLI_ARGS_version TF_LOG TF_PLUGIN_CACHE_DIR; do
  eval "[ -z \\"\\${{$name:-}}\\" ]" || exit 1
done
[ "$TF_CLI_CONFIG_FILE" = /dev/null ] && [ "$*" = "version -json" ] && echo '{{"terraform_version": "{version}"}}'
"""
NODE_SCRIPT = '#!/bin/sh\n[ -z "${{NODE_OPTIONS:-}}" ] && echo "v{version}"\n'


def program(path: Path, text: str, version: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text.format(version=version))
    path.chmod(0o755)
    return path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory of the PATH. No program is next to Python."""
    (tmp_path / "path").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    monkeypatch.delenv("TERRAFORM_BINARY_NAME", raising=False)
    return tmp_path / "path"


@pytest.mark.parametrize(
    "name, value",
    [
        ("TF_CLI_ARGS", "-input=false"),
        ("TF_CLI_ARGS_version", "-no-color"),
        ("TF_CLI_CONFIG_FILE", "/broken"),
        ("TF_LOG", "trace"),
        ("TF_PLUGIN_CACHE_DIR", "/nowhere"),
    ],
)
def test_terraform_is_found_whatever_the_users_settings_of_it_are(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    program(here / "terraform", TERRAFORM_SCRIPT, "1.11.4")
    assert find_program(TERRAFORM).version == "1.11.4"


def test_node_is_found_with_options_that_stop_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_OPTIONS", "--require /nowhere")
    program(here / "node", NODE_SCRIPT, "22.20.0")
    assert find_program(NODE).version == "22.20.0"


def test_opentofu_is_used_where_terraform_is_missing_or_too_old(here: Path) -> None:
    tofu = program(here / "tofu", TERRAFORM_SCRIPT, "1.10.6")
    found = find_program(TERRAFORM)
    assert (found.path, found.version, found.is_opentofu) == (tofu, "1.10.6", True)
    program(here / "terraform", TERRAFORM_SCRIPT, "1.5.7")
    assert find_program(TERRAFORM) == found


def test_terraform_is_preferred_unless_the_user_names_the_other(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(here / "tofu", TERRAFORM_SCRIPT, "1.10.6")
    program(here / "terraform", TERRAFORM_SCRIPT, "1.11.4")
    assert not find_program(TERRAFORM).is_opentofu
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "tofu")
    assert find_program(TERRAFORM).is_opentofu


def test_the_error_names_both_programs_or_the_first_that_is_too_old(here: Path) -> None:
    with pytest.raises(RefusedError, match=r"^terraform or tofu is missing: version 1\.10 or newer and below 2"):
        find_program(TERRAFORM)
    program(here / "terraform", TERRAFORM_SCRIPT, "1.5.7")
    program(here / "tofu", TERRAFORM_SCRIPT, "1.6.0")
    with pytest.raises(RefusedError, match=r"^terraform 1\.5\.7 \(.*\) is not supported"):
        find_program(TERRAFORM)


def test_a_node_next_to_python_is_used_as_in_the_activated_environment(here: Path) -> None:
    program(here / "node", NODE_SCRIPT, "18.20.8")
    beside = program(here.parent / "venv" / "node", NODE_SCRIPT, "22.20.0")
    assert find_program(NODE).path == beside
