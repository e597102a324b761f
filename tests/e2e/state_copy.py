"""A second plan over a copy of the rehearsal's state."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from standby.rehearsal.deploy.applier import ROLE_NAME, role_arn
from standby.rehearsal.deploy.override import OVERRIDE_NAME, override
from standby.rehearsal.deploy.terraform import terraform_environment
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.processes.programs import TERRAFORM, find_program
from standby.stack.synthesis import SynthesizedStack, find_stack, synthesize

State = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class StateCopy:
    """A second directory with a copy of the rehearsal's state, for the same emulator. A plan applies nothing."""

    paths: RehearsalPaths
    endpoint: str
    state: State

    def plan(
        self,
        settings: str,
        *,
        change: Callable[[State], object] = lambda _: None,
        options: tuple[str, ...] = (),
        own_accounts: bool = False,
        applier: str | None = ROLE_NAME,
        command: tuple[str, ...] = ("plan",),
    ) -> "subprocess.CompletedProcess[str]":
        """Plan with a changed copy of the state, or run another command on it.

        The stack is synthesized again only if the settings are others than the last ones. `own_accounts`: only the
        accounts of the settings may be used. `applier` is the role that plans, None the root user.
        """
        file = self.paths.directory / "copy.toml"
        synthesized = file.is_file() and file.read_text(encoding="utf-8") == settings
        stack = find_stack(self.paths.synthesized) if synthesized else self._synthesize(file, settings)
        state: State = json.loads(json.dumps(self.state))
        change(state)
        self.paths.state.write_text(json.dumps(state), encoding="utf-8")
        relative = os.path.relpath(self.paths.state, stack.directory)
        changed: dict[str, Any] = override(stack.configuration(), endpoint=self.endpoint, state=relative)
        for block in changed["provider"]["aws"] if own_accounts else ():
            del block["allowed_account_ids"]
        for block in changed["provider"]["aws"]:
            if applier is None:
                del block["assume_role"]
            else:
                block["assume_role"] = [{"role_arn": role_arn(applier), "session_name": "copy"}]
        (stack.directory / OVERRIDE_NAME).write_text(json.dumps(changed), encoding="utf-8")
        if not synthesized:
            assert self._run(stack, "init", "-input=false", "-reconfigure").returncode == 0
        return self._run(stack, *command, "-input=false", "-lock=false", *options)

    def changes(
        self, settings: str, *, change: Callable[[State], object], applier: str = ROLE_NAME
    ) -> list[dict[str, Any]]:
        """Plan with a changed copy of the state, and return the changes of managed resources as Terraform has them."""
        planned = self.plan(settings, change=change, options=("-out=copy.plan",), applier=applier)
        assert planned.returncode == 0, planned.stderr
        shown = self._run(find_stack(self.paths.synthesized), "show", "-json", "copy.plan")
        found: list[dict[str, Any]] = json.loads(shown.stdout)["resource_changes"]
        return [change for change in found if change["mode"] == "managed"]

    def _synthesize(self, file: Path, settings: str) -> SynthesizedStack:
        file.write_text(settings, encoding="utf-8")
        return synthesize(
            project=self.paths.project,
            output=self.paths.synthesized,
            log=self.paths.synthesis_log,
            settings=file,
        )

    def _run(self, stack: SynthesizedStack, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [find_program(TERRAFORM).path, *arguments[:1], "-no-color", *arguments[1:]],
            cwd=stack.directory,
            env=terraform_environment(self.paths),
            capture_output=True,
            text=True,
            check=False,
        )
