"""MiniStack, the AWS emulator: start it, find it again, stop it.

It runs in a session of its own and outlives the command that started it. It keeps everything in memory: its resources
end with its process, and Terraform's state is discarded then.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from standby.json_model import JsonModel
from standby.rehearsal.emulator.fast_minutes import MINUTE_SECONDS, MINUTE_VARIABLE
from standby.rehearsal.emulator.functions.runtime import OWN_PYTHON_VARIABLE
from standby.rehearsal.files.json_files import ProcessRecord, read_record, write_record
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.processes.daemon import Daemon, DaemonStartError, responds, start_daemon
from standby.rehearsal.processes.ports import HOST, free_ports
from standby.rehearsal.processes.process import ProcessIdentity, stop_all

PACKAGES: Final = ("ministack", "moto", "regex")
SERVER: Final = Path(__file__).with_name("ministack_server.py")
FUNCTION_HOSTS: Final = Path(__file__).with_name("function_hosts")
"""The directory of the module `sitecustomize`, which Python imports at the start of each function."""
READY_PATH: Final = "/_ministack/ready"
READY_SECONDS: Final = 30.0
RESPONSE_SECONDS: Final = 5.0
THREADS: Final = 256
"""A request that waits for a function has one, and pages need others at the same time. MiniStack's default is 64."""

START_ATTEMPTS: Final = 3
_PORT: Final = "emulator"
CHECKS_VARIABLES: Final = ("REHEARSAL_REQUEST_CHECKS", "REHEARSAL_START_SECONDS")
"""The first one, `off`, lets every request pass, so that a benchmark can measure what the checks add. The second one is
the time between two starts of ingestion jobs, in place of AWS's ten seconds."""


class Emulator(JsonModel):
    """An emulator: its process, its port on 127.0.0.1, and whether its functions run on the present Python.

    `minute_seconds` is the length of the minute of the automatic failover's controller.
    """

    identity: ProcessIdentity
    port: int
    own_python: bool = False
    minute_seconds: float = MINUTE_SECONDS

    @property
    def endpoint(self) -> str:
        """The URL for AWS clients and for the Terraform provider."""
        return f"http://{HOST}:{self.port}"


class EmulatorRecord(ProcessRecord):
    """The emulator that was last started for a directory."""

    emulator: Emulator


def running_emulator(paths: RehearsalPaths) -> Emulator | None:
    """Return the emulator of this rehearsal if it runs and responds, else None.

    The emulator of a directory that was moved does not count: it still uses the files at the old path.
    """
    emulator = live_emulator(paths)
    return emulator if emulator is not None and is_ready(emulator.endpoint) else None


def live_emulator(paths: RehearsalPaths) -> Emulator | None:
    """Return the emulator of this rehearsal if its process runs, else None.

    A busy machine may delay its responses by more than `RESPONSE_SECONDS`. It is up nevertheless.
    """
    emulator = recorded_emulator(paths)
    return emulator if emulator is not None and emulator.identity.process() is not None else None


def recorded_emulator(paths: RehearsalPaths) -> Emulator | None:
    """Return the emulator that was last started for this directory, running or not; None if there is none."""
    record = read_record(paths.emulator_record, EmulatorRecord)
    return record.emulator if record is not None and record.is_from(paths.directory) else None


def start_emulator(paths: RehearsalPaths, *, own_python: bool = False) -> Emulator:
    """Stop the earlier emulator and start a new one. With `own_python`, functions run on the present Python.

    The new one gets the earlier port if it is free, so that shells that were set up with `env` still work. Terraform's
    state is discarded, because it describes the earlier emulator. Raises `StandbyError` when no emulator starts,
    `ModuleNotFoundError` when it is not installed.
    """
    for package in PACKAGES:
        if find_spec(package) is None:  # its process would only leave a traceback in the log
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    earlier = recorded_emulator(paths)
    stop_emulator(paths)
    if earlier is not None and earlier.own_python != own_python:
        shutil.rmtree(paths.temporary, ignore_errors=True)  # it has the environments of the functions
    preferred = {_PORT: earlier.port} if earlier else {}
    for attempt in range(1, START_ATTEMPTS + 1):
        port = free_ports([_PORT], preferred=preferred)[_PORT]
        try:
            identity = _start(paths, port=port, own_python=own_python)
        except DaemonStartError:
            if attempt == START_ATTEMPTS:
                raise
            preferred = {}
        else:
            break
    minute = float(os.environ.get(MINUTE_VARIABLE, MINUTE_SECONDS))
    emulator = Emulator(identity=identity, port=port, own_python=own_python, minute_seconds=minute)
    write_record(paths.emulator_record, EmulatorRecord(emulator=emulator, directory=str(paths.directory)))
    return emulator


@contextmanager
def starting_emulator(paths: RehearsalPaths, *, own_python: bool = False) -> Iterator[None]:
    """Start a new emulator while the body of the `with` runs, and wait for it at the end.

    If the body fails, the emulator is stopped again. Raises what `start_emulator` raises.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        emulator = pool.submit(start_emulator, paths, own_python=own_python)
        try:
            yield
        except BaseException:
            if emulator.exception() is None:
                stop_emulator(paths)
            raise
    emulator.result()


def stop_emulator(paths: RehearsalPaths) -> int:
    """Stop every process of this rehearsal and discard Terraform's state.

    If the directory was moved, the processes that were started at its old path are stopped too. Returns the number of
    processes.
    """
    record = read_record(paths.emulator_record, EmulatorRecord)
    moved_from = record.moved_from(paths.directory) if record is not None else None
    stopped = sum(stop_all(directory) for directory in (moved_from, paths.directory) if directory is not None)
    paths.emulator_record.unlink(missing_ok=True)
    paths.discard_state()
    return stopped


def is_ready(endpoint: str, *, timeout: float = RESPONSE_SECONDS) -> bool:
    """Return whether an emulator responds at `endpoint`, directly or through a region proxy, in time."""
    return responds(endpoint + READY_PATH, seconds=timeout)


def _start(paths: RehearsalPaths, *, port: int, own_python: bool) -> ProcessIdentity:
    paths.temporary.mkdir(parents=True, exist_ok=True)
    paths.emulator_log.unlink(missing_ok=True)
    daemon = Daemon(
        name="emulator",
        command=(sys.executable, "-P", str(SERVER)),
        log=paths.emulator_log,
        ready=partial(is_ready, f"http://{HOST}:{port}", timeout=1),
        ready_seconds=READY_SECONDS,
        # The functions inherit this environment, so it must not contain AWS settings of the user. The first four are
        # for them; the others are MiniStack's own.
        environment={
            "TMPDIR": str(paths.temporary),
            "PYTHONPATH": str(FUNCTION_HOSTS),
            "REHEARSAL_NETWORK_RECORD": str(paths.network_record),
            "SSL_CERT_FILE": str(paths.ca_certificate),
            "AUTH": "true",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_WORKER_THREADS": str(THREADS),
            "SFTP_ENABLED": "0",
            **({OWN_PYTHON_VARIABLE: "1"} if own_python else {}),
            **{name: os.environ[name] for name in (*CHECKS_VARIABLES, MINUTE_VARIABLE) if name in os.environ},
        },
    )
    return start_daemon(paths, daemon)
