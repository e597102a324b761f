"""Node: jsii's kernel program by itself, with our preload. It starts before anything of jsii is imported in Python.

`jsii` starts one Node process that starts a second one and relays every message between the two. The kernel (the second
one, `lib/program.js`) speaks the same protocol on file descriptor 3, so it is started by itself where that is possible.
Source: aws/jsii, packages/@jsii/runtime/bin/jsii-runtime.ts and lib/program.ts.
"""

import importlib.util
import os
import platform
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lazy_bindings._cache_directory import VARIABLE, private_root

PRELOAD = Path(__file__).with_name("preload.cjs")
_PROGRAM = "lib__program.js"  # as jsii embeds it: the name says where it is to lie
_HEAP = "--max-old-space-size=4069"  # jsii's own figure
_SHELL = 'exec "$@" 3<&0 0</dev/null'  # the channel comes as standard input and becomes file descriptor 3
_DIRECT = "--without-relay"  # tells the preload that the relay's other duties are its own


@dataclass(frozen=True, kw_only=True)
class Node:
    """A running kernel: its process, our end of the channel, and the directory that its program lies in.

    `surroundings` are the process, the environment and the working directory that it was started with.
    """

    process: "subprocess.Popen[bytes]"
    channel: socket.socket
    directory: Path
    surroundings: tuple[int, dict[str, str], str]

    def fits(self) -> bool:
        """Tell whether one that started now would have the same surroundings."""
        return self.surroundings == _surroundings()

    def end(self) -> None:
        """End it: nobody is going to use it. In a forked child it is the parent's."""
        if self.surroundings[0] == os.getpid():
            with self.channel, self.process as process:
                process.kill()
            self.remove()

    def remove(self) -> None:
        """Remove its program: it has ended."""
        if self.surroundings[0] == os.getpid():
            shutil.rmtree(self.directory, ignore_errors=True)


def can_start_directly() -> bool:
    """Tell whether the kernel can run without jsii's relay: POSIX, jsii's own runtime, and Node to be found."""
    possible = os.name == "posix" and "JSII_RUNTIME" not in os.environ
    return possible and (_embedded() / _PROGRAM).is_file() and shutil.which(_node()) is not None


def start_node() -> Node:
    """Start the kernel, as `can_start_directly` says that one can."""
    directory = Path(tempfile.mkdtemp())
    for file in _embedded().glob("*__*.js*"):
        copy = Path(directory, *file.name.split("__", maxsplit=1))
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(file, copy)
    program = Path(directory, *_PROGRAM.split("__"))
    command = [_node(), _HEAP, "--preserve-symlinks", "--require", str(PRELOAD), str(program), _DIRECT]
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _SHELL, "sh", *command],
            stdin=theirs.fileno(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"JSII_AGENT": f"Python/{platform.python_version()}", **for_the_preload()},
        )
    return Node(process=process, channel=ours, directory=directory, surroundings=_surroundings())


def for_the_preload() -> dict[str, str]:
    """Return the environment variable that tells the preload where to keep what it works out: nowhere on Windows."""
    root = private_root() if os.name == "posix" else None
    return {VARIABLE: str(root or "")}


def _surroundings() -> tuple[int, dict[str, str], str]:
    return os.getpid(), dict(os.environ), _working_directory()


def _working_directory() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # it was removed: that is for whoever uses it to find out
        return ""


def _node() -> str:
    return os.environ.get("JSII_NODE", "node")


def _embedded() -> Path:
    spec = importlib.util.find_spec("jsii")
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places or [os.devnull])), "_embedded", "jsii")
