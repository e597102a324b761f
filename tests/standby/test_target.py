"""A rehearsal that was started and cannot be used: no command goes on to the AWS account instead."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import botocore
import psutil
import pytest
from click.testing import CliRunner

from standby import target
from standby.cli.main import COMMANDS, cli
from standby.deadline import poll
from standby.errors import BadUsageError, RefusedError
from standby.rehearsal.emulator.emulator import Emulator, EmulatorRecord
from standby.rehearsal.files.json_files import write_json, write_record
from standby.rehearsal.files.lock import create_directory
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.network import NetworkRecord
from standby.rehearsal.processes.process import ProcessIdentity, find_processes, mark_environment
from standby.target import SHELL_DIRECTORY_VARIABLE, TargetOptions, open_connection
from tests.standby.manifests import REGIONS, manifest_text

OPERATOR_COMMANDS = [name for name in COMMANDS if name not in {"automatic", "context", "cost", "drill", "rehearse"}]
ENDED = ProcessIdentity(pid=os.getpid(), created=0)
Break = Callable[[RehearsalPaths], object]


def start(files: RehearsalPaths, identity: ProcessIdentity | None = None) -> None:
    """Write the files of a rehearsal that is up. This process is its emulator."""
    create_directory(files)
    emulator = Emulator(identity=identity or ProcessIdentity.of(os.getpid()), port=1)
    write_record(files.emulator_record, EmulatorRecord(emulator=emulator, directory=str(files.directory)))
    proxies = dict.fromkeys(REGIONS.values(), "http://127.0.0.1:1")
    NetworkRecord(emulator=emulator, region_proxies=proxies).write(files)
    write_json(files.applied_record, {"outputs": {"manifest": manifest_text()}})
    files.ca_certificate.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(botocore.__file__).with_name("cacert.pem"), files.ca_certificate)


def move_project(files: RehearsalPaths) -> None:
    old = files.project.with_name("old")
    files.project.rename(old)
    shutil.copytree(old, files.project)
    shutil.rmtree(old)
    record = files.emulator_record
    record.write_text(record.read_text().replace(str(files.project), str(old)))


def copy_project(files: RehearsalPaths) -> None:
    other = files.project.with_name("other")
    shutil.copytree(files.project, other)
    record = files.emulator_record
    record.write_text(record.read_text().replace(str(files.project), str(other)))


def leave_the_marker(files: RehearsalPaths) -> None:
    shutil.rmtree(files.directory)
    create_directory(files)


def remove_the_marker_and_the_network(files: RehearsalPaths) -> None:
    files.marker.unlink()
    files.network_record.unlink()


def link_to_a_disk_that_is_gone(files: RehearsalPaths) -> None:
    shutil.rmtree(files.directory)
    files.directory.symlink_to("/nowhere/rehearsal")


BREAKS: dict[str, tuple[Break, str]] = {
    "the emulator is dead": (lambda files: start(files, ENDED), f"its emulator (process {os.getpid()}) has ended"),
    "the apply was interrupted": (lambda files: files.applied_record.unlink(), "its stack is not applied"),
    "the network was not started": (lambda files: files.network_record.unlink(), "proxies and its edge are not up"),
    "the certificates are gone": (lambda files: files.ca_certificate.unlink(), "proxies and its edge are not up"),
    "only the marker is left": (leave_the_marker, "it is not up"),
    "the marker is gone too": (remove_the_marker_and_the_network, "proxies and its edge are not up"),
    "the record is not JSON": (lambda files: files.emulator_record.write_text("{"), "it is not up"),
    "the project was moved": (move_project, "it was moved here from"),
    "the project was copied": (copy_project, "it was copied here from"),
    "the disk is gone": (link_to_a_disk_that_is_gone, "it is not up"),
}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RehearsalPaths:
    """A rehearsal that is up, in the project of the working directory. A connection to AWS fails the test."""

    def connected(_: TargetOptions) -> None:
        raise AssertionError("a command meant for a rehearsal reached the AWS account")

    monkeypatch.setattr(target, "_connect_to_aws", connected)
    monkeypatch.delenv(SHELL_DIRECTORY_VARIABLE, raising=False)
    project = tmp_path / "project"
    project.mkdir()
    (project / "cdktf.json").write_text("{}")
    monkeypatch.chdir(project)
    files = RehearsalPaths(project=project, directory=project / ".rehearsal")
    start(files)
    return files


@pytest.mark.usefixtures("files")
def test_a_rehearsal_that_is_up_is_used_and_has_its_name_and_regions_from_the_manifest() -> None:
    connection = open_connection(TargetOptions())
    assert (connection.rehearsed, connection.regions) == (True, tuple(REGIONS.values()))


@pytest.mark.parametrize("broken", BREAKS)
@pytest.mark.parametrize("command", OPERATOR_COMMANDS)
def test_a_rehearsal_that_cannot_be_used_is_refused_with_the_reason_and_the_next_commands(
    files: RehearsalPaths, monkeypatch: pytest.MonkeyPatch, command: str, broken: str
) -> None:
    act, reason = BREAKS[broken]
    act(files)
    monkeypatch.chdir(files.project)
    result = CliRunner().invoke(cli, [command])
    assert result.exit_code == 3, result.stderr
    said = " ".join(result.stderr.split())
    assert "The rehearsal in .rehearsal cannot be used: " in said
    assert reason in said
    for named in ("`standby rehearse up`", "`standby rehearse down`", "`standby --aws COMMAND`"):
        assert named in result.stderr


def test_a_rehearsal_whose_package_is_missing_is_refused(
    files: RehearsalPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("standby.rehearsal.connection", "standby.rehearsal.processes.process"):
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "psutil", None)
    with pytest.raises(RefusedError) as raised:
        open_connection(TargetOptions())
    assert f"{files.shown} cannot be used: the Python package psutil is missing" in raised.value.message
    assert "pip install 'warm-standby[rehearsal]'\n  `standby --aws COMMAND`" in raised.value.hint


@pytest.fixture
def process(files: RehearsalPaths) -> Iterator[psutil.Process]:
    """A process of the rehearsal."""
    environment = mark_environment(os.environ, directory=files.directory)
    with subprocess.Popen(["sleep", "60"], env=environment) as process:
        # The kernel shows the environment of a new program a moment after its start.
        assert poll(lambda: find_processes(files.directory), seconds=10, pause=0.02)
        yield psutil.Process(process.pid)
        process.kill()


@pytest.mark.usefixtures("process")
def test_a_rehearsal_whose_directory_was_moved_away_is_refused_while_a_process_of_it_runs(
    files: RehearsalPaths,
) -> None:
    files.directory.rename(files.project / "elsewhere")
    with pytest.raises(RefusedError, match="its files are gone, and 1 of its processes still run"):
        open_connection(TargetOptions())


def test_down_removes_the_link_to_a_disk_that_is_gone(files: RehearsalPaths) -> None:
    link_to_a_disk_that_is_gone(files)
    (files.project / "main.py").touch()
    assert CliRunner().invoke(cli, ["rehearse", "down"]).exit_code == 0
    with pytest.raises(AssertionError, match="reached the AWS account"):
        open_connection(TargetOptions())


def test_a_rehearsal_that_was_removed_by_down_leaves_the_account(files: RehearsalPaths) -> None:
    files.remove()
    with pytest.raises(AssertionError, match="reached the AWS account"):
        open_connection(TargetOptions())


@pytest.mark.parametrize("options", [TargetOptions(aws=True), TargetOptions(profile="ops")])
def test_the_account_is_used_where_it_is_named(files: RehearsalPaths, options: TargetOptions) -> None:
    start(files, ENDED)
    with pytest.raises(AssertionError, match="reached the AWS account"):
        open_connection(options)


def test_a_shell_that_was_set_up_for_a_rehearsal_does_not_reach_the_account_from_anywhere(
    files: RehearsalPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SHELL_DIRECTORY_VARIABLE, str(files.directory))
    monkeypatch.chdir(tmp_path)
    assert open_connection(TargetOptions()).rehearsed
    files.remove()
    with pytest.raises(RefusedError) as raised:
        open_connection(TargetOptions())
    assert f"`standby rehearse --directory {shlex.quote(str(files.directory))} up`" in raised.value.hint
    assert f"`unset {SHELL_DIRECTORY_VARIABLE}`" in raised.value.hint


def test_settings_of_another_deployment_than_the_rehearsal_s_are_refused_with_both_commands(
    files: RehearsalPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings named an environment, and `failover` offered to move the users of another one."""
    (files.project / "dev.toml").write_text('name = "chatbot-dev"\n')
    monkeypatch.setenv("STANDBY_SETTINGS", "dev.toml")
    with pytest.raises(BadUsageError, match=r"STANDBY_SETTINGS names dev.toml, which describes chatbot-dev") as raised:
        open_connection(TargetOptions())
    assert f"`standby --directory {files.directory.name} COMMAND`" in raised.value.hint
    assert "`standby --aws COMMAND`" in raised.value.hint
    assert open_connection(TargetOptions(directory=files.directory)).rehearsed


def test_settings_of_the_rehearsal_s_own_deployment_are_no_contradiction(
    files: RehearsalPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = open_connection(TargetOptions()).name
    (files.project / "own.toml").write_text(f'name = "{name}"\n')
    monkeypatch.setenv("STANDBY_SETTINGS", "own.toml")
    assert open_connection(TargetOptions()).name == name


@pytest.mark.usefixtures("files")
def test_settings_that_do_not_exist_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANDBY_SETTINGS", "dvev.toml")
    with pytest.raises(BadUsageError, match=r"dvev.toml: .*No such file"):
        open_connection(TargetOptions())


@pytest.mark.usefixtures("files")
def test_a_region_is_refused_where_the_rehearsal_is_used() -> None:
    with pytest.raises(BadUsageError, match="--region names a region in an AWS account") as raised:
        open_connection(TargetOptions(regions=("us-west-2",)))
    assert "--aws" in raised.value.hint


@pytest.mark.parametrize(
    "options, allowed",
    [
        (TargetOptions(aws=True), ("111122223333",)),
        (TargetOptions(aws=True, name="prod"), ("111122223333",)),
        (TargetOptions(aws=True, name="dev"), ()),
        (TargetOptions(aws=True, name="prod", regions=("us-west-2",)), ()),
    ],
)
def test_the_accounts_of_the_settings_are_those_of_the_deployment_that_they_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: TargetOptions, allowed: tuple[str, ...]
) -> None:
    file = tmp_path / "prod.toml"
    file.write_bytes(b'\xef\xbb\xbfname = "prod"\nallowed_account_ids = ["111122223333"]\n')  # with a byte order mark
    monkeypatch.setenv("STANDBY_SETTINGS", str(file))
    assert open_connection(options).allowed_accounts == allowed


@pytest.mark.parametrize("value", ["111122223333", '"111122223333"', "[111122223333]"])
def test_accounts_that_cannot_be_compared_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    (tmp_path / "standby.toml").write_text(f'name = "prod"\nallowed_account_ids = {value}\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STANDBY_SETTINGS", raising=False)
    with pytest.raises(BadUsageError, match="not a list of texts"):
        open_connection(TargetOptions(aws=True))


@pytest.mark.parametrize(
    "arguments",
    [
        ("rehearse", "fault", "slow", "primary", "--milliseconds", "5"),
        ("rehearse", "heal"),
        ("rehearse", "down"),
        ("rehearse", "exec", "--", "true"),
        ("rehearse", "logs", "query"),
        ("drill", "--scenario", "region-lost"),
    ],
)
def test_no_command_acts_on_a_rehearsal_of_another_deployment_than_that_of_the_named_settings(
    files: RehearsalPaths, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    (files.project / "main.py").touch()
    (files.project / "dev.toml").write_text('name = "chatbot-dev"\n')
    monkeypatch.setenv("STANDBY_SETTINGS", "dev.toml")
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2, result.output
    said = " ".join(result.stderr.split())
    assert "dev.toml, which describes chatbot-dev" in said
    own = f"standby rehearse --directory {files.directory.name} {arguments[1]}"
    assert (own in said) == (arguments[0] == "rehearse")
