"""The wall time of a program, and the memory of the program and all its children."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from lazy_bindings import STOCK_VARIABLE

ROOT = Path(__file__).parents[2]
_SAMPLE_SECONDS = 0.02
_MEGABYTE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Case:
    """A case to measure: `floor`, or `times` copies of our stack with `stock` or `lazy` bindings."""

    bindings: str
    times: int

    @property
    def command(self) -> list[str]:
        """The command, without its output directory."""
        program = "floor" if self.bindings == "floor" else "stack"
        return [sys.executable, "-m", "bench.synth.program", program]

    @property
    def environment(self) -> dict[str, str]:
        """The user's environment with bytecode, a silenced Node banner, and stock bindings unless the case is lazy."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        stock = "0" if self.bindings == "lazy" else "1"
        majors = ",".join(map(str, range(12, 40)))
        return kept | {STOCK_VARIABLE: stock, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": majors}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One measurement: seconds from start to end, and the peak resident memory in MB (10^6 bytes)."""

    case: Case
    seconds: float
    megabytes: float


def measure(case: Case) -> Run:
    """Run a case once. Raises subprocess.CalledProcessError if it fails."""
    with tempfile.TemporaryDirectory() as out:
        command = [*case.command, out, str(case.times)]
        started = time.perf_counter()
        with subprocess.Popen(command, cwd=ROOT, env=case.environment, stdout=-3, stderr=subprocess.PIPE) as process:
            peak = _peak_memory(process)
            seconds = time.perf_counter() - started
            if process.returncode:
                errors = process.stderr.read() if process.stderr else b""
                raise subprocess.CalledProcessError(process.returncode, command, stderr=errors)
    return Run(case=case, seconds=seconds, megabytes=peak / _MEGABYTE)


def _peak_memory(process: subprocess.Popen[bytes]) -> int:
    peak, root = 0, psutil.Process(process.pid)
    while process.poll() is None:
        peak = max(peak, _resident(root))
        time.sleep(_SAMPLE_SECONDS)
    return peak


def _resident(root: psutil.Process) -> int:
    total = 0
    try:
        family = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.Error:
            continue
    return total
