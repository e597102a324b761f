"""Terraform's part in a review: it makes a plan, shows one as JSON, and knows the backend of its state."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from standby.errors import BadUsageError
from standby.rehearsal.processes.programs import TERRAFORM, find_program
from standby.review.failure import describe_failure, require_initialized, require_stack
from standby.review.values import Arguments
from standby.stack.synthesis import CONFIGURATION_NAME, REHEARSED_STACK

DATA_DIRECTORY: Final = ".terraform"
_BACKEND_RECORD: Final = "terraform.tfstate"
"""Where `terraform init` writes the backend that it has set up, in the data directory."""


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The directory of a synthesized stack, and the environment in which Terraform runs there.

    `state`: the file of the state of a rehearsal; None if the configuration says where it is.
    """

    directory: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    state: Path | None = None

    def configuration(self) -> Any:  # noqa: ANN401 - JSON
        """Return the synthesized configuration; None if there is none that can be read."""
        return _read_json(self.directory / CONFIGURATION_NAME)

    def initialized_backend(self) -> Any:  # noqa: ANN401 - JSON
        """Return the backend of the last `terraform init`; None if it is not known, or if it is a rehearsal's own."""
        if self.state is not None:
            return None
        found = _read_json(self._data / _BACKEND_RECORD)
        return found.get("backend") if isinstance(found, dict) else None

    @property
    def _data(self) -> Path:
        return self.directory / self.environment.get("TF_DATA_DIR", DATA_DIRECTORY)

    def state_in_s3(self) -> tuple[str, str, str] | None:
        """Return the bucket, the key and the region of a state in S3; None if it is elsewhere, or not known."""
        backend = Arguments(None if self.state else self.configuration())
        found = tuple(backend.value("terraform", "backend", "s3", part) for part in ("bucket", "key", "region"))
        bucket, key, region = (part if isinstance(part, str) else "" for part in found)
        return (bucket, key, region) if bucket and key and region else None

    def state_written_at(self) -> datetime | None:
        """Return when the local state was last written; None if there is none here."""
        local = Arguments(self.configuration()).value("terraform", "backend", "local", "path")
        path = self.state or (self.directory / local if isinstance(local, str) else None)
        try:
            return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC) if path else None
        except OSError:
            return None

    def make_plan(self, path: Path) -> None:
        """Let Terraform make a plan.

        Raises `BadUsageError` without an initialized stack, and `StandbyError` with Terraform's first error.
        """
        self._run("plan", "-input=false", "-no-color", f"-out={path}")

    def show_plan(self, path: Path) -> object:
        """Return a plan file as JSON. Raises `StandbyError` if Terraform cannot read it."""
        return parse_document(self._run("show", "-json", "-no-color", str(path.resolve())), name=str(path))

    def require_terraform(self) -> Path:
        """Return the program that can plan here. Raises `BadUsageError` without an initialized stack."""
        rehearsed = self.state is None and REHEARSED_STACK.is_dir()
        require_stack(self.directory / CONFIGURATION_NAME, rehearsed=rehearsed)
        program = find_program(TERRAFORM).path
        require_initialized(self.directory, data=self._data, program=program.name)
        return program

    def _run(self, *arguments: str) -> str:
        program = self.require_terraform()
        ran = subprocess.run(
            [program, *arguments],
            cwd=self.directory,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if ran.returncode:
            output = ran.stderr or ran.stdout
            raise describe_failure(
                output,
                program=program.name,
                command=arguments[0],
                directory=self.directory,
                rehearsal=self.state.parent if self.state else None,
            )
        return ran.stdout


def read_plan_file(path: Path, workspace: Workspace) -> object:
    """Return the document of a plan: a JSON file as it is, a plan file as Terraform shows it.

    Raises `BadUsageError` for a file that cannot be read, and as `Workspace.show_plan`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadUsageError(f"{path} cannot be read: {error.strerror}") from error
    if content[:2] == b"PK":  # a plan file is a ZIP archive
        return workspace.show_plan(path)
    text = _decode(content)
    if text.lstrip()[:1] == "{":
        return parse_document(text, name=str(path))
    raise BadUsageError(
        f"{path} is neither a plan file nor its JSON.",
        hint="`terraform plan -out=plan` writes a plan file, `terraform show -json plan` its JSON.",
    )


def _decode(content: bytes) -> str:
    """Return the text of a JSON file: UTF-8, or what PowerShell's `>` writes, UTF-16 with a byte order mark.

    "" if it is neither.
    """
    try:
        return content.decode(json.detect_encoding(content[:4]))
    except UnicodeDecodeError:
        return ""


def parse_document(text: str, *, name: str) -> object:
    """Return the JSON document in a text. Raises `BadUsageError` if it is none, such as a truncated one."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadUsageError(f"{name} is not complete JSON: {error}") from error
    except RecursionError as error:
        raise BadUsageError(f"{name} is nested too deeply to be a plan.") from error


def _read_json(path: Path) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
