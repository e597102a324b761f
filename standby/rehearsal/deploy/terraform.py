"""Run Terraform on the synthesized stack, with its own state, data and settings, and read its output.

Source of the output's form: developer.hashicorp.com, Terraform, "Machine-Readable UI".
"""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, Field

from standby.console import Progress
from standby.errors import InterruptedRunError, StandbyError
from standby.json_model import JsonModel
from standby.machine import find_machine_error, naming
from standby.rehearsal.deploy.provider_mirror import CLI_CONFIG_VARIABLE, PLUGIN_CACHE_VARIABLE
from standby.rehearsal.deploy.watch import EmulatorEndedError, EmulatorWatch
from standby.rehearsal.emulator.emulator import Emulator
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.processes.process import mark_environment

PARALLELISM: Final = 40
"""Four times Terraform's default: most of an apply the provider waits between polls, so this costs little CPU."""

INTERRUPT_SECONDS: Final = 120
CONTINUE_HINT: Final = "`standby rehearse up` starts again; `standby rehearse down` removes everything."
SHOWN_ERRORS: Final = 8
_EXISTS: Final = re.compile(r"already[ -]?(exists?|has this name|owned)", re.IGNORECASE)
_MISSING: Final = re.compile(r"does not exist|not[ -]?found", re.IGNORECASE)
OTHER_DEPLOYMENT: Final = "This state belongs to a deployment "  # the stack's own words for changed permanent settings
_REMOVED_VARIABLES: Final = (
    "AWS_",
    "TF_CLI_ARGS",
    "TF_DATA_DIR",
    "TF_ENCRYPTION",
    "TF_LOG",
    "TF_WORKSPACE",
    "STANDBY_",
)
_COMPLETED: Final = frozenset({"apply_complete", "apply_errored"})


class _Snippet(BaseModel, frozen=True):
    context: str | None = None


class Diagnostic(BaseModel, frozen=True):
    """An error or a warning of Terraform. An error in an expression has no address; its snippet names the block."""

    severity: str = "error"
    summary: str = ""
    detail: str = ""
    address: str | None = None
    snippet: _Snippet | None = None

    @property
    def text(self) -> str:
        """The complete error on one or more lines."""
        where = self.address or (self.snippet and self.snippet.context)
        detail = f"\n    {self.detail.strip()}" if self.detail.strip() else ""
        return f"{where}: {self.summary}{detail}" if where else f"{self.summary}{detail}"


class _Event(BaseModel):
    """A line of the output of an apply or destroy, as far as it is read."""

    type: str = ""
    hook: Mapping[str, Any] = {}
    changes: Mapping[str, Any] = {}
    outputs: Mapping[str, Mapping[str, Any]] = {}
    diagnostic: Diagnostic | None = None


class Changes(JsonModel):
    """The changes that Terraform applied."""

    added: int = Field(default=0, description="the number of resources that Terraform created")
    changed: int = Field(default=0, description="the number of resources that it changed")
    removed: int = Field(default=0, description="the number of resources that it destroyed")


@dataclass(frozen=True, kw_only=True)
class TerraformResult:
    """The result of an apply or destroy."""

    changes: Changes
    outputs: Mapping[str, str]
    errors: tuple[Diagnostic, ...] = ()


class TerraformFailedError(StandbyError):
    """Terraform failed or was `killed`. `command` is its name and the command, `diagnostics` are its errors."""

    def __init__(self, command: str, *, code: int, diagnostics: tuple[Diagnostic, ...], log: Path) -> None:
        lines = [f"  {diagnostic.text}" for diagnostic in diagnostics[:SHOWN_ERRORS]] or ["  without an error message"]
        if len(diagnostics) > SHOWN_ERRORS:
            lines.append(f"  and {len(diagnostics) - SHOWN_ERRORS} more errors")
        self.killed = code < 0
        how = f"was killed by signal {-code}" if self.killed else "failed"
        message, hint = "\n".join((f"{command} {how}:", *lines)), f"The complete output is in {log}."
        everything = "\n".join(diagnostic.text for diagnostic in diagnostics)
        if OTHER_DEPLOYMENT in everything:
            hint = f"Or start again with these settings: `standby rehearse down`, `standby rehearse up`.\n  {hint}"
        if failure := find_machine_error(everything, program=command):
            message, hint = failure.message, f"{failure.hint}\n  {hint}"
        super().__init__(message, hint=hint)
        self.diagnostics = diagnostics

    @property
    def resources_exist(self) -> bool:
        """Whether resources could not be created because they exist already."""
        return any(_EXISTS.search(diagnostic.text) for diagnostic in self.diagnostics)

    @property
    def resources_are_missing(self) -> bool:
        """Whether resources could not be deleted because they do not exist."""
        return any(_MISSING.search(diagnostic.text) for diagnostic in self.diagnostics)


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """Terraform in the directory of one synthesized stack, for one emulator."""

    executable: Path
    emulator: Emulator
    stack_directory: Path
    paths: RehearsalPaths
    progress: Progress

    def init(self) -> None:
        """Install the provider and set up the backend. Raises `TerraformFailedError`, `EmulatorEndedError`."""
        arguments = ("init", "-input=false", "-no-color", "-reconfigure")
        lines: list[str] = []
        if code := self._run(arguments, read=lines.extend):
            output = Diagnostic(summary="".join(lines[-20:]).strip())
            raise TerraformFailedError(
                self.name("init"), code=code, diagnostics=(output,), log=self.paths.terraform_log
            )

    def apply(self) -> TerraformResult:
        """Create or change the resources. Raises as `init`, and `InterruptedRunError`."""
        return self._change("apply")

    def destroy(self) -> TerraformResult:
        """Destroy the resources. Raises as `init`, and `InterruptedRunError`."""
        return self._change("destroy")

    def _change(self, command: str) -> TerraformResult:
        results: list[TerraformResult] = []
        arguments = (
            command,
            "-json",
            "-auto-approve",
            "-input=false",
            f"-parallelism={PARALLELISM}",
            "-lock-timeout=20s",
        )
        code = self._run(arguments, read=lambda lines: results.append(read_result(lines, progress=self.progress)))
        if code:
            errors = results[0].errors
            raise TerraformFailedError(self.name(command), code=code, diagnostics=errors, log=self.paths.terraform_log)
        return results[0]

    def name(self, command: str) -> str:
        """Return the command as a user types it, such as `terraform apply`."""
        return f"{self.executable.name} {command}"

    def _run(self, arguments: tuple[str, ...], *, read: Callable[[Iterable[str]], None]) -> int:
        # In a session of its own, so that only this program receives Ctrl-C; it then interrupts Terraform once.
        process = subprocess.Popen(
            [self.executable, *arguments],
            cwd=self.stack_directory,
            env=terraform_environment(self.paths),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        watch = EmulatorWatch(self.emulator)
        try:
            with watch.watch(lambda: _send_kill(process)):
                read(self._log_output(process))
                code = process.wait()
        except KeyboardInterrupt:
            self._interrupt(process, command=self.name(arguments[0]))
            raise
        finally:
            _kill_group(process)
        if code and (watch.ended or watch.hung):
            raise EmulatorEndedError(self.emulator, during=self.name(arguments[0]), paths=self.paths, hung=watch.hung)
        return code

    def _log_output(self, process: "subprocess.Popen[str]") -> Iterator[str]:
        if process.stdout is None:
            raise TypeError("Terraform is started with a pipe")
        with naming(self.paths.terraform_log), self.paths.terraform_log.open("a", encoding="utf-8") as log:
            for line in process.stdout:
                log.write(line)
                yield line

    def _interrupt(self, process: "subprocess.Popen[str]", *, command: str) -> None:
        self.progress.note(f"Interrupted: waiting for {command} to stop (Ctrl-C again kills it)")
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=INTERRUPT_SECONDS)
        except (KeyboardInterrupt, subprocess.TimeoutExpired) as error:
            raise InterruptedRunError(f"{command} was killed.", hint=CONTINUE_HINT) from error


def terraform_variables(paths: RehearsalPaths) -> dict[str, str]:
    """Return the variables with which Terraform works in the rehearsal's stack, beside the user's own."""
    found = {CLI_CONFIG_VARIABLE: str(paths.cli_config)} if paths.cli_config.is_file() else {}
    return {**found, "TF_DATA_DIR": str(paths.terraform_data)}


def terraform_environment(paths: RehearsalPaths) -> dict[str, str]:
    """Return the user's environment without the variables that are for real accounts and other configurations."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_REMOVED_VARIABLES)}
    if paths.cli_config.is_file():
        environment[CLI_CONFIG_VARIABLE] = str(paths.cli_config)
        environment.pop(PLUGIN_CACHE_VARIABLE, None)  # the provider may have been found in that cache
    elif not Path(environment.get(CLI_CONFIG_VARIABLE, "")).is_file():
        environment.pop(CLI_CONFIG_VARIABLE, None)
    added = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",
        "TF_DATA_DIR": str(paths.terraform_data),
        "TF_IN_AUTOMATION": "1",
    }
    return mark_environment({**environment, **added}, directory=paths.directory)


def read_result(lines: Iterable[str], *, progress: Progress) -> TerraformResult:
    """Read the output of an apply or destroy to its end, and report the number of completed resources as they come."""
    done = total = 0
    changes = Changes()
    outputs: Mapping[str, str] = {}
    errors: list[Diagnostic] = []
    for event in _events(lines):
        if event.type == "change_summary":
            added, changed, removed = (event.changes.get(name, 0) for name in ("add", "change", "remove"))
            changes = Changes(added=added, changed=changed, removed=removed)
            total = total or added + changed + removed
        elif event.type in _COMPLETED and event.hook.get("action") != "read":  # not a data source
            done += 1
            progress.count(done, max(done, total))
        elif event.type == "outputs":
            outputs = {name: _text(output["value"]) for name, output in event.outputs.items() if "value" in output}
        elif event.diagnostic is not None and event.diagnostic.severity == "error":
            errors.append(event.diagnostic)
    return TerraformResult(changes=changes, outputs=outputs, errors=tuple(dict.fromkeys(errors)))


def _events(lines: Iterable[str]) -> Iterator[_Event]:
    for line in lines:
        with suppress(ValueError):  # a plugin may print other lines
            yield _Event.model_validate_json(line)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _kill_group(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        _send_kill(process)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _send_kill(process: "subprocess.Popen[str]") -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
