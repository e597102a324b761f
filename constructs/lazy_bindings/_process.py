"""The Node side: jsii's kernel process, started early, spoken to directly (`_node.py`), with our preload."""

import atexit
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any, cast

from jsii._kernel.providers.process import _NodeProcess
from jsii._kernel.types import GetResponse, KernelRequest, KernelResponse, LoadRequest, StaticGetRequest

from lazy_bindings import _node
from lazy_bindings._node import PRELOAD, Node

_MOST_AHEAD = 64  # answers that may wait unread: more could fill the channel, and then both sides would wait for ever


def node_options(current: str) -> str:
    """Return the user's NODE_OPTIONS with the preload added. Source: nodejs.org, CLI, NODE_OPTIONS (quoting)."""
    path = str(PRELOAD).replace("\\", "\\\\").replace('"', '\\"')
    return f'{current} --require "{path}"'.strip()


class LazyNodeProcess(_NodeProcess):
    """jsii's kernel process; its greeting and what nobody waits for are read when the next answer is needed."""

    started: Node | None = None  # before jsii was imported, for the one kernel that there is
    _deferring = False
    _unread_greeting = False
    _stdout_thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the kernel with the preload."""
        self._owner = threading.get_ident()
        self._unread: list[type] = []  # of each request whose answer is still to be read, in order
        if self.started or _node.can_start_directly():
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
        node, LazyNodeProcess.started = self.started or _node.start_node(), None
        self._ctx_stack.enter_context(node.directory)
        self._process = node.process
        self._stdout_thread = _sink(cast("IO[bytes]", node.process.stdout), "stdout")
        self.sink_thread = _sink(cast("IO[bytes]", node.process.stderr), "stderr")
        with node.channel as channel:
            self._process.stdin, self._process.stdout = channel.makefile("wb"), channel.makefile("rb")
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
