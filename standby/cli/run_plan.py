"""`failover` and `failback`, from the options to the exit code."""

from dataclasses import asdict, dataclass, replace

import click

from standby.cli.options import EXIT_CODES, confirmed, exit_with, print_json
from standby.console import Stopwatch, print_progress
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest, Role
from standby.deployment.manifest_reader import read_manifest
from standby.deployment.routing_config import KEY
from standby.errors import RefusedError, StandbyError
from standby.operations.execution.executor import AGAIN, ConflictError, Executor, PlanRun, StepFailedError, show_plan
from standby.operations.facts.collect_switch import collect_switch_facts
from standby.operations.facts.journal import Event, event_json
from standby.operations.plans.plan import Command, Plan, Refusal
from standby.operations.plans.switch import plan_switch


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a command that changes something."""

    dry_run: bool
    yes: bool
    force: bool
    reason: str
    as_json: bool


@dataclass(frozen=True, kw_only=True)
class CommandOutcome:
    """How a command ended. `error` is what to tell and the exit code's reason, None when all went well."""

    result: str
    plan: Plan
    run: PlanRun | None = None
    error: StandbyError | None = None


def run_plan(
    connection: Connection, manifest: Manifest, plan: Plan, options: Options, *, wait: float = 600
) -> CommandOutcome:
    """Show a plan, ask, and carry it out."""
    show_plan(plan)
    standing = plan.refused(force=options.force)
    for refusal in plan.refusals:
        print_progress(f"  {'against it' if refusal in standing else 'overridden'}: {refusal.reason}")
    if standing:
        return CommandOutcome(result="refused", plan=plan, error=_refusal(plan, standing))
    if not plan.steps:
        return CommandOutcome(result="nothing to do", plan=plan)
    if options.dry_run:
        return CommandOutcome(result="planned", plan=plan)
    if not confirmed(f"{plan.command}: go on?", yes=options.yes):
        return CommandOutcome(result="declined", plan=plan, error=StandbyError("Nothing was done."))
    return _executed(Executor(connection, manifest, wait_seconds=wait), plan)


def _executed(executor: Executor, plan: Plan) -> CommandOutcome:
    try:
        run = executor.run(plan)
    except KeyboardInterrupt:
        error = StepFailedError(f"Interrupted. {AGAIN}")
        return CommandOutcome(result="failed", plan=plan, run=executor.last, error=error)
    except RefusedError as refused:
        return CommandOutcome(result="refused", plan=plan, error=refused)
    except (ConflictError, StepFailedError) as ended:
        return CommandOutcome(result=executor.last.result, plan=plan, run=executor.last, error=ended)
    failed = StandbyError("; ".join(run.failures), hint=AGAIN) if run.failures else None
    return CommandOutcome(result=run.result, plan=plan, run=run, error=failed)


def switch(connection: Connection, target: Role, command: Command, options: Options) -> None:
    """Fail over: gather, plan, show, ask, do, tell."""
    clock = Stopwatch()
    manifest = read_manifest(connection)
    print_target(connection, manifest)
    facts = collect_switch_facts(connection, manifest, target)
    gathered = clock.seconds
    plan = plan_switch(facts, command=command, reason=options.reason, force=options.force)
    ended = run_plan(connection, manifest, plan, options)
    report_outcome(connection, manifest, ended, options, seconds={"gathered": gathered, "total": clock.seconds})


def switch_back(connection: Connection, options: Options, *, checks: int, wait_seconds: float) -> None:
    """Fail back: the same, after what has to hold first was looked at."""
    # Imported here: failing over needs none of it.
    from standby.operations.plans.failback_preconditions import (  # noqa: PLC0415 - see above
        check_preconditions,
        overridden_preconditions,
        recheck_preconditions,
    )

    clock = Stopwatch()
    manifest = read_manifest(connection)
    print_target(connection, manifest)
    if options.force:
        facts = collect_switch_facts(connection, manifest, "primary")
        facts = replace(facts, preconditions=overridden_preconditions(manifest, facts.copies))
    else:
        learnt = check_preconditions(connection, manifest, checks=checks, wait_seconds=wait_seconds)
        facts = collect_switch_facts(connection, manifest, "primary")
        facts = replace(facts, preconditions=recheck_preconditions(learnt, facts))
    gathered = clock.seconds
    plan = plan_switch(facts, command="failback", reason=options.reason, force=options.force)
    ended = run_plan(connection, manifest, plan, options)
    report_outcome(connection, manifest, ended, options, seconds={"gathered": gathered, "total": clock.seconds})


def print_target(connection: Connection, manifest: Manifest) -> None:
    """Say loudly which deployment this is."""
    regions = " + ".join(region.region for region in manifest.regions.values())
    print_progress(f"{connection.where}: {manifest.name} in account {manifest.account}, {regions}")
    if manifest.disagreement:
        print_progress(f"warning: {manifest.disagreement}")


def report_outcome(
    connection: Connection, manifest: Manifest, ended: CommandOutcome, options: Options, *, seconds: dict[str, float]
) -> None:
    """Print the result, and end with its exit code."""
    if options.as_json:
        print_json(_document(connection, manifest, ended, seconds=seconds))
    if ended.error is not None:
        print_progress(f"Error: {ended.error.full_message}")
    elif not options.as_json:
        click.echo(_closing(ended))
    exit_with(EXIT_CODES[ended.result])


def _closing(ended: CommandOutcome) -> str:
    plan = ended.plan
    if ended.result == "nothing to do":
        return "\n".join([f"{plan.summary}. Nothing to do.", *(f"note: {note}" for note in plan.notes)])
    if ended.result == "planned":
        return "Nothing was done: --dry-run."
    run = ended.run
    lines = [f"{plan.summary}: done."]
    lines += [
        f"Not written: {part.what} in {part.region} ({part.why})." for part in (run.pending_writes if run else ())
    ]
    if run and run.pending_writes:
        waits = any(part.what == KEY for part in run.pending_writes)
        lines.append(f"{'When the region is back' if waits else 'Later'}: `standby reconcile`.")
    return "\n".join(lines)


def _refusal(plan: Plan, standing: tuple[Refusal, ...]) -> RefusedError:
    reasons = "; ".join(refusal.reason for refusal in standing)
    forced = all(refusal.overridable for refusal in standing)
    hint = "--force goes on all the same." if forced else "`standby status` shows what is up."
    return RefusedError(f"{plan.command} refused: {reasons}.", hint=hint)


def _document(
    connection: Connection, manifest: Manifest, ended: CommandOutcome, *, seconds: dict[str, float]
) -> dict[str, object]:
    plan, run = ended.plan, ended.run
    winner: Event | None = run.winner if run else None
    held = run.held.config if run and run.held else None
    return {
        "command": plan.command,
        "deployment": {"where": connection.where, "name": manifest.name, "account": manifest.account},
        "result": ended.result,
        "summary": plan.summary,
        "generation": plan.generation,
        "from": plan.source,
        "to": plan.target,
        "refusals": [asdict(refusal) for refusal in plan.refusals],
        "notes": [*plan.notes, *(run.notes if run else ())],
        "plan": [{"step": step.title, "region": step.region} for step in plan.steps],
        "steps": [asdict(step) for step in run.steps] if run else [],
        "details": list(run.details) if run else [],
        "pendingWrites": [asdict(part) for part in (run.pending_writes if run else plan.pending_writes)],
        "error": ended.error.full_message if ended.error else None,
        "winner": event_json(winner) if winner else None,
        "authoritative": {"region": held.region, "role": held.role, "generation": held.generation} if held else None,
        "seconds": seconds,
    }
