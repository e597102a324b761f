"""The stage: what a scenario may do to the deployment, and what it sees."""

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Protocol

import urllib3

from standby.console import Progress
from standby.deployment.manifest import ROLES, Manifest, Role
from standby.drill.load.process import LoadProcess
from standby.drill.load.users import Asks
from standby.drill.measure.documents import Documents
from standby.drill.measure.measures import Moments, first_good
from standby.drill.measure.records import Clock, Event, EventKind, Number, Request, Span
from standby.drill.observe.observer import Observer
from standby.drill.operator_process import CommandProcess, CommandResult
from standby.errors import StandbyError
from standby.rehearsal.faults.faults import FaultKind

POLL_SECONDS: Final = 0.5
POLL_TIMEOUT_SECONDS: Final = 2.0
BAD_POLLS: Final = 2
"""The operator's detection: /health is asked every half second, and two bad answers in a row are an outage."""

DETECTION_SECONDS: Final = 20.0
ATTEMPTS: Final = 4
KILLED: Final = -signal.SIGKILL
AGAIN_SECONDS: Final = 2.0
ANSWERED_SECONDS: Final = 10.0
REPEATED: Final = "commands_repeated"
STATES: Final = {
    "region-down": "refuses",
    "region-black-hole": "black hole",
    "s3-errors": "S3 fails",
    "api-errors": "API fails",
    "slow": "slow",
    "pages-denied": "pages denied",
    "knowledge-base-denied": "no Knowledge Base",
    "replication-paused": "replication paused",
}


class FaultInjector(Protocol):
    """Does faults, and puts everything back: those of a rehearsal, or the harmless ones to a real deployment."""

    def set(self, kind: FaultKind, role: Role, /) -> None:
        """Do the fault."""

    def heal(self) -> object:
        """Undo every fault; nothing is done where none is."""


@dataclass(kw_only=True)
class ScenarioContext:
    """One scenario's stage. `options` are those of every `standby` command (which deployment).

    `by_force`: users are taken home by force where nothing else does it: they were moved while both regions were well.
    """

    deployment: Manifest
    faults: FaultInjector
    observer: Observer
    client: Asks
    load_process: LoadProcess
    clock: Clock
    progress: Progress
    options: Sequence[str]
    by_force: bool = False
    events: list[Event] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    measured: dict[str, Number] = field(default_factory=lambda: {REPEATED: 0})
    extra: dict[str, object] = field(default_factory=dict)
    at_failover: frozenset[str] | None = None
    _fault: float | None = None
    _detected: float | None = None
    _command: CommandResult | None = None
    _survivor: Role | None = None
    _broken: list[tuple[Role, str, float]] = field(default_factory=list)
    _under_way: list[CommandProcess] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        """Let users go on for so long."""
        time.sleep(seconds)

    def note(self, text: str) -> None:
        """Note something in the report."""
        self._event("note", text)

    def break_(self, kind: FaultKind, role: Role) -> None:
        """Do the fault. The outage counts from the first one that the scenario is about."""
        region = self.deployment.regions[role].region
        self.progress.start(f"Breaking {region}: {kind}")
        began = self.clock.now()
        self.faults.set(kind, role)
        if kind != "replication-paused" and self._fault is None:
            self._fault = began
        self._broken.append((role, STATES[kind], began))
        self.events.append(Event(at=began, kind="fault", text=f"{kind} {region}", role=role))

    def heal(self) -> None:
        """Put every region back, if any is broken."""
        self.faults.heal()
        now = self.clock.now()
        for role, state, began in self._broken:
            region = self.deployment.regions[role].region
            self.spans.append(Span(role=role, region=region, state=state, began=began, ended=now))
        if self._broken:
            self._event("heal", "healed " + " and ".join(sorted({self._region(role) for role, _, _ in self._broken})))
        self._broken.clear()

    def detect(self, role: Role) -> None:
        """Poll the region's health as an operator's monitor does, until it is seen to be bad.

        Raises `StandbyError` when it never is: then the fault did nothing.
        """
        url = f"{self.deployment.regions[role].health_url}?deep=true"
        self.until_bad(url, what=f"the health of {self._region(role)}")

    def until_bad(self, url: str, *, what: str) -> None:
        """Poll a URL until it answers badly twice in a row."""
        self.progress.start(f"Watching {what}")
        bad, deadline = 0, self.clock.now() + DETECTION_SECONDS
        while self.clock.now() < deadline:
            following = self.clock.now() + POLL_SECONDS
            bad = 0 if self._good(url) else bad + 1
            if bad == BAD_POLLS:
                self._detected = self._detected or self.clock.now()
                self._event("detected", f"{what} is seen to be bad")
                return
            time.sleep(max(following - self.clock.now(), 0.0))
        raise StandbyError(f"{what} stayed good for {DETECTION_SECONDS:.0f} s: the fault did nothing")

    def failover(self, *, to: Role = "failover") -> CommandResult:
        """Run the operator's failover. Raises `StandbyError` when it does not do what it should."""
        if any(request.kind == "upload" for request in self.load_process.requests()):
            self.at_failover = self.observer.keys(to)
        ran = self.command("failover")
        self._command, self._survivor = ran, to
        return ran.required()

    def command(self, *arguments: str) -> CommandResult:
        """Run an operator's command to its end, whatever that is."""
        return self.start(*arguments)()

    def start(
        self, *arguments: str, heard: Callable[[CommandProcess, str], None] | None = None
    ) -> Callable[[], CommandResult]:
        """Start an operator's command; return what waits for its end. `heard` is called with each line of progress."""
        asked = arguments if arguments[0] == "status" else (*arguments, "--yes", "--reason", "drill")
        name = f"standby {arguments[0]}"
        self.progress.start(f"Running {name}")
        self._event("command", name)
        running = CommandProcess((*asked, "--json"), options=self.options, clock=self.clock)
        self._under_way.append(running)
        running.listen((lambda line: heard(running, line)) if heard else None)

        def end() -> CommandResult:
            ran = running.wait()
            self._under_way.remove(running)
            how = "killed" if ran.code == KILLED else f"exit code {ran.code}"
            done = f"{name}: {how}, {ran.ended - ran.began:.1f} s"
            self.events.append(Event(at=ran.ended, kind="done", text=done))
            return ran

        return end

    def kill_running_commands(self) -> None:
        """End the commands that are still under way, before anything is put back that they could undo."""
        for running in self._under_way:
            running.end()
        self._under_way.clear()

    def until_answered(self, role: Role, *, seconds: float = ANSWERED_SECONDS) -> bool:
        """Wait until a question asked from now on is answered by the region; tell whether it was, in that time."""
        region, since = self._region(role), self.clock.now()
        deadline = since + seconds
        while self.clock.now() < deadline:
            if first_good(self.questions(), since=since, region=region):
                return True
            time.sleep(0.1)
        self.note(f"no question was answered by {region} within {seconds:.0f} s")
        return False

    def questions(self) -> list[Request]:
        """Return the questions recorded so far."""
        return [request for request in self.load_process.requests() if request.kind == "question"]

    def moments(self, *, until: float) -> Moments:
        """Return when what happened; the load went on `until` then."""
        command = self._command
        return Moments(
            until=until,
            fault=self._fault,
            detected=self._detected,
            command=command.began if command else None,
            command_ended=command.ended if command else None,
            survivor=self._region(self._survivor) if self._survivor else None,
        )

    def run_with_retries(self, *arguments: str) -> CommandResult:
        """Run a command, and again as its hint says when it could not; raise `StandbyError` when it never could."""
        for _ in range(ATTEMPTS - 1):
            ran = self.command(*arguments)
            if ran.code == 0:
                return ran
            self.note(f"standby {arguments[0]}, to be run again: {' '.join(ran.stderr.split())[-200:]}")
            self.measured[REPEATED] = (self.measured[REPEATED] or 0) + 1
            time.sleep(AGAIN_SECONDS)
        return self.command(*arguments).required()

    def documents(self, requests: Sequence[Request]) -> Documents:
        """Look what has become of the documents that were accepted."""
        self.progress.start("Looking for every accepted document, in both regions")
        words = frozenset(request.word for request in requests if request.kind == "upload" and request.ok)
        if not words:
            return Documents(at_failover=self.at_failover)
        return Documents(
            at_failover=self.at_failover,
            found={role: self.observer.found(role, words) for role in ROLES},
            after={role: self.observer.stored(role) for role in ROLES},
        )

    def _good(self, url: str) -> bool:
        try:
            return (
                self.client.request("GET", url, timeout=POLL_TIMEOUT_SECONDS).status < HTTPStatus.INTERNAL_SERVER_ERROR
            )
        except urllib3.exceptions.HTTPError:
            return False

    def _event(self, kind: EventKind, text: str, role: Role | None = None) -> None:
        self.events.append(Event(at=self.clock.now(), kind=kind, text=text, role=role))

    def _region(self, role: Role) -> str:
        return self.deployment.regions[role].region
