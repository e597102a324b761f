"""Run `make` on a machine that has only the given programs, with stand-ins for what installs."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from standby.rehearsal.processes.programs import which
from tests.constructs.plan import ROOT

SHELL = ("bash", "cp", "env", "expr", "getconf", "id", "mkdir", "mktemp", "rm", "sed", "sh", "sleep", "touch", "uname")
CALL = '#!/bin/sh\necho "${{0##*/}} $*" >> {log}\n'
VERSION = (
    '#!/bin/sh\nif [ -n "${{TF_CLI_ARGS:-}}${{TF_CLI_ARGS_version:-}}" ]; then exit 1; fi\necho "{name} v{version}"\n'
)
NODE = '#!/bin/sh\nexec {node} --require {preload} "$@"\n'


def make_command(*arguments: str) -> list[str]:
    """Return the command, with the path of `make`: the PATH of the test need not have it."""
    return [shutil.which("make") or "/nowhere", *arguments]


def add_program(directory: Path, name: str, text: str) -> None:
    """Write a program, also in place of another one."""
    (directory / name).unlink(missing_ok=True)
    (directory / name).write_text(text)
    (directory / name).chmod(0o755)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A directory that is the whole PATH, an environment of Python that is ready, and the calls of the stand-ins."""

    directory: Path

    def __post_init__(self) -> None:
        for directory in (self.programs, self.venv / "bin"):
            directory.mkdir(parents=True)
        for name in SHELL:
            (self.programs / name).symlink_to(shutil.which(name) or "/nowhere")
        add_program(self.programs, "python3", "#!/bin/sh\n")
        for name in (".ready", "node-ready"):
            (self.venv / name).touch()
        for name in ("pip", "python", "pytest", "standby"):
            add_program(self.venv / "bin", name, CALL.format(log=self.log))

    @property
    def programs(self) -> Path:
        return self.directory / "programs"

    @property
    def venv(self) -> Path:
        return self.directory / "venv"

    @property
    def log(self) -> Path:
        return self.directory / "calls"

    def calls(self) -> list[str]:
        """Return the calls of the stand-ins so far."""
        return self.log.read_text().splitlines() if self.log.is_file() else []

    def add(self, *names: str) -> None:
        """Add programs that write down how they are called."""
        for name in names:
            add_program(self.programs, name, CALL.format(log=self.log))

    def add_terraform(self, version: str, *, name: str = "Terraform", program: str = "terraform") -> None:
        """Add a program that says its version. As Terraform does, it fails with arguments that it does not know."""
        add_program(self.programs, program, VERSION.format(name=name, version=version))

    def add_node(self, version: str, *, npm: bool = True) -> None:
        """Add a Node that says another version than its own."""
        preload = self.directory / "version.cjs"
        preload.write_text(f'Object.defineProperty(process.versions, "node", {{ value: "{version}" }});')
        add_program(self.programs, "node", NODE.format(node=Path(which("node") or "").resolve(), preload=preload))
        if npm:
            self.add("npm", "npx")

    def arguments(self, *more: str) -> list[str]:
        """Return the command line of `make` with the paths of this machine."""
        return make_command(f"VENV={self.venv}", f"NODE_READY={self.venv / 'node-ready'}", "WORKERS=1", *more)

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": str(self.programs), "HOME": os.environ["HOME"], **more}

    def make(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run `make` in the project."""
        return subprocess.run(
            self.arguments(*arguments),
            cwd=ROOT,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            check=False,
        )


def said(run: "subprocess.CompletedProcess[str]") -> Iterator[str]:
    """Yield the lines on standard error, without those of `make` itself."""
    return (line for line in run.stderr.splitlines() if not line.startswith("make"))
