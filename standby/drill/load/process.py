"""The load process, as the drill uses it: start it, change its rates, read its records, stop it."""

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final, Self

from standby.drill.load.generator import READY, LoadSpec
from standby.drill.measure.records import Request, RequestKind
from standby.errors import StandbyError

STOP_SECONDS: Final = 40.0
LOAD_ENDED: Final = "The load process ended unexpectedly. Its output is above."


class LoadProcess:
    """A running load process. Use it as a context manager: the process ends with the block."""

    def __init__(self, spec: LoadSpec) -> None:
        self._records_file = Path(spec.records_file)
        self._read_until = 0
        self._stopped = False
        self._requests: list[Request] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "standby.drill.load.generator"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=spec.target.environment(),
            start_new_session=True,  # Ctrl-C goes to the drill alone, which then stops the load
        )
        self._send(asdict(spec))

    def __enter__(self) -> Self:
        stdout = self._process.stdout
        if stdout is None or stdout.readline().strip() != READY:
            self._process.kill()
            raise StandbyError("The load process did not start. Its output is above.")
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(StandbyError):  # an error of the block says more
            self.stop(seconds=0)

    def set_rate(self, kind: RequestKind, per_second: float) -> None:
        """Change how many requests of this kind are sent per second."""
        self._send({"kind": kind, "rate": per_second})

    def send_once(self, kind: RequestKind) -> None:
        """Send one request of this kind now."""
        self._send({"kind": kind})

    def stop(self, *, seconds: float) -> None:
        """Stop the load: requests may take `seconds` more, then failed questions are asked again.

        Raises `StandbyError` if the process had ended before.
        """
        if self._stopped:
            return
        self._stopped = True
        ended_before = self.ended
        if not ended_before:
            self._send({"stop": seconds})
        try:
            self._process.wait(timeout=seconds + STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        if ended_before:
            raise StandbyError(LOAD_ENDED)

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def requests(self) -> list[Request]:
        """Return everything recorded so far."""
        if self._records_file.is_file():
            with self._records_file.open(encoding="utf-8") as file:
                file.seek(self._read_until)
                while (line := file.readline()).endswith("\n"):
                    self._requests.append(Request.from_line(line))
                    self._read_until = file.tell()
        return list(self._requests)

    def _send(self, message: object) -> None:
        stdin = self._process.stdin
        if stdin is None or self._process.poll() is not None:
            raise StandbyError(LOAD_ENDED)
        stdin.write(json.dumps(message) + "\n")
        stdin.flush()
