"""No line of any output for people is too long, ends with blanks, or splits a word."""

import io
import itertools
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from standby.cli.drill import _print
from standby.cli.main import ReportedError, cli
from standby.cli.options import print_result
from standby.cli.output.change_view import plan_lines, question, summary_lines
from standby.cli.output.drill_view import scenario_lines
from standby.cli.output.outcome import CommandOutcome
from standby.cli.output.outcome import Outcome as RunOutcome
from standby.cli.output.rehearsal_view import check_lines
from standby.cli.output.status_view import print_status
from standby.console import print_progress
from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import Role
from standby.deployment.routing_config import RoutingConfig
from standby.drill.live import LIVE_SCENARIOS
from standby.drill.measure.records import ObjectiveResult, Outcome
from standby.drill.report.report import Difference, DrillReport
from standby.drill.scenarios.catalog import SCENARIOS
from standby.errors import StandbyError
from standby.operations.execution.run import PlanRun
from standby.operations.facts.health import Health
from standby.operations.facts.journal import Event, PendingWrite, new_event
from standby.operations.facts.readiness import REQUIREMENTS
from standby.operations.facts.state import Alarms, RegionState, State
from standby.operations.facts.switch_facts import SwitchFacts
from standby.operations.plans.plan import Command
from standby.operations.plans.switch import plan_switch
from standby.operations.views.verdict import assess_state
from standby.rehearsal.checks.verification import Check, Result
from standby.text import label_lines, wrap_lines
from tests.standby.cli.output.lines import SHORT, TEXTS, WIDTH, faults, parts
from tests.standby.drill.helpers import drill_report, scenario_report
from tests.standby.helpers import EAST, FACTS, HEALTHY, NOON, WEST, Run, World, config, copy_of
from tests.standby.rehearsal.checks.test_verification import report_of
from tests.standby.states import IN_STEP, dead, left, missing, region, state

UNAVAILABLE: Final = st.builds(Unavailable, SHORT)


@given(st.lists(st.tuples(st.sampled_from(["", "  ", "- ", "  12. ", "  -> "]), TEXTS), max_size=4))
def test_a_wrapped_text_has_the_same_words_in_lines_that_fit(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(f"{start}{line}" for start, line in lines)
    wrapped = wrap_lines(text)
    assert faults(wrapped) == []
    assert parts(wrapped) == parts(text)
    assert [part for part in parts(text) if part not in wrapped] == []  # no command is on two lines


@given(st.sampled_from(["", "  label", "a label that is longer than its column"]), TEXTS, st.integers(4, 60))
def test_a_label_and_its_text_are_lines_that_fit(label: str, text: str, column: int) -> None:
    lines = label_lines(label, text, column=column)
    assert faults("\n".join(lines)) == []
    assert parts(" ".join(lines)) == parts(f"{label} {text}")


def regions(role: Role) -> st.SearchStrategy[RegionState]:
    """Return states of a region with long texts in all places."""
    by_hand = TEXTS.map(lambda text: copy_of(role, RoutingConfig(api_url=f"https://{text}")))
    return st.just(dead(role)) | st.builds(
        region,
        st.just(role),
        copy=UNAVAILABLE | by_hand | st.just(copy_of(role, config("primary", 123_456_789))),
        health=UNAVAILABLE
        | st.builds(Health, status=SHORT, checks=st.dictionaries(SHORT, SHORT, max_size=3))
        | st.just(HEALTHY),
        knowledge_base=UNAVAILABLE | st.just(IN_STEP),
        replication=UNAVAILABLE | st.just(left(missing("never"), missing("pending"), missing("failed"), source=role)),
        queues=UNAVAILABLE,
        alarms=UNAVAILABLE | st.lists(SHORT, max_size=4).map(lambda names: Alarms(in_alarm=tuple(names), total=8)),
        requirements=st.dictionaries(st.sampled_from(REQUIREMENTS), UNAVAILABLE | st.just("") | TEXTS, max_size=3),
    )


def event(actor: str) -> Event:
    return new_event(generation=4, command="failover", actor=actor, reason="", source=WEST, target=EAST, now=NOON)


STATES: Final = st.builds(
    lambda primary, failover, actor: replace(state(primary, failover), events=(event(actor),)),
    regions("primary"),
    regions("failover"),
    TEXTS,
)


@given(STATES)
def test_a_status_fits_and_loses_no_word(found: State) -> None:
    verdict = assess_state(found)
    with redirect_stdout(io.StringIO()) as printed:
        print_status(found, verdict)
    shown = printed.getvalue()
    assert faults(shown) == []
    for text in (*verdict.reasons, verdict.next):
        assert " ".join(parts(text)) in " ".join(parts(shown))


@given(
    facts=FACTS,
    forced=st.booleans(),
    result=st.sampled_from(["done", "incomplete", "nothing to do", "planned"]),
    pending=st.lists(st.builds(PendingWrite, region=st.sampled_from([EAST, WEST]), what=TEXTS, why=TEXTS), max_size=2),
    command=st.sampled_from(["failover", "failback"]),
)
def test_a_plan_its_question_and_its_summary_fit(
    facts: SwitchFacts, *, forced: bool, result: RunOutcome, pending: list[PendingWrite], command: Command
) -> None:
    plan = plan_switch(facts, command=command, reason="", force=forced)
    run = PlanRun(plan=plan, event=plan.event, pending_writes=pending)
    outcome = CommandOutcome(result=result, plan=plan, run=run)
    with redirect_stderr(io.StringIO()) as progress, redirect_stdout(io.StringIO()) as shown:
        for line in plan_lines(plan, overridden=plan.refusals):
            print_progress(line)
        print_result("\n".join(summary_lines(outcome)))
    assert faults(progress.getvalue()) == []
    assert faults(shown.getvalue()) == []
    assert len(question(plan)) + len(" [y/N] y") <= WIDTH


@given(TEXTS, TEXTS)
def test_an_error_fits_and_loses_no_word(message: str, hint: str) -> None:
    with redirect_stderr(io.StringIO()) as printed:
        ReportedError(StandbyError(message, hint=hint)).show()
    assert faults(printed.getvalue()) == []
    assert parts(printed.getvalue()) == parts(f"Error: {message} {hint}")


@given(TEXTS, TEXTS)
def test_a_report_of_the_rehearsal_fits(detail: str, name: str) -> None:
    checks = [
        Check(name="site files", role="primary", region=WEST, result=Result.FAILED, detail=detail, seconds=123.4),
        Check(name="page", role=None, region="edge", result=Result.PASSED, detail=name, seconds=0.0),
    ]
    lines = [line.plain for check in checks for line in check_lines(report_of(check))]
    assert faults("\n".join(lines)) == []


def report(reason: str) -> DrillReport:
    """Return the report of a drill with every objective of every scenario, missed by far."""
    scenarios = [
        scenario_report(
            name=scenario.name,
            result=Outcome.MISSED,
            reason=reason,
            objectives=tuple(
                ObjectiveResult(name=one.name, measured=123_456.5, bound=900, unit=unit, met=False)
                for one, unit in zip(scenario.objectives, itertools.cycle(("", "s")))
            ),
        )
        for scenario in (*SCENARIOS.values(), *LIVE_SCENARIOS.values())
    ]
    names = type(scenario_report().measures).model_fields
    differences = tuple(
        Difference(
            scenario="region-half-dead", measure=field.serialization_alias or name, old=1234.5, new=0, change="better"
        )
        for name, field in names.items()
    )
    return drill_report(*scenarios).model_copy(update={"comparison": differences})


@settings(max_examples=10)
@given(TEXTS)
def test_a_report_of_a_drill_fits(reason: str) -> None:
    with redirect_stdout(io.StringIO()) as printed:
        _print(report(reason), as_json=False)
    assert faults(printed.getvalue()) == []


def test_the_lists_of_scenarios_fit() -> None:
    for scenarios in (SCENARIOS, LIVE_SCENARIOS):
        assert faults("\n".join(scenario_lines(tuple(scenarios.values())))) == []


COMMANDS: Final = [
    (["status"], ()),
    (["status"], ("primary",)),
    (["status"], ("primary", "failover")),
    (["failover"], ()),
    (["failover", "--yes"], ("failover",)),
    (["failover", "--yes"], ("primary",)),
    (["failback", "--yes", "--checks", "1", "--wait", "0"], ()),
    (["failback", "--yes"], ("failover",)),
    (["failback", "--yes", "--force"], ("failover",)),
    (["reconcile", "--yes", "--verbose"], ()),
    (["reconcile", "--yes"], ("primary",)),
    (["reconcile", "--yes"], ()),
    (["journal"], ()),
    (["journal"], ("primary",)),
    (["journal", "--remove", "standby/journal/x.json", "--yes"], ()),
]


def test_whatever_the_commands_print_on_both_outputs_fits(run: Run, world: World) -> None:
    bucket = world.manifest.regions["failover"].documents_bucket
    world.s3("failover").put_object(Bucket=bucket, Key="uploads/1/new.txt", Body=b"new")
    for arguments, lost in COMMANDS:
        result = run(*arguments, dead=lost, given="n\n")
        assert faults(result.stdout) == [], arguments
        assert faults(result.stderr.replace("? [y/N] n", "")) == [], arguments
        assert result.output.strip(), arguments


@pytest.mark.parametrize(
    "arguments", [["drill", "--list"], ["drill", "--live", "--list"], ["context", "list"], ["nothing"]]
)
def test_whatever_the_other_commands_print_fits(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    result = CliRunner().invoke(cli, arguments)
    assert faults(result.output) == []
    assert result.output


def help_pages(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield the help of a command and of all commands below it."""
    yield " ".join(path), CliRunner().invoke(cli, [*path, "--help"]).output
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from help_pages(below, (*path, name))


def test_the_help_of_every_command_fits() -> None:
    pages = dict(help_pages(cli, ()))
    assert len(pages) > 20
    assert {name: found for name, text in pages.items() if (found := faults(text))} == {}
