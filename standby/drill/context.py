"""The context of a scenario: its actions on the deployment, and its observations."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Protocol, Unpack

import urllib3

from standby.console import Progress
from standby.deadline import Deadline, poll
from standby.deployment.answers import DeadlineExceededError
from standby.deployment.api_call import call_with_deadline
from standby.deployment.manifest import ROLES, Manifest, Role
from standby.drill.load.process import LoadProcess
from standby.drill.measure.documents import DocumentFacts
from standby.drill.measure.measures import Injection, ScenarioTimes, first_good_answer
from standby.drill.measure.records import BrowserQuestion, Clock, Event, EventKind, FaultPeriod, Number, Request
from standby.drill.observe.dns_client import DnsClient
from standby.drill.observe.observer import Observer
from standby.drill.operator_process import KILLED, CommandProcess, CommandResult, run_with_retries
from standby.drill.sign_ins import SignIns
from standby.errors import StandbyError
from standby.rehearsal.emulator.fast_minutes import MINUTE_SECONDS
from standby.rehearsal.emulator.sickness import Sickness
from standby.rehearsal.faults.faults import FaultKind
from standby.rehearsal.files.json_files import parse_object
from standby.rehearsal.network.network import RequestOptions

HEALTH_PAUSE_SECONDS: Final = 0.5
HEALTH_TIMEOUT_SECONDS: Final = 2.0
MONITOR_QUESTION: Final = "What do the documents say?"
BAD_ANSWERS: Final = 2
"""The drill's monitor asks /health every half second. Two bad answers in a row are an outage."""

DETECTION_SECONDS: Final = 20.0
ANSWER_SECONDS: Final = 10.0
ANSWER_PAUSE_SECONDS: Final = 0.1
STDERR_CHARACTERS: Final = 200

FAULT_STATES: Final[Mapping[FaultKind, str]] = {
    "region-down": "refuses",
    "region-black-hole": "hangs",
    "s3-errors": "S3 fails",
    "api-errors": "API fails",
    "slow": "slow",
    "sick": "answers nonsense",
    "pages-denied": "pages denied",
    "knowledge-base-denied": "no Knowledge Base",
    "replication-paused": "replication paused",
    "partition": "unseen by the other region",
    "identity-provider-down": "no sign-in",
}
"""The effect of each fault on a region, for the timeline."""


class FaultInjector(Protocol):
    """Injects faults and heals them: those of a rehearsal, or the harmless ones of a real deployment."""

    def set(self, kind: FaultKind, role: Role | None, /, *, sickness: Sickness | None = None) -> None:
        """Inject the fault. `sickness`: how the region is sick, for `sick`; `role`: None for a fault of no region."""

    def heal(self) -> object:
        """Heal every fault. Does nothing if there is none."""


@dataclass(kw_only=True)
class ScenarioContext:
    """The actions and the observations of one scenario.

    `options` name the deployment in every `standby` command. `force_failback`: a `failback` that is refused during
    clean-up is repeated with `--force`. `sign_ins`: the identity provider of a rehearsal; None where users do not sign
    in. `dns_client` makes a client that finds the API by DNS; None if the API has no name. `minute_seconds`: the length
    of the minute of the automatic failover's controller.
    """

    deployment: Manifest
    faults: FaultInjector
    observer: Observer
    load: LoadProcess
    clock: Clock
    progress: Progress
    options: Sequence[str]
    force_failback: bool = False
    sign_ins: SignIns | None = None
    dns_client: Callable[[], DnsClient] | None = None
    minute_seconds: float = MINUTE_SECONDS
    events: list[Event] = field(default_factory=list)
    fault_periods: list[FaultPeriod] = field(default_factory=list)
    injections: list[Injection] = field(default_factory=list)
    measures: dict[str, Number] = field(default_factory=lambda: {"command_retries": 0})
    browser_questions: list[BrowserQuestion] = field(default_factory=list)
    keys_at_failover: frozenset[str] | None = None
    _fault_at: float | None = None
    _detected_at: float | None = None
    _failover: CommandResult | None = None
    _survivor: Role | None = None
    _active_faults: dict[tuple[Role, FaultKind], tuple[str, float]] = field(default_factory=dict)
    _running_commands: list[CommandProcess] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        """Let the load run for this long."""
        time.sleep(seconds)

    def note(self, text: str) -> None:
        """Add a note to the report."""
        self._add_event("note", text)

    def inject(self, kind: FaultKind, role: Role, *, sickness: Sickness | None = None) -> None:
        """Inject the fault. The outage starts with the first fault that is not a mere preparation.

        A region that is sick already becomes sick in the new way.
        """
        region = self._region(role)
        name = f"{kind} ({sickness.mode})" if sickness else kind
        self.progress.start(f"Injecting {name} in {region}")
        started = self.clock.now()
        self.faults.set(kind, role, sickness=sickness)
        self.injections.append(Injection(started, self.clock.now()))
        if kind != "replication-paused" and self._fault_at is None:
            self._fault_at = started
        self._end_fault(role, kind, at=started)
        state = f"{FAULT_STATES[kind]} ({sickness.mode})" if sickness else FAULT_STATES[kind]
        self._active_faults[role, kind] = (state, started)
        self.events.append(Event(at=started, kind="fault", text=f"{name} in {region}", role=role))

    def lose_identity_provider(self) -> None:
        """Take the identity provider off the network. It is in no region, so this starts no outage of a region."""
        self.progress.start("Taking the identity provider off the network")
        self.faults.set("identity-provider-down", None)
        self.events.append(Event(at=self.clock.now(), kind="fault", text="the identity provider refuses connections"))

    def heal(self) -> None:
        """Heal all faults."""
        regions = " and ".join(sorted({self._region(role) for role, _ in self._active_faults}))
        if regions:
            self.progress.start(f"Healing {regions}")
        self.faults.heal()
        now = self.clock.now()
        for role, kind in tuple(self._active_faults):
            self._end_fault(role, kind, at=now)
        if regions:
            self._add_event("heal", f"healed {regions}")

    def detect_outage(self, role: Role) -> None:
        """Poll the region's deep health, as an operator's monitor does, until it is bad.

        Raises `StandbyError` if it stays good, because then the fault had no effect.
        """
        region = self.deployment.regions[role]
        if self.sign_ins is not None:
            # A deep check of such an API needs a token, too. So the monitor asks a question as a user does.
            self._detect(lambda: self._answers(f"{region.api_url}docs"), what=f"the API in {region.region}")
            return
        url = f"{region.health_url}?deep=true"
        self._detect(lambda: self._is_healthy(url), what=f"the health endpoint in {region.region}")

    def detect_bad_answers(self, url: str, *, what: str) -> None:
        """Poll a URL until it gives `BAD_ANSWERS` bad answers in a row. Raises `StandbyError` if it never does."""
        self._detect(lambda: self._answer(url) is not None, what=what)

    def failover(self, *options: str, to: Role = "failover") -> CommandResult:
        """Run the operator's failover. Raises `StandbyError` if it fails."""
        if any(request.kind == "upload" for request in self.load.requests()):
            self.keys_at_failover = self.observer.document_keys(to)
        result = self.run_command("failover", *options)
        self._failover, self._survivor = result, to
        return result.require_success()

    def run_command(self, *arguments: str) -> CommandResult:
        """Run an operator's command to its end, whatever its exit code."""
        return self.start_command(*arguments)()

    def start_command(
        self, *arguments: str, on_line: Callable[[CommandProcess, str], None] | None = None
    ) -> Callable[[], CommandResult]:
        """Start an operator's command and return a function that waits for its end.

        `on_line` is called with each line of its progress.
        """
        confirmed = arguments if arguments[0] == "status" else (*arguments, "--yes", "--reason", "drill")
        name = f"standby {' '.join(arguments)}"
        self.progress.start(f"Running {name}")
        self._add_event("command", name)
        process = CommandProcess((*confirmed, "--json"), options=self.options, clock=self.clock, on_line=on_line)
        self._running_commands.append(process)

        def wait() -> CommandResult:
            result = process.wait()
            self._running_commands.remove(process)
            end = "killed" if result.code == KILLED else f"exit code {result.code}"
            text = f"{name}: {end}, {result.ended - result.started:.1f} s"
            self.events.append(Event(at=result.ended, kind="ended", text=text))
            return result

        return wait

    def run_with_retries(self, *arguments: str) -> CommandResult:
        """Run a command, and again as its hint says if it fails. Raises `StandbyError` if it fails every time."""

        def note_retry(result: CommandResult) -> None:
            text = " ".join(result.stderr.split())[-STDERR_CHARACTERS:]
            self.note(f"standby {' '.join(arguments)} is run again after: {text}")
            self.measures["command_retries"] = (self.measures["command_retries"] or 0) + 1

        return run_with_retries(lambda: self.run_command(*arguments), on_retry=note_retry).require_success()

    def kill_running_commands(self) -> None:
        """Kill the commands that still run, because they could change what is restored."""
        for process in self._running_commands:
            process.kill_and_wait()
        self._running_commands.clear()

    def wait_until_answered(self, role: Role, *, seconds: float = ANSWER_SECONDS) -> bool:
        """Wait until the region answers a question that is due from now on. Return whether it did within `seconds`."""
        region, since = self._region(role), self.clock.now()
        answer = poll(
            lambda: first_good_answer(self.questions(), since=since, region=region),
            seconds=seconds,
            pause=ANSWER_PAUSE_SECONDS,
        )
        if answer is None:
            self.note(f"{region} answered no question within {seconds:.0f} s")
        return answer is not None

    def questions(self) -> list[Request]:
        """Return the questions recorded so far."""
        return [request for request in self.load.requests() if request.kind == "question"]

    def times(self, *, load_ended: float) -> ScenarioTimes:
        """Return when each part of the scenario happened."""
        command = self._failover
        return ScenarioTimes(
            load_ended=load_ended,
            fault=self._fault_at,
            detected=self._detected_at,
            command_started=command.started if command else None,
            command_ended=command.ended if command else None,
            survivor=self._region(self._survivor) if self._survivor else None,
        )

    def document_facts(self, requests: Sequence[Request]) -> DocumentFacts:
        """Return the state of the accepted documents in both regions."""
        self.progress.start("Looking for every accepted document in both regions")
        words = frozenset(request.word for request in requests if request.kind == "upload" and request.ok)
        if not words:
            return DocumentFacts(keys_at_failover=self.keys_at_failover)
        return DocumentFacts(
            keys_at_failover=self.keys_at_failover,
            found={role: self.observer.find_documents(role, words) for role in ROLES},
            stored={role: self.observer.stored_documents(role) for role in ROLES},
        )

    def _detect(self, is_good: Callable[[], bool], *, what: str) -> None:
        self.progress.start(f"Polling {what}")
        bad, deadline = 0, Deadline(DETECTION_SECONDS)
        while not deadline.passed:
            pause = Deadline(HEALTH_PAUSE_SECONDS)
            bad = 0 if is_good() else bad + 1
            if bad == BAD_ANSWERS:
                self._detected_at = self._detected_at or self.clock.now()
                self._add_event("detected", f"bad answers from {what}")
                return
            time.sleep(pause.remaining)
        raise StandbyError(f"For {DETECTION_SECONDS:.0f} s, {what} gave good answers: the fault had no effect")

    def _is_healthy(self, url: str) -> bool:
        # A proxy in front of a lost region may answer 200 with a page.
        answer = self._answer(url)
        return answer is not None and isinstance(parse_object(answer.data).get("status"), str)

    def _answers(self, url: str) -> bool:
        body = json.dumps({"question": MONITOR_QUESTION}).encode()
        answer = self._answer(url, method="POST", headers={"Content-Type": "application/json"}, body=body)
        return answer is not None and bool(parse_object(answer.data).get("response"))

    def _answer(
        self, url: str, *, method: str = "GET", **options: Unpack[RequestOptions]
    ) -> urllib3.BaseHTTPResponse | None:
        """Return the answer to a request, None if there is none in time or if it has a server's error."""
        try:
            answer = call_with_deadline(
                lambda: self.observer.client.request(method, url, timeout=HEALTH_TIMEOUT_SECONDS, **options),
                seconds=HEALTH_TIMEOUT_SECONDS,
            )
        except (urllib3.exceptions.HTTPError, DeadlineExceededError):
            return None
        return answer if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR else None

    def _end_fault(self, role: Role, kind: FaultKind, *, at: float) -> None:
        state, started = self._active_faults.pop((role, kind), ("", None))
        if started is not None:
            region = self._region(role)
            period = FaultPeriod(role=role, region=region, state=state, started=started, ended=at)
            self.fault_periods.append(period)

    def _add_event(self, kind: EventKind, text: str) -> None:
        self.events.append(Event(at=self.clock.now(), kind=kind, text=text))

    def _region(self, role: Role) -> str:
        return self.deployment.regions[role].region
