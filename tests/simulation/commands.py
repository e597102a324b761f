"""The commands of the tool, as they run in a simulation: the code of the command line from its first call to its words.

Installed once for a process: `threading`, `queue` and `time` of the modules that wait, the identity of events, and the
last step, which would print the outcome and end the process. Everything else is the product's code.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from queue import Empty
from types import SimpleNamespace
from typing import Any, Final, Literal
from unittest.mock import patch

import botocore.endpoint
from botocore.client import BaseClient
from botocore.config import Config

from standby import console, deadline
from standby.cli import failover as failover_command
from standby.cli import options as command_options
from standby.cli import reconcile as reconcile_command
from standby.cli import run_plan as plan_runner
from standby.cli.options import ChangeOptions
from standby.cli.output.change_view import summary_lines
from standby.cli.output.outcome import CommandOutcome
from standby.deployment import api_call, clients, concurrency
from standby.deployment.clients import Clients
from standby.deployment.clock import Clock
from standby.deployment.concurrency import NoAnswerError
from standby.deployment.dns.lookup import Lookup
from standby.deployment.http_client import HttpResponse
from standby.deployment.manifest import parse_manifest
from standby.deployment.manifest_reader import read_manifest
from standby.deployment.routing_config import RoutingConfig
from standby.errors import StandbyError
from standby.operations.execution import executor, failback_check, reconcile_steps, switch_steps
from standby.operations.facts import journal
from standby.operations.facts.collect import collect_state
from standby.operations.facts.documents import STATUS_DEPTH
from standby.operations.plans.plan import CopyDocuments, Ingest, PutConfig, WriteIntent
from standby.operations.views.verdict import assess_state
from standby_protocol import journal as protocol_journal
from tests.simulation import memory
from tests.simulation.calls import SITE, Call, make_clients
from tests.simulation.machine import Local, Machine, Semaphore, SimpleQueue, Thread, VirtualTime, current
from tests.standby.manifests import REGIONS, manifest_text

MANIFEST_TEXT: Final = manifest_text()
MANIFEST: Final = parse_manifest(MANIFEST_TEXT)
NOON: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)

Name = Literal["failover", "failback", "reconcile", "status"]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A command that an operator gives: `number` tells the operators apart.

    `began` is the time in seconds after noon, and `skew` is how many seconds the operator's clock is ahead.
    """

    number: int
    command: Name
    force: bool = False
    began: int = 0
    skew: int = 0

    def __str__(self) -> str:
        return f"`{self.command}{' --force' if self.force else ''}`"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a command told its operator. `config` is the one that its plan was to write, and `role` its region's role.

    `pending` are the regions whose copy it named as pending. `plan_notes` are the notes that were shown before.
    `reasons` are those of a `status`, and `verdict` its verdict. `own`: the config has a generation of this command.
    `mends`: its plan changed config.json, documents or a Knowledge Base.
    """

    result: str
    command: str = ""
    config: tuple[int, str] | None = None
    role: str = ""
    target: str = ""
    pending: tuple[str, ...] = ()
    plan_notes: tuple[str, ...] = ()
    words: str = ""
    reasons: tuple[str, ...] = ()
    verdict: str = ""
    own: bool = False
    mends: bool = False


class SimulatedConnection:
    """The connection of every simulated command: its calls go to the machine that runs."""

    name = "chatbot"
    allowed_accounts: tuple[str, ...] = ()
    regions = tuple(REGIONS.values())
    where = "SIMULATION"
    rehearsed = False
    clients: Clients

    def look_up(self, name: str) -> Lookup:
        raise NoAnswerError(f"DNS has no answer for {name}")

    def request(
        self, method: str, url: str, *, body: bytes | None = None, seconds: float = 2.0, token: str = ""
    ) -> HttpResponse:
        regions = [region for region in MANIFEST.regions.values() if url.startswith(region.api_url)]
        region, path = (regions[0].region, url.removeprefix(regions[0].api_url)) if regions else (SITE, "config.json")
        answer = current().ask(Call(region=region, operation=f"{method} {path}", seconds=seconds))
        if answer.failure == "refused":
            raise NoAnswerError("does not answer (connection refused)")
        if answer.failure:
            raise NoAnswerError(f"does not answer (time-out after {seconds:g} s)")
        return HttpResponse(status=answer.status, body=answer.body)


class _MachineClock(Clock):
    """The clock of the machine that runs, which learns the time of AWS as the product's clock does.

    No two operators read it in the same microsecond.
    """

    def observe(self, date: object) -> None:
        _clock().observe(date)

    def now(self) -> datetime:
        number: int = current().spec.number  # type: ignore[attr-defined]  # set by `Command`
        return _clock().now() + timedelta(microseconds=number)


def _clock() -> Clock:
    clock: Clock = current().clock  # type: ignore[attr-defined]  # set by `Command`
    return clock


class Command(Machine):
    """A machine that runs one command; its `result` is its `Report`."""

    def __init__(self, spec: Spec) -> None:
        self.spec, self.began_at = spec, NOON.timestamp() + spec.began
        self._events = 0
        self.clock = Clock(lambda: NOON + timedelta(seconds=spec.began + spec.skew + self.seconds))
        super().__init__(lambda: _run(self, spec))

    @property
    def report(self) -> Report:
        """What the command told at its end."""
        if isinstance(self.result, Report):
            return self.result
        raise RuntimeError("the command has not ended")

    def event_id(self) -> str:
        """Return the identity of the next event."""
        self._events += 1
        return f"{self.spec.number:06x}{self._events:02x}"


def _run(machine: Command, spec: Spec) -> Report:
    try:
        return _BODIES[spec.command](machine, spec)
    except StandbyError as error:
        result = "refused" if error.exit_code == 3 else "failed"
        return Report(result=result, words=error.full_message)
    except Exception as error:  # noqa: BLE001 - the report says that the command crashed
        return Report(result="crashed", words=f"{type(error).__name__}: {error}")


def _options(spec: Spec) -> ChangeOptions:
    return ChangeOptions(dry_run=False, yes=True, force=spec.force, reason="", as_json=False)


def _failover(machine: Command, spec: Spec) -> Report:
    body = failover_command.failover.callback.__wrapped__  # type: ignore[union-attr]  # without click's context
    return _report(machine, lambda: body(_TARGET, dry_run=False, yes=True, force=spec.force, reason="", as_json=False))


def _failback(machine: Command, spec: Spec) -> Report:
    return _report(machine, lambda: failover_command.switch_back(_TARGET, _options(spec), checks=1, wait_seconds=3))


def _reconcile(machine: Command, spec: Spec) -> Report:
    return _report(
        machine,
        lambda: reconcile_command.reconcile_regions(_TARGET, _options(spec), verbose=False, wait_seconds=60),
    )


def _status(machine: Command, spec: Spec) -> Report:
    state = collect_state(_CONNECTION, read_manifest(_CONNECTION), depth=STATUS_DEPTH)
    verdict = assess_state(state)
    config = (state.config.generation or 0, state.config.updated_at) if state.config else None
    return Report(
        result="shown",
        config=config,
        role=state.serving or "",
        words=verdict.next,
        reasons=verdict.reasons,
        verdict=verdict.name,
    )


_BODIES: Final[dict[str, Callable[[Command, Spec], Report]]] = {
    "failover": _failover,
    "failback": _failback,
    "reconcile": _reconcile,
    "status": _status,
}


class _ReportedError(Exception):
    """Carries the outcome out of the command's body, where the real command ends its process."""

    def __init__(self, outcome: CommandOutcome) -> None:
        super().__init__()
        self.outcome = outcome


def _end(_connection: object, _manifest: object, outcome: CommandOutcome, *_: object, **__: object) -> None:
    raise _ReportedError(outcome)


def _report(machine: Command, body: Callable[[], object]) -> Report:
    try:
        body()
    except _ReportedError as ended:
        return describe_outcome(ended.outcome, machine.said)
    raise RuntimeError("the command ended without an outcome")


def describe_outcome(outcome: CommandOutcome, said: list[str]) -> Report:
    """Return what the operator learns from an outcome, and from the lines before it."""
    plan, run = outcome.plan, outcome.run
    puts = [step.action for step in plan.steps if isinstance(step.action, PutConfig)]
    words = outcome.error.full_message if outcome.error else " ".join(summary_lines(outcome))
    config = puts[0].config if puts and plan.standing_refusals(force=True) == () else None
    return Report(
        result=outcome.result,
        command=plan.command,
        config=_identity(config),
        role=config.role if config else "",
        target=plan.target,
        pending=tuple(sorted({part.region for part in run.pending_writes if part.what == "config.json"}))
        if run
        else (),
        plan_notes=tuple(line.strip() for line in said if line.startswith("  note: ")),
        words=words,
        mends=any(isinstance(step.action, PutConfig | CopyDocuments | Ingest) for step in plan.steps),
        own=any(isinstance(step.action, WriteIntent) for step in plan.steps)
        and config is not None
        and _is_of(outcome, config),
    )


def _is_of(outcome: CommandOutcome, config: RoutingConfig) -> bool:
    """Return whether this command made the config; otherwise it completes another one's."""
    event = outcome.run.event if outcome.run else outcome.plan.event
    return event is not None and (event.generation, event.started_at) == (config.generation, config.updated_at)


def _identity(config: RoutingConfig | None) -> tuple[int, str] | None:
    return None if config is None else (config.generation or 0, config.updated_at)


_CONNECTION: Final = SimulatedConnection()
_TARGET: Any = SimpleNamespace(connection=_CONNECTION)


@cache
def _clients() -> Clients:
    made = make_clients(memory.send)
    made.clock = _MachineClock()
    return made


def made_clients() -> list[Any]:
    """Return each client of botocore that a simulated command has used so far."""
    return list(_clients()._made.values())  # noqa: SLF001 - the product needs no list of them


def _say(text: str, *_: object) -> None:
    current().said.append(text)


def _once(limits: clients._Limits) -> clients._Limits:
    """Return limits with one attempt: botocore's pauses are not the product's code, and have a random length."""
    return limits._replace(config=limits.config.merge(clients.FACTS_CONFIG).merge(Config(retries=_ONE_ATTEMPT)))


_ONE_ATTEMPT: Final[Any] = {"mode": "standard", "total_max_attempts": 1}


@contextmanager
def simulated() -> Iterator[None]:
    """Within this block, the product's modules run on simulated machines."""
    threads = SimpleNamespace(Thread=Thread, Semaphore=Semaphore, local=Local, Lock=_Lock)
    queues = SimpleNamespace(SimpleQueue=SimpleQueue, Empty=Empty)
    changes: list[tuple[object, str, object]] = [
        (concurrency, "threading", threads),
        (concurrency, "queue", queues),
        (api_call, "threading", threads),
        (api_call, "queue", queues),
        (api_call, "_within", Local()),
        (reconcile_steps, "threading", threads),
        *(
            (module, "time", VirtualTime)
            for module in (console, deadline, switch_steps, reconcile_steps, failback_check)
        ),
        (botocore.endpoint, "time", VirtualTime),
        (BaseClient, _LAST, memory.remember(getattr(BaseClient, _LAST))),
        *memory.pure_functions(),
        *((clients, name, _once(getattr(clients, name))) for name in ("_RETRYING", "_LISTING", "_COPYING")),
        (executor, "report_waiting", lambda _: nullcontext()),
        (failover_command, "report_outcome", _end),
        (reconcile_command, "report_outcome", _end),
        *((module, "print_target", lambda *_: None) for module in (failover_command, reconcile_command)),
        *((module, "print_progress", _say) for module in _PRINTING),
        (protocol_journal, "secrets", SimpleNamespace(token_hex=lambda _: current().event_id())),  # type: ignore[attr-defined]
        (journal, "describe_actor", lambda arn: f"{arn} ({current().spec.number})"),  # type: ignore[attr-defined]
    ]
    patches = [patch.object(module, name, new) for module, name, new in changes]
    for one in patches:
        one.start()
    if not hasattr(_CONNECTION, "clients"):
        SimulatedConnection.clients = _clients()
    try:
        yield
    finally:
        for one in reversed(patches):
            one.stop()


_LAST: Final = "_make_api_call"
"""The last step of botocore that all calls have in common."""


class _Lock:
    """`threading.Lock`: no thread of a machine waits while it holds one."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


_PRINTING: Final = (plan_runner, reconcile_command, executor, failback_check, reconcile_steps, command_options)

__all__ = ["MANIFEST", "MANIFEST_TEXT", "NOON", "Command", "Report", "Spec", "made_clients", "replace", "simulated"]
