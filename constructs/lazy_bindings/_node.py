"""Node: jsii's kernel process without jsii's relay, with our preload. It starts before Python imports jsii.

`jsii` starts a Node process that starts a second one and relays every message between the second one and Python. The
second process, the kernel (`lib/program.js`), speaks the same protocol on file descriptor 3. Where possible, only the
kernel is started.
Source: aws/jsii, packages/@jsii/runtime/bin/jsii-runtime.ts and lib/program.ts.
"""

import importlib.util
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lazy_bindings._cache_directory import CACHE_VARIABLE, private_root

PRELOAD = Path(__file__).with_name("preload.cjs")
_PROGRAM = "lib__program.js"  # the name in jsii's package: "__" stands for the path separator
_HEAP = "--max-old-space-size=4069"  # the same value as jsii
_SHELL = 'exec "$@" 3<&0 0</dev/null'  # the socket is passed as standard input and becomes file descriptor 3
_DIRECT = "--without-relay"  # the preload then does the relay's other work


@dataclass(frozen=True, kw_only=True)
class Node:
    """A running kernel: its process, our end of the socket pair, and the directory of its program.

    `launch_context` is the parent process, the environment and the working directory at its start.
    """

    process: "subprocess.Popen[bytes]"
    channel: socket.socket
    directory: Path
    launch_context: tuple[int, dict[str, str], str]

    def fits(self) -> bool:
        """Return whether a kernel that starts now would have the same launch context."""
        return self.launch_context == _launch_context()

    def end(self) -> None:
        """End a kernel that will not be used. In a forked child, do nothing: the kernel belongs to the parent."""
        if self.launch_context[0] == os.getpid():
            with self.channel, self.process as process:
                process.kill()
            self.remove()

    def remove(self) -> None:
        """Remove the program of a kernel that has ended."""
        if self.launch_context[0] == os.getpid():
            shutil.rmtree(self.directory, ignore_errors=True)


def can_start_directly() -> bool:
    """Return whether the kernel can run without jsii's relay: on POSIX, with jsii's own runtime, if Node is found."""
    possible = os.name == "posix" and "JSII_RUNTIME" not in os.environ
    return possible and (_embedded() / _PROGRAM).is_file() and shutil.which(_node()) is not None


def start_node() -> Node:
    """Start the kernel. `can_start_directly` must be true."""
    directory = Path(tempfile.mkdtemp())
    for file in _embedded().glob("*__*.js*"):
        copy = Path(directory, *file.name.split("__", maxsplit=1))
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(file, copy)
    program = Path(directory, *_PROGRAM.split("__"))
    command = [_node(), _HEAP, "--preserve-symlinks", "--require", str(PRELOAD), str(program), _DIRECT]
    own_end, kernel_end = socket.socketpair()
    with kernel_end:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _SHELL, "sh", *command],
            stdin=kernel_end.fileno(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"JSII_AGENT": f"Python/{platform.python_version()}", **preload_environment()},
        )
    return Node(process=process, channel=own_end, directory=directory, launch_context=_launch_context())


def preload_environment() -> dict[str, str]:
    """Return the environment variable with the preload's cache directory, which is empty on Windows."""
    root = private_root() if os.name == "posix" else None
    return {CACHE_VARIABLE: str(root or "")}


def _launch_context() -> tuple[int, dict[str, str], str]:
    return os.getpid(), dict(os.environ), _working_directory()


def _working_directory() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # the directory was removed; the first real use reports it
        return ""


def name_node() -> None:
    """Let jsii use the Node next to Python, if the virtual environment has one: as if the environment was active."""
    beside = Path(sys.prefix, "bin", "node")
    if not os.environ.get("JSII_NODE") and os.access(beside, os.X_OK):
        os.environ["JSII_NODE"] = str(beside)


def _node() -> str:
    return os.environ.get("JSII_NODE", "node")


def _embedded() -> Path:
    spec = importlib.util.find_spec("jsii")
    locations = spec.submodule_search_locations if spec else None
    return Path(next(iter(locations or [os.devnull])), "_embedded", "jsii")
