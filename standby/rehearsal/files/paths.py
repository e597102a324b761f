"""The files of a rehearsal: they are all in one directory, and each is named here."""

import shlex
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.errors import BadUsageError
from standby.named_commands import path_from

DIRECTORY_NAME: Final = ".rehearsal"
PROJECT_FILES: Final = ("main.py", "cdktf.json")


class _File:
    """An attribute of `RehearsalPaths`: the path of a file or a directory, by its name in the rehearsal's directory."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, paths: "RehearsalPaths", _: object) -> Path:
        return paths.directory / self._name


@dataclass(frozen=True, kw_only=True)
class RehearsalPaths:
    """The absolute paths of one rehearsal: `project` is the root of the CDKTF project, `directory` has all files."""

    project: Path
    directory: Path

    @property
    def shown(self) -> Path:
        """The directory as the user's shell names it."""
        return path_from(Path.cwd(), self.directory)

    marker = _File(".standby-rehearsal")
    """The file that marks the directory as a rehearsal's. Without it, no other file is created or removed."""

    synthesized = _File("cdktf.out")
    """The rehearsal's own synthesis output.

    An override file in the project's own output would point a real deployment at the emulator.
    """

    state = _File("terraform.tfstate")
    """Terraform's state. It describes the running emulator and is discarded with it."""

    terraform_data = _File("terraform-data")
    """Terraform's working data (`TF_DATA_DIR`): the installed provider and the settings of the backend."""

    cli_config = _File("terraform.rc")
    """Terraform's CLI configuration. It exists only if the provider was found on this machine."""

    settings = _File("standby.toml")
    """A copy of the settings with another section `[access]`. It exists only if the rehearsal replaces that section."""

    access_record = _File("access.json")
    """The access mode that the user chose for the rehearsal."""

    synthesis_log = _File("synthesis.log")
    """The output of `main.py`, if it failed."""

    terraform_log = _File("terraform.log")
    """The output of Terraform, one JSON document a line."""

    emulator_log = _File("ministack.log")
    """The output of the emulator."""

    emulator_record = _File("emulator.json")
    """The emulator's process and port."""

    init_record = _File("initialized.json")
    """The inputs of the last `terraform init`."""

    applied_record = _File("applied.json")
    """The last complete apply and its emulator."""

    apply_marker = _File("applying")
    """Exists while Terraform applies. Found later, it means that an apply was interrupted."""

    home = _File("home")
    """The home directory of the emulator and its functions, so that they do not read the user's `~/.aws`."""

    temporary = _File("tmp")
    """The emulator's directory for temporary files."""

    network = _File("network")
    """The directory of the region proxies and the edge: configurations, logs, certificates and their record."""

    network_record = _File("network/network.json")
    """The processes and the ports of the region proxies and the edge."""

    caddy_storage = _File("network/storage")
    """Caddy's storage: its certificate authority and the certificates."""

    ca_certificate = _File("network/storage/pki/authorities/local/root.crt")
    """The root certificate of Caddy's own authority. Source: caddyserver.com, "Conventions", data directory."""

    faults_record = _File("faults.json")
    """The faults that are set, and the data that is needed to heal them."""

    partition_record = _File("network/partition.json")
    """The hosts that functions of another region do not reach, each with its region."""

    network_lock = _File("faults.lock")
    """The file that is locked while region proxies, the edge or faults are changed."""

    lock = _File("lock")
    """The file that a command locks while it changes the rehearsal."""

    lock_holder = _File("holder.json")
    """The process that has the lock."""

    drill_lock_holder = _File("drill.json")
    """The drill that is running. If no drill is running, the last one was killed."""

    def all(self) -> tuple[Path, ...]:
        """Return all files and directories of a rehearsal, the marker and the lock last."""
        records = (self.emulator_record, self.init_record, self.applied_record, self.apply_marker)
        access = (self.settings, self.access_record)
        faults = (self.faults_record, self.network_lock)
        logs = (self.synthesis_log, self.terraform_log, self.emulator_log)
        directories = (self.synthesized, self.terraform_data, self.home, self.temporary, self.network)
        holders = (self.lock_holder, self.drill_lock_holder)
        last = (self.marker, self.lock)
        return (*self._states(), *records, *access, *faults, *logs, self.cli_config, *directories, *holders, *last)

    def show_a_start(self) -> bool:
        """Return whether a rehearsal was started here and not removed, even if it cannot be used any more."""
        if any(path.exists() for path in (self.marker, self.emulator_record, self.applied_record)):
            return True
        return is_broken_link(self.directory)

    def remove(self) -> None:
        """Remove the files of the rehearsal, and the directory if nothing else is in it."""
        for path in self.all():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        with suppress(OSError):  # other files are in it
            self.directory.rmdir()

    def discard_state(self) -> None:
        """Remove Terraform's state and the record of the last apply, because their emulator has ended."""
        for path in (self.applied_record, self.apply_marker, *self._states()):
            path.unlink(missing_ok=True)

    def _states(self) -> tuple[Path, ...]:
        suffixes = ("", ".backup", ".lock.info")
        return (
            *(self.state.with_name(f"{self.state.name}{suffix}") for suffix in suffixes),
            self.directory / f".{self.state.name}.lock.info",
        )


def rehearsal_options(paths: RehearsalPaths, here: Path) -> tuple[str, ...]:
    """Return the options with which `standby rehearse` finds this rehearsal from the directory `here`, quoted."""
    options: tuple[str, ...] = ()
    with suppress(BadUsageError):
        options = ("--project", shlex.quote(str(paths.project)))
        if find_project(here).resolve() == paths.project:
            options = ()
    is_default = paths.directory == (paths.project / DIRECTORY_NAME).resolve()
    return options if is_default else (*options, *directory_option(paths, here))


def directory_option(paths: RehearsalPaths, here: Path) -> tuple[str, str]:
    """Return the option that names the directory of this rehearsal for a shell in the directory `here`, quoted."""
    return "--directory", shlex.quote(str(path_from(here, paths.directory)))


def is_broken_link(directory: Path) -> bool:
    """Return whether the directory is a link to a disk that is not there any more."""
    return directory.is_symlink() and not directory.exists()


def find_project(start: Path) -> Path:
    """Return the nearest directory with the CDKTF project, from `start` upwards. Raises `BadUsageError`."""
    for directory in (start, *start.parents):
        if all((directory / name).is_file() for name in PROJECT_FILES):
            return directory
    raise BadUsageError(
        f"No project found: neither {start} nor a directory above it contains {' and '.join(PROJECT_FILES)}.",
        hint="Run the command in the project's directory, or name it with --project.",
    )
