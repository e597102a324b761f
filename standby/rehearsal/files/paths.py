"""The files of a rehearsal: they are all in one directory, and each is named here."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.errors import BadUsageError

DIRECTORY_NAME: Final = ".rehearsal"
PROJECT_FILES: Final = ("main.py", "cdktf.json")
LOCK_NAME: Final = "lock"
MARKER_NAME: Final = ".standby-rehearsal"


@dataclass(frozen=True, kw_only=True)
class RehearsalPaths:
    """The absolute paths of one rehearsal: `project` is the root of the CDKTF project, `directory` has all files."""

    project: Path
    directory: Path

    @property
    def marker(self) -> Path:
        """The file that marks the directory as a rehearsal's. Without it, no other file is created or removed."""
        return self.directory / MARKER_NAME

    @property
    def synthesized(self) -> Path:
        """The rehearsal's own synthesis output.

        An override file in the project's own output would point a real deployment at the emulator.
        """
        return self.directory / "cdktf.out"

    @property
    def state(self) -> Path:
        """Terraform's state. It describes the running emulator and is discarded with it."""
        return self.directory / "terraform.tfstate"

    @property
    def terraform_data(self) -> Path:
        """Terraform's working data (`TF_DATA_DIR`): the installed provider and the settings of the backend."""
        return self.directory / "terraform-data"

    @property
    def cli_config(self) -> Path:
        """Terraform's CLI configuration. It exists only if the provider was found on this machine."""
        return self.directory / "terraform.rc"

    @property
    def terraform_log(self) -> Path:
        """The output of Terraform, one JSON document a line."""
        return self.directory / "terraform.log"

    @property
    def emulator_log(self) -> Path:
        """The output of the emulator."""
        return self.directory / "ministack.log"

    @property
    def emulator_record(self) -> Path:
        """The emulator's process and port."""
        return self.directory / "emulator.json"

    @property
    def init_record(self) -> Path:
        """The inputs of the last `terraform init`."""
        return self.directory / "initialized.json"

    @property
    def applied_record(self) -> Path:
        """The last complete apply and its emulator."""
        return self.directory / "applied.json"

    @property
    def apply_marker(self) -> Path:
        """Exists while Terraform applies. Found later, it means that an apply was interrupted."""
        return self.directory / "applying"

    @property
    def home(self) -> Path:
        """The home directory of the emulator and its functions, so that they do not read the user's `~/.aws`."""
        return self.directory / "home"

    @property
    def temporary(self) -> Path:
        """The emulator's directory for temporary files."""
        return self.directory / "tmp"

    @property
    def network(self) -> Path:
        """The directory of the region proxies and the edge: configurations, logs, certificates and their record."""
        return self.directory / "network"

    @property
    def network_record(self) -> Path:
        """The processes and the ports of the region proxies and the edge."""
        return self.network / "network.json"

    @property
    def caddy_storage(self) -> Path:
        """Caddy's storage: its certificate authority and the certificates."""
        return self.network / "storage"

    @property
    def ca_certificate(self) -> Path:
        """The root certificate of Caddy's own authority. Source: caddyserver.com, "Conventions", data directory."""
        return self.caddy_storage / "pki" / "authorities" / "local" / "root.crt"

    @property
    def faults_record(self) -> Path:
        """The faults that are set, and the data that is needed to heal them."""
        return self.directory / "faults.json"

    @property
    def network_lock(self) -> Path:
        """The file that is locked while region proxies, the edge or faults are changed."""
        return self.directory / "faults.lock"

    @property
    def lock(self) -> Path:
        """The file that a command locks while it changes the rehearsal."""
        return self.directory / LOCK_NAME

    @property
    def lock_holder(self) -> Path:
        """The process that has the lock."""
        return self.directory / "holder.json"

    @property
    def drill_lock_holder(self) -> Path:
        """The drill that is running. If no drill is running, the last one was killed."""
        return self.directory / "drill.json"

    def all(self) -> tuple[Path, ...]:
        """Return all files and directories of a rehearsal, the marker and the lock last."""
        records = (self.emulator_record, self.init_record, self.applied_record, self.apply_marker)
        faults = (self.faults_record, self.network_lock)
        logs = (self.terraform_log, self.emulator_log)
        directories = (self.synthesized, self.terraform_data, self.home, self.temporary, self.network)
        holders = (self.lock_holder, self.drill_lock_holder)
        last = (self.marker, self.lock)
        return (*self._states(), *records, *faults, *logs, self.cli_config, *directories, *holders, *last)

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


def find_project(start: Path) -> Path:
    """Return the nearest directory with the CDKTF project, from `start` upwards. Raises `BadUsageError`."""
    for directory in (start, *start.parents):
        if all((directory / name).is_file() for name in PROJECT_FILES):
            return directory
    raise BadUsageError(
        f"No project found: neither {start} nor a directory above it contains {' and '.join(PROJECT_FILES)}.",
        hint="Run the command in the project's directory, or name it with --project.",
    )
