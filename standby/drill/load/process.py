"""The load's process, from the drill's side: start it, change it, read what it has recorded, end it."""

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final, Self

from standby.drill.load.generator import READY, LoadSpec
from standby.drill.measure.records import Kind, Request
from standby.errors import StandbyError

STOP_SECONDS: Final = 40.0
DIED: Final = "The load ended by itself; what it said is above."


class LoadProcess:
    """A running load. Use it as a context manager: it ends with the block, however that ends."""

    def __init__(self, order: LoadSpec) -> None:
        self._file = Path(order.out)
        self._read = 0
        self._stopped = False
        self._requests: list[Request] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "standby.drill.load.generator"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=order.place.environment(),
            start_new_session=True,  # Ctrl-C is the drill's, which stops the load in good order
        )
        self._say(asdict(order))

    def __enter__(self) -> Self:
        stdout = self._process.stdout
        if stdout is None or stdout.readline().strip() != READY:
            self._process.kill()
            raise StandbyError("The load did not start; what it said is above.")
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(StandbyError):  # the block's own error, if any, says more
            self.stop(seconds=0)

    def rate(self, kind: Kind, per_second: float) -> None:
        """Change how often this is asked."""
        self._say({"kind": kind, "rate": per_second})

    def once(self, kind: Kind) -> None:
        """Ask this once, now."""
        self._say({"kind": kind})

    def stop(self, *, seconds: float) -> None:
        """End the load: what is under way has so long to end, then failed questions are asked again.

        Raises `StandbyError` when it had ended by itself before.
        """
        if self._stopped:
            return
        self._stopped = True
        died = self.ended
        if not died:
            self._say({"stop": seconds})
        try:
            self._process.wait(timeout=seconds + STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        if died:
            raise StandbyError(DIED)

    @property
    def ended(self) -> bool:
        """Whether the process of the load has ended."""
        return self._process.poll() is not None

    def requests(self) -> list[Request]:
        """Return everything recorded so far."""
        if self._file.is_file():
            with self._file.open(encoding="utf-8") as file:
                file.seek(self._read)
                while (line := file.readline()).endswith("\n"):
                    self._requests.append(Request.from_line(line))
                    self._read = file.tell()
        return list(self._requests)

    def _say(self, line: object) -> None:
        stdin = self._process.stdin
        if stdin is None or self._process.poll() is not None:
            raise StandbyError(DIED)
        stdin.write(json.dumps(line) + "\n")
        stdin.flush()
