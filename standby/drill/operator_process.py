"""The operator's commands, run as an operator runs them: as programs of their own, by what they print and answer."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from standby.drill.measure.records import Clock
from standby.errors import StandbyError
from standby.rehearsal.processes.process import mark_environment

COMMAND_SECONDS: Final = 90.0
LONGER: Final = {"reconcile": 2400.0, "failback": 1200.0}
"""For commands that wait themselves: `reconcile` compares for a quarter of an hour at most and waits ten minutes for
each Knowledge Base, `failback` compares and waits a minute."""
LAST_WORDS: Final = 400


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """How a command ended, and when it began and ended (seconds since the scenario began)."""

    arguments: tuple[str, ...]
    code: int
    answer: Mapping[str, object] = field(repr=False)
    stderr: str = field(repr=False)
    began: float
    ended: float

    @property
    def name(self) -> str:
        """The command as the operator names it."""
        return f"standby {self.arguments[0]}"

    def required(self) -> "CommandResult":
        """Return the command when it did what it should. Raises `StandbyError` with its own words when not."""
        if self.code == 0:
            return self
        raise StandbyError(f"`{self.name}` ended with {self.words}")

    @property
    def words(self) -> str:
        """Its exit code, and what it said last, on one line."""
        said = " ".join((self.stderr.strip() or json.dumps(self.answer)).split())
        return f"exit code {self.code}: {said[-LAST_WORDS:]}"


class CommandProcess:
    """A command that is running. Its progress, on stderr, is read line by line while it runs."""

    def __init__(self, arguments: Sequence[str], *, options: Sequence[str], clock: Clock) -> None:
        self._arguments = tuple(arguments)
        self._clock = clock
        self._began = clock.now()
        self._stderr: list[str] = []
        self._listener: Callable[[str], None] | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "standby", *options, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment(options),
            start_new_session=True,  # Ctrl-C is the drill's: it ends the command when it has put everything back
        )
        self._stdout: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_progress, daemon=True),
            threading.Thread(target=self._read_answer, daemon=True),
        ]

    def listen(self, heard: Callable[[str], None] | None = None) -> "CommandProcess":
        """Begin to read; each line of progress is handed to `heard` as it comes."""
        self._listener = heard
        for reader in self._readers:
            reader.start()
        return self

    def kill(self) -> None:
        """End the command as a power cut does: SIGKILL, no last words."""
        self._process.kill()

    def end(self) -> None:
        """Kill the command, wherever it is, and wait until it has ended. Run again, each converges."""
        self.kill()
        self._process.wait()
        self._close()

    def sleep(self) -> None:
        """Stop the command where it is, as a laptop does whose lid is closed."""
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let a command go on that sleeps."""
        self._process.send_signal(signal.SIGCONT)

    def wait(self, *, seconds: float | None = None) -> CommandResult:
        """Wait for the end. A command that takes longer is killed, and its exit code is that of SIGKILL.

        Without `seconds` it has as long as a command of its name may take. Who is interrupted while waiting leaves no
        command behind, which would go on writing when all is put back.
        """
        longest = LONGER.get(self._arguments[0], COMMAND_SECONDS)
        try:
            self._process.wait(timeout=longest if seconds is None else seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        except BaseException:
            self.end()
            raise
        ended = self._clock.now()
        code = self._process.wait()
        self._close()
        return CommandResult(
            arguments=self._arguments,
            code=code,
            answer=_json("".join(self._stdout)),
            stderr="".join(self._stderr),
            began=self._began,
            ended=ended,
        )

    def _close(self) -> None:
        for reader in self._readers:
            if reader.ident is not None:
                reader.join(timeout=5)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _read_progress(self) -> None:
        for line in self._process.stderr or ():
            self._stderr.append(line)
            if self._listener is not None:
                self._listener(line)

    def _read_answer(self) -> None:
        self._stdout.extend(self._process.stdout or ())


def _environment(options: Sequence[str]) -> dict[str, str]:
    # Marked, so that `standby rehearse down` finds a command whose drill was killed, also one that sleeps.
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    named = dict(pairwise(options)).get("--directory")
    return mark_environment(environment, directory=Path(named).resolve()) if named else environment


def _json(text: str) -> Mapping[str, object]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
