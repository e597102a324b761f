"""Scenarios about the operator's commands: killed, run twice at the same time, refused, and run to fail back."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from standby.deadline import poll
from standby.deployment.manifest import Role
from standby.deployment.routing_config import copies_agree
from standby.drill.context import ScenarioContext
from standby.drill.measure.objectives import (
    API_RPO,
    COMMAND,
    DOCUMENTS,
    DOCUMENTS_RPO,
    PAGES,
    PAGES_FAILED,
    QUESTIONS_FAILED,
    UPLOADS_FAILED,
    zero,
)
from standby.drill.operator_process import KILLED, CommandProcess, CommandResult
from standby.drill.scenario import STANDARD_LOAD, Scenario
from standby.errors import REFUSED, StandbyError

RETURNED_SECONDS: Final = 3.0
"""How long the load runs between the return of the region and `reconcile`."""

SUSPEND_SECONDS: Final = 30.0
UPLOAD_SECONDS: Final = 15.0
UPLOAD_PAUSE_SECONDS: Final = 0.1
STDERR_CHARACTERS: Final = 300
FAILED_OVER: Final = "failed over"
NOT_READY: Final = "not ready to fail over"
OBSERVED_SECONDS: Final = 2.0
DISAGREE: Final = "copies of config.json disagree"
_STEP: Final = re.compile(r"^step (?P<number>\d+) of (?P<count>\d+) (?P<moment>begins|done)")
COMMANDS_RUN_TWICE: Final = 2
"""`two-operators` runs `failover` twice, then `failback` twice. Each has one winner, which writes one content."""
T = TypeVar("T")
StepMoment = Literal["begins", "done"]


@dataclass(frozen=True, kw_only=True)
class _KilledRun:
    """A command that was to be killed. It may have ended before. `error`: why it did not converge, "" if it did."""

    killed: bool
    error: str


def _run_operator_killed(context: ScenarioContext) -> None:
    """Kill `failover` when each step begins, `failback` when each has ended, `reconcile` while it copies.

    Run each one again.
    """
    count = _count_steps(context)
    runs: list[_KilledRun] = []
    for number in range(1, count + 1):
        runs.append(_run_killed(context, "failover", to="failover", number=number, moment="begins"))
        runs.append(_run_killed(context, "failback", to="primary", number=number, moment="done"))
    _upload_without_replication(context)
    runs.append(_run_killed(context, "reconcile", to="primary", number=2, moment="begins"))
    errors = [run.error for run in runs if run.error]
    context.measures.update(commands_killed=sum(run.killed for run in runs), commands_not_converged=len(errors))
    for error in errors:
        context.note(error)


def _count_steps(context: ScenarioContext) -> int:
    plan = context.run_command("failover", "--dry-run").require_success().document.get("plan")
    if not isinstance(plan, list) or not plan:
        raise StandbyError("`standby failover --dry-run` shows no steps")
    return len(plan)


def _upload_without_replication(context: ScenarioContext) -> None:
    context.inject("replication-paused", "primary")
    context.load.send_once("upload")
    accepted = poll(
        lambda: any(request.kind == "upload" and request.ok for request in context.load.requests()),
        seconds=UPLOAD_SECONDS,
        pause=UPLOAD_PAUSE_SECONDS,
    )
    if not accepted:
        raise StandbyError(f"No document was accepted within {UPLOAD_SECONDS:.0f} s")
    context.heal()


def _run_killed(context: ScenarioContext, command: str, *, to: Role, number: int, moment: StepMoment) -> _KilledRun:
    def kill_at_step(process: CommandProcess, line: str) -> None:
        match = _STEP.match(line)
        if match and int(match["number"]) >= number and match["moment"] == moment:
            process.kill()

    killed = context.start_command(command, on_line=kill_at_step)()
    again = context.run_command(command)
    killed_at = f"{command} killed when step {number} {'began' if moment == 'begins' else 'had ended'}"
    stderr = " ".join(again.stderr.split())[-STDERR_CHARACTERS:]
    error = ""
    if killed.code == 0 and moment == "begins":
        error = f"{killed_at}: it ended before it could be killed"
    elif again.code != 0:
        error = f"{killed_at}, run again: exit code {again.code}: {stderr}"
    elif not _both_name(context, to):
        error = f"{killed_at}, run again: the two copies of config.json do not both name {to}"
    return _KilledRun(killed=killed.code == KILLED, error=error)


def _both_name(context: ScenarioContext, role: Role) -> bool:
    return copies_agree(context.observer.copies()) and context.observer.serving_role() == role


def _run_two_operators(context: ScenarioContext) -> None:
    """Run the same command twice at the same time; then once more, with one operator's laptop asleep after the plan."""
    before = context.observer.config_etags()
    ends = [context.start_command("failover") for _ in range(2)]
    unnamed = _count_unnamed_winners(context, [end() for end in ends], to="failover")
    unnamed += _count_unnamed_winners(context, _run_with_suspended_operator(context, "failback"), to="primary")
    # Contents are counted, not generations: a generation that a loser took in the journal is not used again.
    written = context.observer.config_etags() - before
    context.measures.update(winners_not_named=unnamed, unexpected_config_contents=len(written) - COMMANDS_RUN_TWICE)


def _run_with_suspended_operator(context: ScenarioContext, command: str) -> list[CommandResult]:
    return list(run_suspended(context, command, lambda: context.run_command(command)))


def run_suspended(context: ScenarioContext, command: str, meanwhile: Callable[[], T]) -> tuple[T, CommandResult]:
    """Suspend an operator's command when its first step begins, run `meanwhile`, and resume the command.

    Return both results. Raises `StandbyError` if the command begins no step.
    """
    suspended: list[CommandProcess] = []
    is_suspended = threading.Event()

    def suspend_at_step(process: CommandProcess, line: str) -> None:
        if _STEP.match(line) and not is_suspended.is_set():
            process.suspend()
            suspended.append(process)
            is_suspended.set()

    end = context.start_command(command, on_line=suspend_at_step)
    try:
        if not is_suspended.wait(timeout=SUSPEND_SECONDS):
            raise StandbyError(f"`standby {command}` began no step within {SUSPEND_SECONDS:.0f} s")
        other = meanwhile()
    finally:
        for process in suspended:
            process.resume()
        resumed = end()
    return other, resumed


def _count_unnamed_winners(context: ScenarioContext, results: list[CommandResult], *, to: Role) -> int:
    """Count the commands that lost without naming the winner. Raises `StandbyError` if none took effect."""
    name, ends = results[0].name, " and ".join(str(result.document.get("result")) for result in results)
    context.note(f"two operators: {name} ended with {ends}")
    if not any(result.code == 0 for result in results) or not _both_name(context, to):
        stderr = [result.stderr[-STDERR_CHARACTERS:] for result in results]
        raise StandbyError(f"two operators: neither {name} took effect: {stderr}")
    return sum(not (result.code == 0 or names_winner(result)) for result in results)


def names_winner(result: CommandResult) -> bool:
    """Return whether a command that lost names the winner, or the authoritative config.json."""
    document = result.document
    return document.get("result") == "lost" and bool(document.get("winner") or document.get("authoritative"))


def _run_standby_lost(context: ScenarioContext) -> None:
    context.inject("region-down", "failover")
    context.detect_outage("failover")
    status, failover = context.run_command("status"), context.run_command("failover", "--dry-run")
    context.wait(OBSERVED_SECONDS)
    _require_refusal(status, failover)


def _require_refusal(status: CommandResult, failover: CommandResult) -> None:
    """Raise `StandbyError` unless both commands say that the lost standby cannot be used."""
    verdict = status.document.get("verdict")
    if verdict != NOT_READY:
        raise StandbyError(f"`standby status` says {verdict!r} of a lost standby, not {NOT_READY!r}: {status.summary}")
    if (failover.code, failover.document.get("result")) != (REFUSED, "refused"):
        raise StandbyError(f"`standby failover` to a lost standby was not refused: {failover.summary}")


def _run_return_and_failback(context: ScenarioContext) -> None:
    context.inject("region-down", "primary")
    context.detect_outage("primary")
    context.failover()
    context.wait_until_answered("failover")
    context.load.set_rate("upload", 0)
    context.heal()
    returned = context.clock.now()
    _require_disagreement(context.run_command("status"))
    context.wait(RETURNED_SECONDS)
    _count_answers_from_returned_region(context, since=returned)
    context.run_with_retries("reconcile")
    context.run_with_retries("failback")
    context.wait_until_answered("primary")
    failed = [request for request in context.questions() if request.scheduled >= returned and not request.ok]
    context.measures["questions_failed_since_return"] = len(failed)


def _require_disagreement(status: CommandResult) -> None:
    """Raise `StandbyError` unless `status` reports the old config.json of the returned region."""
    verdict, reasons = status.document.get("verdict"), status.document.get("reasons")
    reported = isinstance(reasons, list) and any(DISAGREE in str(reason) for reason in reasons)
    if verdict != FAILED_OVER or not reported:
        raise StandbyError(
            f"`standby status` does not report the old config.json of the returned region; it says {verdict!r}: "
            f"{reasons}, {status.summary}"
        )


def _count_answers_from_returned_region(context: ScenarioContext, *, since: float) -> None:
    """Count the returned region's answers, also those to new visitors, who may read its old config.json.

    Raises `StandbyError` if no new visitor got an answer, because then nothing is shown.
    """
    region = context.deployment.regions["primary"].region
    answered = [request for request in context.questions() if request.scheduled >= since and request.ok]
    if not any(request.new_visitor for request in answered):
        raise StandbyError(
            "No new visitor got an answer after the region returned, so its old config.json was not read"
        )
    context.measures["answers_from_returned_region"] = sum(request.region == region for request in answered)


OPERATOR_SCENARIOS: Final = (
    Scenario(
        name="operator-killed",
        summary="The operator's command is killed at every step. Run again it converges, and users notice nothing.",
        run=_run_operator_killed,
        objectives=(
            zero("killed commands that did not converge", "commands_not_converged"),
            PAGES_FAILED,
            QUESTIONS_FAILED,
            *DOCUMENTS,
        ),
        load={**STANDARD_LOAD, "upload": 0.0},
    ),
    Scenario(
        name="two-operators",
        summary="Two operators run the same command at the same time. One wins; the other names the winner.",
        run=_run_two_operators,
        objectives=(
            zero("winners not named to the loser", "winners_not_named"),
            zero("unexpected config.json contents", "unexpected_config_contents"),
            PAGES_FAILED,
            QUESTIONS_FAILED,
        ),
        load={**STANDARD_LOAD, "upload": 0.0},
    ),
    Scenario(
        name="standby-lost",
        summary="The failover region is lost. Users notice nothing, and the operator sees that it cannot be used.",
        run=_run_standby_lost,
        objectives=(*PAGES, QUESTIONS_FAILED, API_RPO, UPLOADS_FAILED, *DOCUMENTS),
    ),
    Scenario(
        name="return-and-failback",
        summary="The lost region returns with an old config.json. No user moves back before the operator's failback.",
        run=_run_return_and_failback,
        objectives=(
            zero("answers of the returned region before failback", "answers_from_returned_region"),
            zero("questions failed since the return", "questions_failed_since_return"),
            COMMAND,
            API_RPO,
            DOCUMENTS_RPO,
            *DOCUMENTS,
        ),
    ),
)
