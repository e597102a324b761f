"""The operator's commands, run as an operator runs them: as programs. Their output and exit code are the result."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from standby.console import STEP_MARKS
from standby.drill.measure.records import Clock
from standby.errors import StandbyError
from standby.rehearsal.files.json_files import parse_object
from standby.rehearsal.processes.process import mark_environment

COMMAND_SECONDS: Final = 90.0
LONG_COMMAND_SECONDS: Final = {"reconcile": 4900.0, "failback": 3700.0}
"""For commands that wait: `reconcile` compares for up to an hour and waits ten minutes for each Knowledge Base;
`failback` compares and waits a minute."""

PIPE_SECONDS: Final = 5.0
STDERR_CHARACTERS: Final = 400
"""How much of the end of a command's stderr an error message quotes."""

COMMAND_ATTEMPTS: Final = 4
RETRY_PAUSE_SECONDS: Final = 2.0
KILLED: Final = -signal.SIGKILL
"""The exit code of a command that was killed."""


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """How a command ended: its exit code, its JSON document ({} if there is none), its stderr.

    `started` and `ended` are in seconds since the scenario started.
    """

    arguments: tuple[str, ...]
    code: int
    document: Mapping[str, object] = field(repr=False)
    stderr: str = field(repr=False)
    started: float
    ended: float

    @property
    def name(self) -> str:
        """The command as the operator types it."""
        return f"standby {self.arguments[0]}"

    def require_success(self) -> "CommandResult":
        """Return the result if the exit code is 0. Raises `StandbyError` with the command's own message otherwise."""
        if self.code == 0:
            return self
        raise StandbyError(f"`{self.name}` ended with {self.summary}")

    @property
    def summary(self) -> str:
        """The exit code and the end of the output, on one line."""
        text = " ".join((self.stderr.strip() or json.dumps(self.document)).split())
        return f"exit code {self.code}: {text[-STDERR_CHARACTERS:]}"


class CommandProcess:
    """A running command. `on_line` is called with each line of its progress (stderr), in another thread."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        options: Sequence[str],
        clock: Clock,
        on_line: "Callable[[CommandProcess, str], None] | None" = None,
    ) -> None:
        self._arguments = tuple(arguments)
        self._clock = clock
        self._on_line = on_line
        self._started = clock.now()
        self._stdout: list[str] = []
        self._stderr: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "standby", *options, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment(options),
            start_new_session=True,  # Ctrl-C goes to the drill alone, which ends the command
        )
        self._readers = [
            threading.Thread(target=self._read_stderr, daemon=True),
            threading.Thread(target=self._read_stdout, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def kill(self) -> None:
        """Send SIGKILL: the command ends immediately, as in a power failure."""
        self._process.kill()

    def kill_and_wait(self) -> None:
        """Kill the command and wait until it has ended. Each command converges when it is run again."""
        self.kill()
        self._process.wait()
        self._close()

    def suspend(self) -> None:
        """Suspend the command, as on a laptop whose lid is closed."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Continue a command that was suspended."""
        self._process.send_signal(signal.SIGCONT)

    def wait(self, *, seconds: float | None = None) -> CommandResult:
        """Wait for the end. A command that takes longer is killed. Without `seconds`, the limit depends on its name.

        If the wait is interrupted, the command is killed, because it could change the restored deployment.
        """
        limit = LONG_COMMAND_SECONDS.get(self._arguments[0], COMMAND_SECONDS)
        try:
            self._process.wait(timeout=limit if seconds is None else seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        except BaseException:
            self.kill_and_wait()
            raise
        ended = self._clock.now()
        code = self._process.wait()
        self._close()
        return CommandResult(
            arguments=self._arguments,
            code=code,
            document=parse_object("".join(self._stdout)),
            stderr="".join(self._stderr),
            started=self._started,
            ended=ended,
        )

    def _close(self) -> None:
        for reader in self._readers:
            reader.join(timeout=PIPE_SECONDS)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _read_stderr(self) -> None:
        for line in self._process.stderr or ():
            self._stderr.append(line)
            if self._on_line is not None:
                self._on_line(self, line)

    def _read_stdout(self) -> None:
        self._stdout.extend(self._process.stdout or ())


def run_command(*arguments: str, options: Sequence[str], seconds: float | None = None) -> CommandResult:
    """Run a command to its end, outside a scenario."""
    return CommandProcess(arguments, options=options, clock=Clock()).wait(seconds=seconds)


def run_with_retries(
    run: Callable[[], CommandResult], *, on_retry: Callable[[CommandResult], None] = lambda _: None
) -> CommandResult:
    """Run a command until it succeeds, up to `COMMAND_ATTEMPTS` times. Return the last result."""
    for _ in range(COMMAND_ATTEMPTS - 1):
        result = run()
        if result.code == 0:
            return result
        on_retry(result)
        time.sleep(RETRY_PAUSE_SECONDS)
    return run()


def _environment(options: Sequence[str]) -> dict[str, str]:
    # The mark lets `standby rehearse down` find a command whose drill was killed, also a suspended one.
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", STEP_MARKS: "1"}
    directory = dict(pairwise(options)).get("--directory")
    return mark_environment(environment, directory=Path(directory).resolve()) if directory else environment
