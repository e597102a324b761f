"""MiniStack, the AWS emulator: start it, find it again, end it.

It runs in a session of its own and outlives the command that started it. It keeps everything in memory: with the
process its resources are gone, and Terraform's state with them.
"""

import errno
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

import psutil
import urllib3

from standby.errors import StandbyError
from standby.rehearsal.files.json_files import made_here, moved_from, read_json, write_json
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.network_record import read_record
from standby.rehearsal.processes.process import ProcessIdentity, clean_environment, marked, stop, stop_all

HOST: Final = "127.0.0.1"
SERVER: Final = Path(__file__).with_name("ministack_server.py")
READY_PATH: Final = "/_ministack/ready"
START_SECONDS: Final = 30.0
ANSWER_SECONDS: Final = 5.0
ATTEMPTS: Final = 3
_LAST_LINES: Final = 10


@dataclass(frozen=True, kw_only=True)
class Emulator:
    """A running emulator: its process and its port on 127.0.0.1."""

    identity: ProcessIdentity
    port: int

    @property
    def endpoint(self) -> str:
        """The URL that every AWS client and the provider use."""
        return f"http://{HOST}:{self.port}"

    def record(self) -> dict[str, object]:
        """Return what tells this emulator from every other one."""
        return {"pid": self.identity.pid, "created": self.identity.created, "port": self.port}


def running_emulator(paths: RehearsalPaths) -> Emulator | None:
    """Return the emulator of this rehearsal when it runs and answers, else None.

    That of a directory which was moved here is none: it still keeps its files where they were.
    """
    emulator = recorded_emulator(paths)
    if emulator is None or emulator.identity.process() is None:
        return None
    return emulator if answers(emulator.endpoint) else None


def recorded_emulator(paths: RehearsalPaths) -> Emulator | None:
    """Return the emulator that was last started for this directory, whether it runs or not; None where none was."""
    record = read_json(paths.emulator_record)
    return _emulator(record) if made_here(record, paths.directory) else None


def start_emulator(paths: RehearsalPaths) -> Emulator:
    """Start an emulator in place of whatever is left of an earlier one.

    The port of the earlier one is used again where it is free, so that shells set up with `env` go on working.
    Terraform's state is discarded: it describes an emulator that is gone. Raises `StandbyError` when none starts.
    """
    earlier = recorded_emulator(paths)
    stop_emulator(paths)
    wanted = earlier.port if earlier else 0
    for _ in range(ATTEMPTS):
        port = free_port(wanted)
        emulator = _start(paths, port=port)
        if emulator is not None:
            write_json(paths.emulator_record, {**emulator.record(), "directory": str(paths.directory)})
            return emulator
        wanted = 0
    raise StandbyError(f"The emulator did not start:\n{_log_end(paths.emulator_log)}", hint=f"See {paths.emulator_log}")


def stop_emulator(paths: RehearsalPaths) -> int:
    """End every process of this rehearsal and discard the state that describes the emulator.

    Also those that were started where the directory was before somebody moved it. Returns how many processes ended.
    """
    ended = _stop_recorded(paths) + stop_all(paths.directory)
    paths.emulator_record.unlink(missing_ok=True)
    paths.forget_applied()
    return ended


def answers(endpoint: str, *, timeout: float = ANSWER_SECONDS) -> bool:
    """Tell whether an emulator at `endpoint` says that it is ready, within `timeout` seconds."""
    try:
        response = urllib3.request("GET", endpoint + READY_PATH, timeout=timeout, retries=False)
    except urllib3.exceptions.HTTPError:
        return False
    return response.status == HTTPStatus.OK


def free_port(wanted: int = 0) -> int:
    """Return `wanted` when nothing listens there, else a port that the system gives."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                if port == 0 or error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                    raise
            else:
                return int(probe.getsockname()[1])
    raise StandbyError("No free port on 127.0.0.1.")


def _start(paths: RehearsalPaths, *, port: int) -> Emulator | None:
    for directory in (paths.home, paths.temporary):
        directory.mkdir(parents=True, exist_ok=True)
    with paths.emulator_log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", str(SERVER)],
            cwd=paths.directory,
            env=_environment(paths, port=port),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        emulator = _wait_until_ready(process, port=port)
    except BaseException:
        process.kill()
        process.wait()
        raise
    if emulator is None:
        process.kill()
        process.wait()
    else:
        process.returncode = 0  # it outlives this program: Popen need not warn that nobody waits for it
    return emulator


def _wait_until_ready(process: "subprocess.Popen[bytes]", *, port: int) -> Emulator | None:
    try:
        emulator = Emulator(identity=ProcessIdentity.of(process.pid), port=port)
    except psutil.NoSuchProcess:
        return None
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if answers(emulator.endpoint, timeout=1):
            # Somebody else may answer on this port, in the moment before our process finds it taken and ends.
            return emulator if process.poll() is None else None
        time.sleep(0.1)
    return None


def _environment(paths: RehearsalPaths, *, port: int) -> dict[str, str]:
    # The functions inherit this environment, so nothing of the user's AWS settings may be in it. Every variable below
    # is MiniStack's own, except HOME and TMPDIR.
    return marked(
        {
            **clean_environment(),
            "HOME": str(paths.home),
            "TMPDIR": str(paths.temporary),
            "AUTH": "true",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PYTHONUNBUFFERED": "1",
        },
        directory=paths.directory,
    )


def _stop_recorded(paths: RehearsalPaths) -> int:
    # Their marks name the place of before, so they are told by what is written down, and the functions by that place.
    record = read_json(paths.emulator_record)
    before = moved_from(record, paths.directory)
    if before is None:
        return 0
    emulator = _emulator(record)
    identities = (*([emulator.identity] if emulator else []), *read_record(paths).processes.values())
    return stop_all(before) + stop(process for identity in identities if (process := identity.process()))


def _emulator(record: Mapping[str, object]) -> Emulator | None:
    pid, created, port = record.get("pid"), record.get("created"), record.get("port")
    if not isinstance(pid, int) or not isinstance(created, float) or not isinstance(port, int):
        return None
    return Emulator(identity=ProcessIdentity(pid=pid, created=created), port=port)


def _log_end(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    return "\n".join(lines[-_LAST_LINES:])
