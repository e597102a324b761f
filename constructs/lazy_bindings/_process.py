"""The Node side: jsii's kernel process, started early, spoken to directly (`_node.py`), with our preload."""

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

_BUILT_ON = {"start", "stop", "send", "handshake", "_next_message", "_ctx_stack", "_process", "sink_thread"}
_known = {*vars(_NodeProcess), *_NodeProcess.__init__.__code__.co_names, *_NodeProcess.start.__code__.co_names}
if _BUILT_ON - _known:
    raise ImportError(f"its process has no {', '.join(sorted(_BUILT_ON - _known))}")

_MOST_AHEAD = 64  # answers that may wait unread: more could fill the channel, and then both sides would wait for ever


def node_options(current: str) -> str:
    """Return the user's NODE_OPTIONS with the preload added. Source: nodejs.org, CLI, NODE_OPTIONS (quoting)."""
    path = str(PRELOAD).replace("\\", "\\\\").replace('"', '\\"')
    return f'{current} --require "{path}"'.strip()


class LazyNodeProcess(_NodeProcess):
    """jsii's kernel process; its greeting and what nobody waits for are read when the next answer is needed."""

    running: ClassVar["LazyNodeProcess | None"] = None  # the one that jsii has started
    _waiting: ClassVar[Node | None] = None  # started early, for the one kernel that there is
    _deferring = False
    _unread_greeting = False
    _stdout_thread: threading.Thread | None = None

    @classmethod
    def wait_for_use(cls, node: Node | None) -> None:
        """Have the next `start` use a kernel that runs already; the interpreter's end ends one that nobody used."""
        cls._waiting = node
        atexit.register(cls._take_waiting, use=False)

    @classmethod
    def _take_waiting(cls, *, use: bool = True) -> Node | None:
        node, cls._waiting = cls._waiting, None
        if node and not (use and node.fits()):
            node.end()
            return None
        return node

    def start(self) -> None:
        """Start the kernel with the preload, or use the one that waits."""
        self._process_id = os.getpid()
        self._turn = threading.RLock()
        self._unread: list[type] = []  # of each request whose answer is still to be read, in order
        node = self._take_waiting()
        if node is None and _node.can_start_directly():
            node = _node.start_node()
        if node:
            self._start_directly(node)
        else:
            self._start_behind_relay()
        LazyNodeProcess.running = self

    def send(self, request: KernelRequest, response_type: type[KernelResponse]) -> KernelResponse:
        """Send a request and return its answer, or, for a load, whose answer jsii drops, a stand-in."""
        with self._turn:
            if isinstance(request, LoadRequest):
                return self._send_ahead(request, response_type)
            return super().send(request, response_type)

    def require_ahead(self, resource_fqn: str) -> None:
        """Have Node require a resource's module while Python is busy: ask for its type's name, do not wait for it.

        Left out in a forked child, whose channel is its parent's, and while another thread asks Node for something.
        """
        if os.getpid() != self._process_id or not self._turn.acquire(blocking=False):
            return
        try:
            if len(self._unread) < _MOST_AHEAD:
                self._send_ahead(StaticGetRequest(fqn=resource_fqn, property="tfResourceType"), GetResponse)
        finally:
            self._turn.release()

    def _send_ahead(self, request: KernelRequest, response_type: type[KernelResponse]) -> KernelResponse:
        self._deferring = True
        try:
            response = super().send(request, response_type)
        finally:
            self._deferring = False
        self._unread.append(type(request))
        return response

    def _next_message(self) -> Mapping[Any, Any]:
        if self._deferring:
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

    def _start_directly(self, node: Node) -> None:
        self._ctx_stack.callback(node.remove)
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
        added = {"NODE_OPTIONS": node_options(os.environ.get("NODE_OPTIONS", "")), **_node.for_the_preload()}
        before = {name: os.environ.get(name) for name in added}
        os.environ.update(added)
        try:
            super().start()  # type: ignore[no-untyped-call]  # jsii leaves it without types
        finally:
            for name, value in before.items():
                del os.environ[name]
                if value is not None:
                    os.environ[name] = value


def _sink(reader: IO[bytes], name: str) -> threading.Thread:
    """Copy what the kernel's packages print to our own standard output or standard error, as jsii does."""

    def copy() -> None:
        with reader:
            for line in reader:
                with suppress(AttributeError, ValueError):  # our own stream was closed meanwhile, or there is none
                    _write(getattr(sys, name), line)

    thread = threading.Thread(name=f"lazy_bindings.{name}", target=copy, daemon=True)
    thread.start()
    return thread


def _write(stream: Any, line: bytes) -> None:  # noqa: ANN401 - whatever was put in the place of sys.stderr
    if hasattr(stream, "buffer"):
        stream.buffer.write(line)
    else:
        stream.write(line.decode(errors="replace"))
