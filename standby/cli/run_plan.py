"""Run the plan of a command that changes something: show it, ask, carry it out, report the outcome."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import click
from pydantic import Field

from standby.cli.options import ChangeOptions, confirm, exit_with, print_json
from standby.console import print_progress
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest
from standby.deployment.routing_config import KEY
from standby.errors import FAILED, REFUSED, RefusedError, StandbyError
from standby.json_model import ONE_ROW, JsonModel
from standby.operations.execution.executor import RUN_AGAIN, Executor
from standby.operations.execution.run import ConflictError, PlanRun, StepFailedError
from standby.operations.facts.journal import Event, PendingWrite, StepTaken
from standby.operations.plans.plan import Plan, Refusal
from standby.operations.views.status_json import DeploymentJson

Outcome = Literal["done", "incomplete", "nothing to do", "planned", "declined", "failed", "lost", "refused"]
EXIT_CODES: Final[Mapping[Outcome, int]] = {
    "done": 0,
    "incomplete": 0,
    "nothing to do": 0,
    "planned": 0,
    "declined": FAILED,
    "failed": FAILED,
    "lost": FAILED,
    "refused": REFUSED,
}
"""`incomplete`: users are served, and what could not be written or compared is pending in the journal."""


class RefusalJson(JsonModel):
    """A precondition that does not hold."""

    reason: str
    overridable: bool


class PlanStepJson(JsonModel):
    """A step of the plan."""

    step: str
    region: str


class AuthoritativeJson(JsonModel):
    """The config.json of another command, which won."""

    region: str
    role: str
    generation: int | None


class ChangeJson(JsonModel):
    """The JSON document of `failover`, `failback` and `reconcile`."""

    schema_version: Literal[2] = Field(default=2, description="2")
    command: str = Field(description="`failover`, `failback` or `reconcile`")
    deployment: Annotated[DeploymentJson, ONE_ROW] = Field(description="`where`, `name` and `account`")
    result: Outcome = Field(
        description="`done`; `incomplete` (users are served, something is pending for `reconcile`); `nothing to do`; "
        "`planned` (`--dry-run`); `declined`, `failed` or `lost` (exit code 1); `refused` (3)"
    )
    summary: str = Field(description="the plan in a sentence")
    generation: int = Field(description="the generation that the plan writes, or the authoritative one")
    source: str = Field(
        validation_alias="from", serialization_alias="from", description="the region that served before"
    )
    target: str = Field(validation_alias="to", serialization_alias="to", description="the region that is to serve")
    refusals: Annotated[tuple[RefusalJson, ...], ONE_ROW] = Field(
        description="`reason` and `overridable` of each precondition that does not hold"
    )
    notes: tuple[str, ...] = Field(description="what is worth knowing")
    plan: Annotated[tuple[PlanStepJson, ...], ONE_ROW] = Field(description="`step` and `region` of each step, in order")
    steps: Annotated[tuple[StepTaken, ...], ONE_ROW] = Field(
        description="`step`, `result`, `detail`, `at` (UTC) and `seconds` of each step that was taken"
    )
    details: tuple[str, ...] = Field(description="the result of each document")
    pending_writes: Annotated[tuple[PendingWrite, ...], ONE_ROW] = Field(
        description="`region`, `what` and `why` of each write that is pending for `reconcile`"
    )
    error: str | None = Field(description="the error on stderr; null when the command succeeded")
    winner: Annotated[Event | None, ONE_ROW] = Field(
        description="of a `lost` command: the other command's event (as in `journal`), or null when no journal names it"
    )
    authoritative: Annotated[AuthoritativeJson | None, ONE_ROW] = Field(
        description="of a `lost` command: `region`, `role` and `generation` of the authoritative config.json"
    )
    seconds: Mapping[str, float] = Field(description="`gathered` and `total`, from the command's start")


@dataclass(frozen=True, kw_only=True)
class CommandOutcome:
    """How a command ended. `error` is reported and gives the exit code's reason; None when the command succeeded."""

    result: Outcome
    plan: Plan
    run: PlanRun | None = None
    error: StandbyError | None = None


def run_plan(
    connection: Connection, manifest: Manifest, plan: Plan, options: ChangeOptions, *, wait_seconds: float = 600
) -> CommandOutcome:
    """Show a plan, ask, and carry it out."""
    _show_plan(plan)
    standing = plan.standing_refusals(force=options.force)
    for refusal in plan.refusals:
        print_progress(f"  {'refused' if refusal in standing else 'overridden'}: {refusal.reason}")
    if standing:
        return CommandOutcome(result="refused", plan=plan, error=_refusal_error(plan, standing))
    if not plan.steps:
        return CommandOutcome(result="nothing to do", plan=plan)
    if options.dry_run:
        return CommandOutcome(result="planned", plan=plan)
    if not confirm(f"{plan.command}: continue?", yes=options.yes):
        return CommandOutcome(result="declined", plan=plan, error=StandbyError("Nothing was changed."))
    return _execute(Executor(connection, manifest, wait_seconds=wait_seconds), plan)


def report_outcome(
    connection: Connection,
    manifest: Manifest,
    outcome: CommandOutcome,
    options: ChangeOptions,
    *,
    seconds: dict[str, float],
) -> None:
    """Print the outcome, and end the command with its exit code."""
    if options.as_json:
        print_json(_document(connection, manifest, outcome, seconds=seconds))
    if outcome.error is not None:
        print_progress(f"Error: {outcome.error.full_message}")
    elif not options.as_json:
        click.echo(_summarize(outcome))
    exit_with(EXIT_CODES[outcome.result])


def _show_plan(plan: Plan) -> None:
    print_progress(f"{plan.command}: {plan.summary}")
    for note in plan.notes:
        print_progress(f"  note: {note}")
    for number, step in enumerate(plan.steps, start=1):
        print_progress(f"  {number}. {step.full_title}")
    for part in plan.pending_writes:
        print_progress(f"  pending: {part.what} in {part.region} ({part.why})")


def _execute(executor: Executor, plan: Plan) -> CommandOutcome:
    try:
        run = executor.run(plan)
    except KeyboardInterrupt:
        error = StepFailedError(f"Interrupted. {RUN_AGAIN}")
        return CommandOutcome(result="failed", plan=plan, run=executor.last, error=error)
    except RefusedError as refused:
        return CommandOutcome(result="refused", plan=plan, error=refused)
    except (ConflictError, StepFailedError) as ended:
        return CommandOutcome(result=executor.last.result, plan=plan, run=executor.last, error=ended)
    failed = StandbyError("; ".join(run.failures), hint=RUN_AGAIN) if run.failures else None
    return CommandOutcome(result=run.result, plan=plan, run=run, error=failed)


def _summarize(outcome: CommandOutcome) -> str:
    plan, run = outcome.plan, outcome.run
    if outcome.result == "nothing to do":
        return "\n".join([f"{plan.summary}. Nothing to do.", *(f"note: {note}" for note in plan.notes)])
    if outcome.result == "planned":
        return "Nothing was changed: --dry-run."
    pending = run.pending_writes if run else []
    lines = [f"{plan.summary}: done.", *(f"Pending: {part.what} in {part.region} ({part.why})." for part in pending)]
    if pending:
        region_is_lost = any(part.what == KEY for part in pending)
        lines.append(f"{'When the region is back' if region_is_lost else 'Later'}: `standby reconcile`.")
    return "\n".join(lines)


def _refusal_error(plan: Plan, standing: tuple[Refusal, ...]) -> RefusedError:
    reasons = "; ".join(refusal.reason for refusal in standing)
    overridable = all(refusal.overridable for refusal in standing)
    hint = "--force overrides this." if overridable else "`standby status` shows which region answers."
    return RefusedError(f"{plan.command} refused: {reasons}.", hint=hint)


def _document(
    connection: Connection, manifest: Manifest, outcome: CommandOutcome, *, seconds: dict[str, float]
) -> ChangeJson:
    plan, run = outcome.plan, outcome.run
    authoritative = run.authoritative.config if run and run.authoritative else None
    return ChangeJson(
        command=plan.command,
        deployment=DeploymentJson(where=connection.where, name=manifest.name, account=manifest.account),
        result=outcome.result,
        summary=plan.summary,
        generation=plan.generation,
        source=plan.source,
        target=plan.target,
        refusals=tuple(RefusalJson(reason=part.reason, overridable=part.overridable) for part in plan.refusals),
        notes=(*plan.notes, *(run.notes if run else ())),
        plan=tuple(PlanStepJson(step=step.title, region=step.region) for step in plan.steps),
        steps=tuple(run.steps) if run else (),
        details=tuple(run.details) if run else (),
        pending_writes=tuple(run.pending_writes) if run else plan.pending_writes,
        error=outcome.error.full_message if outcome.error else None,
        winner=run.winner if run else None,
        authoritative=AuthoritativeJson(
            region=authoritative.region, role=authoritative.role, generation=authoritative.generation
        )
        if authoritative
        else None,
        seconds=seconds,
    )
