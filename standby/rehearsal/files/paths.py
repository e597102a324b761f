"""Where a rehearsal keeps its files. Everything that it makes lies in one directory and is named here."""

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
    """The absolute paths of one rehearsal: `project` is the CDKTF project's root, `directory` holds what is made."""

    project: Path
    directory: Path

    @property
    def marker(self) -> Path:
        """Tells a rehearsal's directory from anybody else's: nothing is made or removed in one without it."""
        return self.directory / MARKER_NAME

    @property
    def synthesized(self) -> Path:
        """The rehearsal's own synthesis output.

        An override file in the user's would point a real deploy at the emulator.
        """
        return self.directory / "cdktf.out"

    @property
    def state(self) -> Path:
        """Terraform's state. It describes the emulator that is running, and is thrown away with it."""
        return self.directory / "terraform.tfstate"

    @property
    def terraform_data(self) -> Path:
        """Terraform's working data (`TF_DATA_DIR`): the installed provider and the backend's settings."""
        return self.directory / "terraform-data"

    @property
    def cli_config(self) -> Path:
        """Terraform's CLI configuration, written only where a provider tree was found on this machine."""
        return self.directory / "terraform.rc"

    @property
    def terraform_log(self) -> Path:
        """What Terraform printed, one JSON document a line."""
        return self.directory / "terraform.log"

    @property
    def emulator_log(self) -> Path:
        """What the emulator printed."""
        return self.directory / "ministack.log"

    @property
    def emulator_record(self) -> Path:
        """Which process the emulator is, and its port."""
        return self.directory / "emulator.json"

    @property
    def initialized_record(self) -> Path:
        """What `terraform init` was last run for."""
        return self.directory / "initialized.json"

    @property
    def applied_record(self) -> Path:
        """What was last applied, and to which emulator."""
        return self.directory / "applied.json"

    @property
    def applying_record(self) -> Path:
        """Stands while Terraform applies: found later, it means that an apply was interrupted."""
        return self.directory / "applying"

    @property
    def home(self) -> Path:
        """The home directory of the emulator and its functions, so that they read nobody's `~/.aws`."""
        return self.directory / "home"

    @property
    def temporary(self) -> Path:
        """The emulator's directory for temporary files."""
        return self.directory / "tmp"

    @property
    def network(self) -> Path:
        """The folder of the fronts and the edge: configurations, logs, certificates, and which process is which."""
        return self.directory / "network"

    @property
    def network_record(self) -> Path:
        """Which processes the fronts and the edge are, and their ports."""
        return self.network / "network.json"

    @property
    def storage(self) -> Path:
        """Caddy's storage: its certificate authority and the certificates."""
        return self.network / "storage"

    @property
    def authority(self) -> Path:
        """The root certificate of Caddy's own authority. Source: caddyserver.com, "Conventions", data directory."""
        return self.storage / "pki" / "authorities" / "local" / "root.crt"

    @property
    def faults_record(self) -> Path:
        """The faults that are set, and what it takes to heal them."""
        return self.directory / "faults.json"

    @property
    def faults_lock(self) -> Path:
        """The file that is locked while a fault is set or healed."""
        return self.directory / "faults.lock"

    @property
    def lock(self) -> Path:
        """The file that a command locks while it changes the rehearsal."""
        return self.directory / LOCK_NAME

    @property
    def holder(self) -> Path:
        """Who holds the lock."""
        return self.directory / "holder.json"

    @property
    def drill_holder(self) -> Path:
        """Which drill is at work. Found where none is, it means that one was killed."""
        return self.directory / "drill.json"

    def made(self) -> tuple[Path, ...]:
        """Return everything that a rehearsal makes, the marker and the lock last."""
        records = (self.emulator_record, self.initialized_record, self.applied_record, self.applying_record)
        faults = (self.faults_record, self.faults_lock)
        logs = (self.terraform_log, self.emulator_log)
        folders = (self.synthesized, self.terraform_data, self.home, self.temporary, self.network)
        holders = (self.holder, self.drill_holder)
        ends = (self.marker, self.lock)
        return (*self._states(), *records, *faults, *logs, self.cli_config, *folders, *holders, *ends)

    def remove(self) -> None:
        """Remove what a rehearsal makes. A file that somebody else put there stays, and so does the directory then."""
        for path in self.made():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        with suppress(OSError):  # it holds something else
            self.directory.rmdir()

    def forget_applied(self) -> None:
        """Discard Terraform's state and the record of it: the emulator that they describe is gone."""
        for path in (self.applied_record, self.applying_record, *self._states()):
            path.unlink(missing_ok=True)

    def _states(self) -> tuple[Path, ...]:
        ends = ("", ".backup", ".lock.info")
        return (
            *(self.state.with_name(f"{self.state.name}{end}") for end in ends),
            self.directory / f".{self.state.name}.lock.info",
        )


def find_project(start: Path) -> Path:
    """Return the nearest directory, from `start` upwards, that holds the CDKTF project.

    Raises `BadUsageError` where there is none.
    """
    for directory in (start, *start.parents):
        if all((directory / name).is_file() for name in PROJECT_FILES):
            return directory
    raise BadUsageError(
        f"No project here: {start} and its parents hold no {' and '.join(PROJECT_FILES)}.",
        hint="Run the command inside the project's directory, or name it with --project.",
    )
