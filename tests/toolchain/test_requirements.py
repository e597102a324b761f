"""What `make` needs: found in the user's environment, installed if it is missing, or asked for in one line."""

import os
import sys
from pathlib import Path

import pytest

from tests.toolchain.helpers import Machine, add_program, said

NO_VENV = '#!/bin/sh\ncase "$*" in *ensurepip*) exit 1;; esac\n'
INSTALLS_NODE = "Installing Node.js into "
INSTALLS_CHROMIUM = "Installing a headless Chromium ("
WHEEL = "--require-hashes --no-deps -r toolchain/requirements.txt"


def test_a_missing_terraform_is_one_line_with_the_way_to_install_it(machine: Machine) -> None:
    run = machine.make("need-terraform")
    (line,) = said(run)
    assert run.returncode != 0
    assert line.startswith("Terraform 1.10 or newer (below 2), or OpenTofu, is needed and was not found: see ")


@pytest.mark.parametrize("python", [None, NO_VENV], ids=["no Python", "a Python without venv"])
def test_a_python_with_venv_is_asked_for_in_one_line(machine: Machine, python: str | None) -> None:
    (machine.programs / "python3").unlink()
    if python:
        add_program(machine.programs, "python3", python)
    (line,) = said(machine.make("need-python"))
    assert line.startswith(
        "Python 3.11 to 3.13 with its venv is needed and was not found: apt install python3 python3-venv"
    )


def test_a_python_is_found_whatever_the_users_variables_make_of_it(machine: Machine) -> None:
    add_program(machine.programs, "python3", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    variables = {"PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere", "PYTHONWARNINGS": "error"}
    assert machine.make("need-python", **variables).returncode == 0


@pytest.mark.parametrize("version", ["1.10.0", "1.11.4", "1.15.0-beta1"])
def test_a_terraform_from_version_1_10_is_enough(machine: Machine, version: str) -> None:
    machine.add_terraform(version)
    assert machine.make("need-terraform").returncode == 0


@pytest.mark.parametrize("version", ["1.9.8", "0.15.5", "2.0.0"])
def test_another_terraform_is_found_out_before_anything_is_installed(machine: Machine, version: str) -> None:
    machine.add_terraform(version)
    (machine.venv / ".ready").unlink()
    assert machine.make("rehearse").returncode != 0
    assert machine.calls() == []


@pytest.mark.parametrize("name", ["TF_CLI_ARGS", "TF_CLI_ARGS_version"])
def test_terraform_is_found_with_arguments_for_other_commands_in_the_environment(machine: Machine, name: str) -> None:
    machine.add_terraform("1.11.4")
    assert machine.make("need-terraform", **{name: "-input=false"}).returncode == 0


def test_opentofu_is_enough_without_terraform_or_with_an_old_one(machine: Machine) -> None:
    machine.add_terraform("1.10.6", name="OpenTofu", program="tofu")
    assert machine.make("need-terraform").returncode == 0
    machine.add_terraform("1.5.7")
    assert machine.make("need-terraform").returncode == 0


def test_only_the_terraform_that_the_user_names_counts(machine: Machine) -> None:
    machine.add_terraform("1.11.4")
    assert machine.make("need-terraform", TERRAFORM_BINARY_NAME="tofu").returncode != 0
    machine.add_terraform("1.10.6", name="OpenTofu", program="tofu")
    assert machine.make("need-terraform", TERRAFORM_BINARY_NAME="tofu").returncode == 0


@pytest.mark.parametrize("version", ["20.0.0", "20.20.2", "22.20.0"])
def test_a_node_that_cdktf_supports_is_used(machine: Machine, version: str) -> None:
    machine.add_node(version)
    run = machine.make("need-node")
    assert (run.returncode, run.stderr, machine.calls()) == (0, "", [])


@pytest.mark.parametrize("version", [None, "18.20.8", "24.19.0"])
def test_node_is_installed_where_there_is_none_or_one_that_cdktf_does_not_support(
    machine: Machine, version: str | None
) -> None:
    if version:
        machine.add_node(version)
    run = machine.make("need-node")
    (line,) = said(run)
    assert run.returncode == 0
    assert line.startswith(INSTALLS_NODE)
    pip, link = machine.calls()
    assert pip.startswith("pip install ")
    assert pip.endswith(WHEEL)
    assert link == "python -m toolchain.node"


def test_node_is_installed_where_the_machines_own_has_no_npm(machine: Machine) -> None:
    machine.add_node("20.20.2", npm=False)
    assert [line.startswith(INSTALLS_NODE) for line in said(machine.make("need-node"))] == [True]


def test_node_is_installed_once(machine: Machine) -> None:
    machine.make("need-node")
    installed = machine.calls()
    assert (machine.make("need-node").returncode, machine.calls()) == (0, installed)


def test_a_new_pin_of_node_is_installed_in_place_of_the_old_one(machine: Machine) -> None:
    machine.add_node("22.20.0")
    (machine.venv / ".node").touch()
    os.utime(machine.venv / ".node", (0, 0))
    assert machine.make("need-node").returncode == 0
    assert machine.calls()[0].endswith(WHEEL)


def test_a_node_that_cannot_be_installed_is_asked_for(machine: Machine) -> None:
    add_program(machine.venv / "bin", "pip", "#!/bin/sh\nexit 1\n")
    run = machine.make("need-node")
    assert run.returncode != 0
    assert list(said(run))[1:] == ["Node.js 20 to 22 with npm is needed: see nodejs.org/en/download."]


def test_node_is_found_with_options_that_stop_it(machine: Machine) -> None:
    machine.add_node("22.20.0")
    run = machine.make("need-node", NODE_OPTIONS="--require /nowhere")
    assert (run.returncode, machine.calls()) == (0, [])


@pytest.mark.parametrize("name", ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"])
def test_a_browser_of_the_machine_is_used(machine: Machine, name: str) -> None:
    machine.add_node("22.20.0")
    machine.add(name)
    run = machine.make("need-chromium")
    assert (run.returncode, run.stderr, machine.calls()) == (0, "", [])


def test_chromium_is_installed_where_there_is_no_browser(machine: Machine) -> None:
    machine.add_node("22.20.0")
    run = machine.make("need-chromium")
    (line,) = said(run)
    assert run.returncode == 0
    assert line.startswith(INSTALLS_CHROMIUM)
    npm, unpack = machine.calls()
    assert npm.startswith(f"npm ci --prefix {machine.venv / 'chromium'} --ignore-scripts ")
    assert unpack == f"python -m toolchain.chromium {machine.venv / 'chromium'}"
    assert (machine.venv / "chromium" / "package-lock.json").is_file()


def test_ci_takes_the_faster_headless_shell_also_beside_another_browser(machine: Machine) -> None:
    machine.add_node("22.20.0")
    machine.add("chromium")
    run = machine.make("need-chromium", CI="true")
    assert run.returncode == 0
    assert [line.startswith(INSTALLS_CHROMIUM) for line in said(run)] == [True]


def test_on_a_platform_without_this_chromium_a_browser_is_asked_for_in_one_line(machine: Machine) -> None:
    machine.add_node("22.20.0")
    add_program(machine.programs, "uname", "#!/bin/sh\necho Darwin arm64\n")
    run = machine.make("need-chromium")
    (line,) = said(run)
    assert run.returncode != 0
    assert line.startswith("Chromium is needed to test the page and was not found: ")
    assert machine.calls() == []


def test_a_drill_goes_on_without_a_browser(machine: Machine) -> None:
    machine.add_terraform("1.11.4")
    machine.add_node("22.20.0")
    add_program(machine.programs, "uname", "#!/bin/sh\necho Darwin arm64\n")
    assert machine.make("drill").returncode == 0
    assert machine.calls() == ["standby rehearse up", "standby drill --all --html drill.html"]


def test_what_is_missing_is_known_before_the_first_test_runs(machine: Machine) -> None:
    assert machine.make("test").returncode != 0
    assert machine.calls() == []
    machine.add_terraform("1.11.4")
    machine.add_node("20.20.2")
    assert machine.make("test").returncode == 0
    called = [call.split()[0] for call in machine.calls()]
    assert called == ["npm", "python", "pytest", "pytest", "pytest", "standby", "standby"]


@pytest.mark.parametrize(
    "name", ["PIP_USER", "PIP_TARGET", "PIPENV_PIPFILE", "PYTHONOPTIMIZE", "PYTHONPATH", "PYTHONSAFEPATH"]
)
def test_a_setting_of_the_users_other_work_changes_no_program_of_make(
    machine: Machine, name: str, tmp_path: Path
) -> None:
    machine.add_node("20.20.2")
    add_program(machine.venv / "bin", "pytest", f"#!/bin/sh\nenv > {tmp_path / 'environment'}\n")
    assert machine.make("test-fast", **{name: "1"}).returncode == 0
    names = {line.partition("=")[0] for line in (tmp_path / "environment").read_text().splitlines()}
    assert "PATH" in names
    assert name not in names
