"""Scenarios about the operators: killed in the middle of a command, two at once, and the way back."""

import re
import threading
from dataclasses import dataclass
from typing import Final, Literal

from standby.deployment.manifest import ROLES, Role
from standby.drill.context import KILLED, ScenarioContext
from standby.drill.measure.objectives import (
    API_RPO,
    DOCUMENTS,
    DOCUMENTS_RPO,
    EXECUTION,
    PAGES_FAILED,
    QUESTIONS_FAILED,
    none,
)
from standby.drill.operator_process import CommandProcess, CommandResult
from standby.drill.scenario import STANDARD_LOAD, Scenario
from standby.errors import StandbyError

RETURNED_SECONDS: Final = 3.0
ASLEEP_SECONDS: Final = 30.0
UPLOADED_SECONDS: Final = 15.0
FAILED_OVER: Final = "failed over"
DISAGREE: Final = "the copies of config.json disagree"
_STEP: Final = re.compile(r"^step (?P<number>\d+) of (?P<count>\d+) (?P<what>begins|done)")
COMMANDS: Final = 2
"""Those that `two-operators` gives twice: `failover`, then `failback`. Each has one winner, who writes one content."""
Moment = Literal["begins", "done"]

NOT_CONVERGED: Final = none("killed runs that did not converge", "runs_not_converged")
UNTOLD: Final = none("operators who neither won nor were told", "operators_untold")
TOO_MANY: Final = none("generations written besides the winners'", "generations_too_many")
PULLED_BACK: Final = none("answers by the region that came back, unasked", "answers_pulled_back")
FAILED_SINCE: Final = none("questions failed since the return", "questions_failed_since_return")


@dataclass(frozen=True, kw_only=True)
class _End:
    """How a command that was to be killed ended: whether it was, for it may have been faster; `wrong` is "" or why."""

    killed: bool
    wrong: str


def _operator_killed(context: ScenarioContext) -> None:
    """Kill `failover` as each step begins, `failback` as each has ended, `reconcile` as it copies; run each again."""
    count = _steps(context)
    ends: list[_End] = []
    for number in range(1, count + 1):
        ends.append(_killed(context, "failover", to="failover", number=number, moment="begins"))
        ends.append(_killed(context, "failback", to="primary", number=number, moment="done"))
    _leave_a_document_behind(context)
    ends.append(_killed(context, "reconcile", to="primary", number=2, moment="begins"))
    bad = [end.wrong for end in ends if end.wrong]
    context.measured.update(runs_killed=sum(end.killed for end in ends), runs_not_converged=len(bad))
    for text in bad:
        context.note(text)


def _steps(context: ScenarioContext) -> int:
    plan = context.command("failover", "--dry-run").required().answer.get("plan")
    if not isinstance(plan, list) or not plan:
        raise StandbyError("`standby failover --dry-run` shows no steps")
    return len(plan)


def _leave_a_document_behind(context: ScenarioContext) -> None:
    context.break_("replication-paused", "primary")
    context.load_process.once("upload")
    deadline = context.clock.now() + UPLOADED_SECONDS
    while not any(request.kind == "upload" and request.ok for request in context.load_process.requests()):
        if context.clock.now() > deadline:
            raise StandbyError(f"No document was accepted within {UPLOADED_SECONDS:.0f} s")
        context.wait(0.1)
    context.heal()


def _killed(context: ScenarioContext, command: str, *, to: Role, number: int, moment: Moment) -> _End:
    def heard(running: CommandProcess, line: str) -> None:
        match = _STEP.match(line)
        if match and int(match["number"]) >= number and match["what"] == moment:
            running.kill()

    killed = context.start(command, heard=heard)()
    again = context.command(command)
    where = f"{command} killed when step {number} {moment}"
    wrong = [
        text
        for wrong, text in (
            (killed.code == 0 and moment == "begins", f"{where}: it ended before it could be killed"),
            (again.code != 0, f"{where}, run again: exit code {again.code}: {' '.join(again.stderr.split())[-300:]}"),
            (not _agreed(context, to), f"{where}, run again: the two copies of config.json do not both name {to}"),
        )
        if wrong
    ]
    return _End(killed=killed.code == KILLED, wrong=next(iter(wrong), ""))


def _agreed(context: ScenarioContext, role: Role) -> bool:
    first, second = (context.observer.config(part) for part in ROLES)
    return first == second and first.get("role") == role


def _two_operators(context: ScenarioContext) -> None:
    """Give the same command twice in the same moment; then once more, while one's laptop sleeps with the plan made."""
    before = context.observer.configs()
    ends = [context.start("failover") for _ in range(2)]
    untold = _untold(context, [end() for end in ends], to="failover")
    untold += _untold(context, _asleep(context, "failback"), to="primary")
    # By the contents, not by the highest number: one that a loser had taken in the journal is not given again.
    written = context.observer.configs() - before
    context.measured.update(operators_untold=untold, generations_too_many=len(written) - COMMANDS)


def _asleep(context: ScenarioContext, command: str) -> list[CommandResult]:
    """Let one operator sleep when the first step begins, another finish meanwhile, and the first wake up."""
    asleep: list[CommandProcess] = []
    fell = threading.Event()

    def heard(running: CommandProcess, line: str) -> None:
        if _STEP.match(line) and not fell.is_set():
            running.sleep()
            asleep.append(running)
            fell.set()

    end = context.start(command, heard=heard)
    try:
        if not fell.wait(timeout=ASLEEP_SECONDS):
            raise StandbyError(f"`standby {command}` began no step within {ASLEEP_SECONDS:.0f} s")
        other = context.command(command)
    finally:
        for running in asleep:
            running.wake()
        woken = end()
    return [other, woken]


def _untold(context: ScenarioContext, ran: list[CommandResult], *, to: Role) -> int:
    results = " and ".join(str(one.answer.get("result")) for one in ran)
    context.note(f"two operators: {ran[0].name} ended with {results}")
    if not any(one.code == 0 for one in ran) or not _agreed(context, to):
        raise StandbyError(f"two operators: nobody's {ran[0].name} took effect: {[one.stderr[-300:] for one in ran]}")
    return sum(not (one.code == 0 or _told(one)) for one in ran)


def _told(ran: CommandResult) -> bool:
    """Tell whether a loser was told who won, or what holds now."""
    return ran.answer.get("result") == "lost" and bool(ran.answer.get("winner") or ran.answer.get("authoritative"))


def _return_and_failback(context: ScenarioContext) -> None:
    context.break_("region-down", "primary")
    context.detect("primary")
    context.failover()
    context.until_answered("failover")
    context.load_process.rate("upload", 0)
    context.heal()
    back = context.clock.now()
    _see_disagreement(context.command("status"))
    context.wait(RETURNED_SECONDS)
    _count_pulled_back(context, since=back)
    context.run_with_retries("reconcile")
    context.run_with_retries("failback")
    context.until_answered("primary")
    failed = [request for request in context.questions() if request.scheduled >= back and not request.ok]
    context.measured["questions_failed_since_return"] = len(failed)


def _see_disagreement(status: CommandResult) -> None:
    """See that `status` names the old config.json of the region that came back. Raises `StandbyError` else."""
    reasons = status.answer.get("reasons")
    named = isinstance(reasons, list) and any(DISAGREE in str(reason) for reason in reasons)
    if status.answer.get("verdict") != FAILED_OVER or not named:
        raise StandbyError(f"`standby status` does not name the old config.json that came back; {_verdict(status)}")


def _verdict(status: CommandResult) -> str:
    return f"it says {status.answer.get('verdict')!r}: {status.answer.get('reasons')}, {status.words}"


def _count_pulled_back(context: ScenarioContext, *, since: float) -> None:
    """Count the answers by the region that came back, those to visitors who read its old config.json among them."""
    region = context.deployment.regions["primary"].region
    asked = [request for request in context.questions() if request.scheduled >= since and request.ok]
    if not any(request.new for request in asked):
        raise StandbyError("No new visitor was answered after the region had come back: nobody can tell whom it pulls")
    pulled = [request for request in asked if request.region == region]
    context.measured["answers_pulled_back"] = len(pulled)


OPERATORS: Final = (
    Scenario(
        name="operator-killed",
        summary="The operator's program is killed at every step in turn; run again it converges, and no user is hurt.",
        play=_operator_killed,
        objectives=(NOT_CONVERGED, PAGES_FAILED, QUESTIONS_FAILED, *DOCUMENTS),
        load={**STANDARD_LOAD, "upload": 0.0},
    ),
    Scenario(
        name="two-operators",
        summary="Two operators give the same command in the same moment; one wins, the other is told.",
        play=_two_operators,
        objectives=(UNTOLD, TOO_MANY, PAGES_FAILED, QUESTIONS_FAILED),
        load={**STANDARD_LOAD, "upload": 0.0},
    ),
    Scenario(
        name="return-and-failback",
        summary="The lost region returns with an old config.json; nobody is pulled back before the operator says so.",
        play=_return_and_failback,
        objectives=(PULLED_BACK, FAILED_SINCE, EXECUTION, API_RPO, DOCUMENTS_RPO, *DOCUMENTS),
    ),
)
