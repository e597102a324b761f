"""Run the plan of a command that changes something: show it, ask, carry it out, report the outcome."""

from standby.cli.options import ChangeOptions, confirm, exit_with, print_json, print_result
from standby.cli.output.change_view import CANCELLED, plan_lines, question, summary_lines
from standby.cli.output.outcome import EXIT_CODES, CommandOutcome
from standby.console import print_progress
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest
from standby.errors import RefusedError, StandbyError
from standby.operations.execution.executor import LOOK_AGAIN, RUN_AGAIN, VERIFY_AGAIN, Executor
from standby.operations.execution.run import ConflictError, PlanRun, StepFailedError
from standby.operations.plans.plan import Plan, Refusal


def run_plan(
    connection: Connection, manifest: Manifest, plan: Plan, options: ChangeOptions, *, wait_seconds: float = 600
) -> CommandOutcome:
    """Show a plan, ask, and carry it out. A plan that is refused or empty is not shown: the outcome says why."""
    standing = plan.standing_refusals(force=options.force)
    if standing:
        return CommandOutcome(result="refused", plan=plan, error=_refusal_error(plan, standing))
    if not plan.steps:
        return CommandOutcome(result="nothing to do", plan=plan)
    for line in plan_lines(plan, overridden=plan.refusals):
        print_progress(line)
    if options.dry_run:
        return CommandOutcome(result="planned", plan=plan)
    print_progress("")
    if not confirm(question(plan), yes=options.yes):
        return CommandOutcome(result="declined", plan=plan, error=StandbyError(CANCELLED))
    if not options.yes:  # a line between the answer and the steps
        print_progress("")
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
        from standby.cli.output.change_json import change_json  # noqa: PLC0415 - only --json needs it

        print_json(change_json(connection, manifest, outcome, seconds=seconds))
    if outcome.error is not None:
        mark = "" if outcome.result == "declined" else "Error: "  # to decline is no error
        print_progress(f"{mark}{outcome.error.full_message}")
    elif not options.as_json:
        print_result("\n".join(summary_lines(outcome)))
    exit_with(EXIT_CODES[outcome.result])


def _execute(executor: Executor, plan: Plan) -> CommandOutcome:
    try:
        run = executor.run(plan)
    except KeyboardInterrupt:
        error = StepFailedError(f"Interrupted. {RUN_AGAIN}")
        return CommandOutcome(result="failed", plan=plan, run=executor.last, error=error)
    except RefusedError as refused:
        return CommandOutcome(result="refused", plan=plan, error=refused)
    except StepFailedError as ended:
        last = executor.last
        failed = StandbyError(ended.message, hint=LOOK_AGAIN) if last.unknown else ended
        return CommandOutcome(result=last.result, plan=plan, run=last, error=failed)
    except ConflictError as ended:
        return CommandOutcome(result=executor.last.result, plan=plan, run=executor.last, error=ended)
    return CommandOutcome(result=run.result, plan=plan, run=run, error=_describe_failures(run))


def _describe_failures(run: PlanRun) -> StandbyError | None:
    if run.failures:
        return StandbyError("; ".join([*run.failures, *run.not_verified]), hint=RUN_AGAIN)
    if run.not_verified:
        written = f"{run.plan.summary}: done, but not verified. " if run.plan.command != "reconcile" else ""
        return StandbyError(f"{written}{'; '.join(run.not_verified)}", hint=VERIFY_AGAIN)
    return None


def _refusal_error(plan: Plan, standing: tuple[Refusal, ...]) -> RefusedError:
    reasons = [refusal.reason for refusal in standing]
    listed = "".join(f"\n  - {reason}" for reason in reasons) if len(reasons) > 1 else f" {reasons[0]}."
    overridable = all(refusal.overridable for refusal in standing)
    hint = "--force overrides this." if overridable else "`standby status` shows which region answers."
    return RefusedError(f"{plan.command} refused:{listed}", hint=hint)
