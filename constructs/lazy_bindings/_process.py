"""The Node side: jsii's kernel process, started early and without the relay (`_node.py`), with our preload."""

import atexit
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any, ClassVar, cast

from jsii._kernel.providers.process import _NodeProcess
from jsii._kernel.types import GetResponse, KernelRequest, KernelResponse, LoadRequest, StaticGetRequest

from lazy_bindings import _node
from lazy_bindings._node import PRELOAD, Node

_REQUIRED = {"start", "stop", "send", "handshake", "_next_message", "_ctx_stack", "_process", "sink_thread"}
_known = {*vars(_NodeProcess), *_NodeProcess.__init__.__code__.co_names, *_NodeProcess.start.__code__.co_names}
if _REQUIRED - _known:
    raise ImportError(f"_NodeProcess has no {', '.join(sorted(_REQUIRED - _known))}")

_MAX_PENDING = 64  # unread responses; more could fill the socket, and both sides would wait forever


def node_options(current: str) -> str:
    """Return the user's NODE_OPTIONS with the preload added. Source: nodejs.org, CLI, NODE_OPTIONS (quoting)."""
    path = str(PRELOAD).replace("\\", "\\\\").replace('"', '\\"')
    return f'{current} --require "{path}"'.strip()


class LazyNodeProcess(_NodeProcess):
    """jsii's kernel process. Responses that are not needed yet are read later, before the next needed one."""

    running: ClassVar["LazyNodeProcess | None"] = None  # the process that jsii has started
    _prestarted: ClassVar[Node | None] = None  # a kernel that is not in use yet
    _deferring = False
    _pending_handshake = False
    _stdout_thread: threading.Thread | None = None

    @classmethod
    def use_prestarted(cls, node: Node | None) -> None:
        """Let the next `start` use a kernel that is already running. At exit, end it if it was not used."""
        cls._prestarted = node
        atexit.register(cls._take_prestarted, use=False)

    @classmethod
    def _take_prestarted(cls, *, use: bool = True) -> Node | None:
        node, cls._prestarted = cls._prestarted, None
        if node and not (use and node.fits()):
            node.end()
            return None
        return node

    def start(self) -> None:
        """Start the kernel with the preload, or use the prestarted one."""
        self._process_id = os.getpid()
        self._lock = threading.RLock()
        self._pending: list[type] = []  # the types of the requests whose responses are still unread, in order
        node = self._take_prestarted()
        if node is None and _node.can_start_directly():
            node = _node.start_node()
        if node:
            self._start_directly(node)
        else:
            self._start_with_relay()
        LazyNodeProcess.running = self

    def send(self, request: KernelRequest, response_type: type[KernelResponse]) -> KernelResponse:
        """Send a request and return its response. For a load, whose response jsii ignores, return a placeholder."""
        with self._lock:
            if isinstance(request, LoadRequest):
                return self._send_without_reading(request, response_type)
            return super().send(request, response_type)

    def prefetch(self, resource_fqn: str) -> None:
        """Let Node load a resource's module while Python is busy: request its type's name without reading the response.

        Do nothing in a forked child, whose socket belongs to the parent, and while another thread is sending a request.
        """
        if os.getpid() != self._process_id or not self._lock.acquire(blocking=False):
            return
        try:
            if len(self._pending) < _MAX_PENDING:
                self._send_without_reading(StaticGetRequest(fqn=resource_fqn, property="tfResourceType"), GetResponse)
        finally:
            self._lock.release()

    def _send_without_reading(self, request: KernelRequest, response_type: type[KernelResponse]) -> KernelResponse:
        self._deferring = True
        try:
            response = super().send(request, response_type)
        finally:
            self._deferring = False
        self._pending.append(type(request))
        return response

    def _next_message(self) -> Mapping[Any, Any]:
        if self._deferring:
            return {"ok": {"assembly": "", "types": 0, "value": None}}
        failed_load = self._read_pending()
        message = super()._next_message()
        return failed_load or message

    def _read_pending(self) -> Mapping[Any, Any] | None:
        """Read the pending responses. Return the first one of a failed load, which is an error to report."""
        pending, self._pending = self._pending, []
        if self._pending_handshake:
            self._pending_handshake = False
            self.handshake()
        responses = [(request, super(LazyNodeProcess, self)._next_message()) for request in pending]
        failed = (response for request, response in responses if request is LoadRequest and "error" in response)
        return next(failed, None)

    def _start_directly(self, node: Node) -> None:
        self._ctx_stack.callback(node.remove)
        self._process = node.process
        self._stdout_thread = _sink(cast("IO[bytes]", node.process.stdout), "stdout")
        self.sink_thread = _sink(cast("IO[bytes]", node.process.stderr), "stderr")
        with node.channel as channel:
            self._process.stdin, self._process.stdout = channel.makefile("wb"), channel.makefile("rb")
        self._pending_handshake = True
        atexit.register(self.stop)

    def stop(self) -> None:
        """End the kernel as jsii does, then wait for the rest of its output."""
        super().stop()
        if self._stdout_thread:
            self._stdout_thread.join(timeout=5)

    def _start_with_relay(self) -> None:
        added = {"NODE_OPTIONS": node_options(os.environ.get("NODE_OPTIONS", "")), **_node.preload_environment()}
        before = {name: os.environ.get(name) for name in added}
        os.environ.update(added)
        try:
            super().start()  # type: ignore[no-untyped-call]  # jsii has no types for it
        finally:
            for name, value in before.items():
                del os.environ[name]
                if value is not None:
                    os.environ[name] = value


def _sink(reader: IO[bytes], name: str) -> threading.Thread:
    """Copy the output of the kernel's packages to our own standard output or standard error, as jsii does."""

    def copy() -> None:
        with reader:
            for line in reader:
                with suppress(AttributeError, ValueError):  # our own stream was closed, or there is none
                    _write(getattr(sys, name), line)

    thread = threading.Thread(name=f"lazy_bindings.{name}", target=copy, daemon=True)
    thread.start()
    return thread


def _write(stream: Any, line: bytes) -> None:  # noqa: ANN401 - any replacement of sys.stderr
    if hasattr(stream, "buffer"):
        stream.buffer.write(line)
    else:
        stream.write(line.decode(errors="replace"))
