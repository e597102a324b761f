"""MiniStack without the rehearsal's additions, for the tests of functions."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
import urllib3

KEPT_EMULATOR: Final = "STANDBY_TEST_FUNCTIONS_EMULATOR"
"""Names the URL of an emulator that runs already: the tests use it, and let it run."""
_STARTED_WITHIN_SECONDS: Final = 20


@contextmanager
def run_emulator(directory: Path) -> Iterator[str]:
    """Start MiniStack on a free port; yield its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "TMPDIR": str(directory)}
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"], env=environment, cwd=directory, stdout=log, stderr=log
        )
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}", process, directory / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _STARTED_WITHIN_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib3.request("GET", f"{url}/_ministack/health", timeout=1, retries=False)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the emulator did not start:\n{log.read_text(errors='replace')}")
