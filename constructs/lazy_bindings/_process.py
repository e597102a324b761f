"""The Node side: jsii's kernel process, started early, spoken to directly, with our preload.

`jsii` starts one Node process that starts a second one and relays every message between the two. The kernel (the second
one, `lib/program.js`) speaks the same protocol on file descriptor 3, so here it is started by itself where that is
possible. Source: aws/jsii, packages/@jsii/runtime/bin/jsii-runtime.ts and lib/program.ts.
"""

import atexit
import os
import platform
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from jsii._embedded.jsii import EMBEDDED_FILES
from jsii._kernel.providers.process import _NodeProcess
from jsii._kernel.types import GetResponse, KernelRequest, KernelResponse, LoadRequest, StaticGetRequest

PRELOAD = Path(__file__).with_name("preload.cjs")
_HEAP = "--max-old-space-size=4069"  # jsii's own figure
_SHELL = 'exec "$@" 3<&0 0</dev/null'  # the channel comes as standard input and becomes file descriptor 3
_MOST_AHEAD = 64  # answers that may wait unread: more could fill the channel, and then both sides would wait for ever
_DIRECT = "--without-relay"  # tells the preload that the relay's other duties are its own


def node_options(current: str) -> str:
    """Return the user's NODE_OPTIONS with the preload added. Source: nodejs.org, CLI, NODE_OPTIONS (quoting)."""
    path = str(PRELOAD).replace("\\", "\\\\").replace('"', '\\"')
    return f'{current} --require "{path}"'.strip()


def can_start_directly() -> bool:
    """Tell whether the kernel can run without jsii's relay: POSIX, jsii's own runtime, and Node to be found."""
    known = EMBEDDED_FILES.get("lib__program.js") == "lib/program.js" and "JSII_RUNTIME" not in os.environ
    return os.name == "posix" and known and shutil.which(_node()) is not None


def _node() -> str:
    return os.environ.get("JSII_NODE", "node")


class LazyNodeProcess(_NodeProcess):
    """jsii's kernel process; its greeting and what nobody waits for are read when the next answer is needed."""

    _deferring = False
    _unread_greeting = False
    _stdout_thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the kernel with the preload."""
        self._owner = threading.get_ident()
        self._unread: list[type] = []  # of each request whose answer is still to be read, in order
        if can_start_directly():
            self._start_directly()
        else:
            self._start_behind_relay()

    def send(self, request: KernelRequest, response_type: type[KernelResponse]) -> KernelResponse:
        """Send a request and return its answer, or, for a load, whose answer jsii drops, a stand-in."""
        if isinstance(request, LoadRequest):
            return self._send_ahead(request, response_type)
        return super().send(request, response_type)

    def require_ahead(self, resource_fqn: str) -> None:
        """Have Node require a resource's module while Python is busy: ask for its type's name, do not wait for it."""
        if threading.get_ident() == self._owner and len(self._unread) < _MOST_AHEAD:
            self._send_ahead(StaticGetRequest(fqn=resource_fqn, property="tfResourceType"), GetResponse)

    def _send_ahead(self, request: KernelRequest, response_type: type[KernelResponse]) -> KernelResponse:
        self._deferring = True
        response = super().send(request, response_type)
        self._unread.append(type(request))
        return response

    def _next_message(self) -> Mapping[Any, Any]:
        if self._deferring:
            self._deferring = False
            return {"ok": {"assembly": "", "types": 0, "value": None}}
        failed_load = self._read_unread()
        message = super()._next_message()
        return failed_load or message

    def _read_unread(self) -> Mapping[Any, Any] | None:
        """Read the answers that nobody waited for; return the first failed load's, which is an error to report."""
        unread, self._unread = self._unread, []
        if self._unread_greeting:
            self._unread_greeting = False
            self.handshake()
        answers = [(request, super(LazyNodeProcess, self)._next_message()) for request in unread]
        failed = (answer for request, answer in answers if request is LoadRequest and "error" in answer)
        return next(failed, None)

    def _start_directly(self) -> None:
        program = Path(self._jsii_runtime()).parent.parent / "lib" / "program.js"
        command = [_node(), _HEAP, "--preserve-symlinks", "--require", str(PRELOAD), str(program), _DIRECT]
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _SHELL, "sh", *command],
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=os.environ | {"JSII_AGENT": f"Python/{platform.python_version()}"},
            )
            self._stdout_thread = _sink(cast("IO[bytes]", self._process.stdout), "stdout")
            self.sink_thread = _sink(cast("IO[bytes]", self._process.stderr), "stderr")
            self._process.stdin, self._process.stdout = ours.makefile("wb"), ours.makefile("rb")
        self._unread_greeting = True
        atexit.register(self.stop)

    def stop(self) -> None:
        """End the kernel as jsii does, then wait for the last of what it printed."""
        super().stop()
        if self._stdout_thread:
            self._stdout_thread.join(timeout=5)

    def _start_behind_relay(self) -> None:
        before = os.environ.get("NODE_OPTIONS")
        os.environ["NODE_OPTIONS"] = node_options(before or "")
        try:
            super().start()  # type: ignore[no-untyped-call]  # jsii leaves it without types
        finally:
            del os.environ["NODE_OPTIONS"]
            if before is not None:
                os.environ["NODE_OPTIONS"] = before


def _sink(reader: IO[bytes], name: str) -> threading.Thread:
    """Copy what the kernel's packages print to our own standard output or standard error, as jsii does."""

    def copy() -> None:
        with reader:
            for line in reader:
                with suppress(AttributeError, ValueError):  # our own stream was replaced, or closed, meanwhile
                    getattr(sys, name).buffer.write(line)

    thread = threading.Thread(name=f"lazy_bindings.{name}", target=copy, daemon=True)
    thread.start()
    return thread
