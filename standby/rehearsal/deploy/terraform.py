"""Terraform, run on the synthesized stack with state, data and settings of the rehearsal's own."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from standby.console import Progress
from standby.errors import InterruptedRunError, StandbyError
from standby.rehearsal.deploy.provider_mirror import CLI_CONFIG_VARIABLE, PLUGIN_CACHE_VARIABLE
from standby.rehearsal.deploy.terraform_events import Diagnostic, Outcome, read_events
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.processes.process import marked

PARALLELISM: Final = 20
"""Most of an apply is the provider's own waiting between polls, so more than Terraform's ten at a time costs little."""

_EXISTS: Final = re.compile(r"already[ -]?(exists?|has this name|owned)", re.IGNORECASE)
_MISSING: Final = re.compile(r"does not exist|not[ -]?found", re.IGNORECASE)
INTERRUPT_SECONDS: Final = 120
SHOWN_ERRORS: Final = 8
_DROPPED: Final = ("AWS_", "TF_CLI_ARGS", "TF_DATA_DIR", "TF_WORKSPACE", "TF_LOG", "STANDBY_")


class TerraformFailedError(StandbyError):
    """Terraform ended with an error, or was `killed`. `diagnostics` has what it said."""

    def __init__(self, command: str, *, code: int, diagnostics: tuple[Diagnostic, ...], log: Path) -> None:
        texts = [f"  {diagnostic.text}" for diagnostic in diagnostics[:SHOWN_ERRORS]] or ["  it said nothing"]
        if len(diagnostics) > SHOWN_ERRORS:
            texts.append(f"  and {len(diagnostics) - SHOWN_ERRORS} more")
        said = "\n".join(texts)
        self.killed = code < 0
        how = f"was killed by signal {-code}" if self.killed else "failed"
        super().__init__(f"terraform {command} {how}:\n{said}", hint=f"All of it: {log}")
        self.diagnostics = diagnostics

    @property
    def names_existing_resources(self) -> bool:
        """Whether resources could not be created because they exist already."""
        return any(_EXISTS.search(diagnostic.text) for diagnostic in self.diagnostics)

    @property
    def names_missing_resources(self) -> bool:
        """Whether resources could not be deleted because they are gone already."""
        return any(_MISSING.search(diagnostic.text) for diagnostic in self.diagnostics)


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """Terraform in the directory of one synthesized stack."""

    executable: Path
    stack_directory: Path
    paths: RehearsalPaths
    progress: Progress
    environment: Mapping[str, str] = field(repr=False)

    def init(self) -> None:
        """Install the provider and set up the backend. Raises `TerraformFailedError`."""
        arguments = ("init", "-input=false", "-no-color", "-reconfigure")
        lines: list[str] = []
        if code := self._run(arguments, read=lines.extend):
            said = Diagnostic(summary="".join(lines[-20:]).strip(), detail="", address="")
            raise TerraformFailedError("init", code=code, diagnostics=(said,), log=self.paths.terraform_log)

    def apply(self) -> Outcome:
        """Create or change the resources. Raises `TerraformFailedError`, `InterruptedRunError`."""
        return self._change("apply")

    def destroy(self) -> Outcome:
        """Destroy the resources. Raises `TerraformFailedError`, `InterruptedRunError`."""
        return self._change("destroy")

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run any other command, such as `plan`. Returns its exit code and what it printed."""
        lines: list[str] = []
        code = self._run(arguments, read=lines.extend)
        return code, "".join(lines)

    def _change(self, command: str) -> Outcome:
        outcomes: list[Outcome] = []
        arguments = (
            command,
            "-json",
            "-auto-approve",
            "-input=false",
            f"-parallelism={PARALLELISM}",
            "-lock-timeout=20s",
        )
        code = self._run(arguments, read=lambda lines: outcomes.append(read_events(lines, progress=self.progress)))
        if code:
            errors = outcomes[0].errors
            raise TerraformFailedError(command, code=code, diagnostics=errors, log=self.paths.terraform_log)
        return outcomes[0]

    def _run(self, arguments: tuple[str, ...], *, read: Callable[[Iterable[str]], None]) -> int:
        # In a session of its own: Ctrl-C reaches this program alone, which then interrupts Terraform, once.
        process = subprocess.Popen(
            [self.executable, *arguments],
            cwd=self.stack_directory,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            read(self._logged(process))
            return process.wait()
        except KeyboardInterrupt:
            self._interrupt(process, command=arguments[0])
            raise
        finally:
            _kill_group(process)

    def _logged(self, process: "subprocess.Popen[str]") -> Iterator[str]:
        if process.stdout is None:
            raise TypeError("Terraform is started with a pipe")
        with self.paths.terraform_log.open("a", encoding="utf-8") as log:
            for line in process.stdout:
                log.write(line)
                yield line

    def _interrupt(self, process: "subprocess.Popen[str]", *, command: str) -> None:
        self.progress.note(f"Interrupted: letting terraform {command} end in good order (Ctrl-C again: at once)")
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=INTERRUPT_SECONDS)
        except (KeyboardInterrupt, subprocess.TimeoutExpired) as error:
            raise InterruptedRunError(f"terraform {command} was killed.") from error


def terraform_environment(paths: RehearsalPaths) -> dict[str, str]:
    """Return the environment for Terraform: the user's, without what belongs to real accounts and configurations."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    if paths.cli_config.is_file():
        kept[CLI_CONFIG_VARIABLE] = str(paths.cli_config)
        kept.pop(PLUGIN_CACHE_VARIABLE, None)  # the tree that was found may be that cache
    elif not Path(kept.get(CLI_CONFIG_VARIABLE, "")).is_file():
        kept.pop(CLI_CONFIG_VARIABLE, None)
    ours = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",
        "TF_DATA_DIR": str(paths.terraform_data),
        "TF_IN_AUTOMATION": "1",
    }
    return marked({**kept, **ours}, directory=paths.directory)


def _kill_group(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
