"""`standby drill`: inject faults under load, and compare what users notice with the objectives."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.text import Text

from standby.cli.options import examples, print_json, print_result, refuse_group_options
from standby.cli.output.drill_view import comparison_lines, misses_times, objective_lines, scenario_lines, uploaded
from standby.cli.output.progress import ConsoleProgress
from standby.console import Progress
from standby.drill.drill import run_drill
from standby.drill.live import LIVE_SCENARIOS, confirm_drill, run_live_drill
from standby.drill.report.compare import compare, read_report
from standby.drill.report.html import render
from standby.drill.report.report import DrillReport
from standby.drill.scenarios.catalog import SCENARIOS, select_scenarios
from standby.drill.signals import interrupt_on_hangup
from standby.errors import FAILED, BadUsageError, InterruptedRunError
from standby.machine import describe_load
from standby.rehearsal.connection import deployed_name
from standby.rehearsal.files.paths import find_project, rehearsal_options
from standby.rehearsal.rehearsal import Rehearsal
from standby.target import Target, TargetOptions, exported_directory, refuse_settings_of_another
from standby.text import wrap_lines

_LIVE_HINT: Final = "A drill of a real deployment needs --live. Type: `standby --{option} drill --live ...`"
_NAME_HINT: Final = "A drill finds it in the rehearsal. With --live it drills the deployment that you name."
GROUP_OPTION_HINTS: Final[Mapping[str, str]] = {
    "aws": _LIVE_HINT.format(option="aws"),
    "profile": _LIVE_HINT.format(option="profile PROFILE"),
    "context": _LIVE_HINT.format(option="context CONTEXT"),
    "name": _NAME_HINT,
    "region": _NAME_HINT,
}
"""Where each option of the group `standby` belongs that a drill of the rehearsal cannot use."""


@click.command(
    epilog=examples(
        "standby drill --list",
        "standby drill --all --html drill.html",
        "standby drill --scenario region-lost --compare drill.json",
    )
)
@click.option("--scenario", "names", multiple=True, metavar="NAME", help="Run this scenario. Can be repeated.")
@click.option("--all", "all_scenarios", is_flag=True, help="Run every scenario.")
@click.option("--list", "list_only", is_flag=True, help="List the scenarios and what each one shows.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the report to one HTML file.",
)
@click.option(
    "--compare",
    "older",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Show what changed since the report in this file, written with --json.",
)
@click.option("--live", is_flag=True, help="Run the harmless scenarios on a real deployment. Asks before each one.")
@click.pass_obj
def drill(
    target: Target,
    /,
    *,
    names: tuple[str, ...],
    all_scenarios: bool,
    list_only: bool,
    as_json: bool,
    html: Path | None,
    older: Path | None,
    live: bool,
) -> None:
    """Inject faults, restore everything, and compare what users noticed with the objectives.

    The drill runs on the rehearsal on this machine. With --live it runs on a real deployment, with harmless scenarios
    only. During each scenario, simulated users request pages, ask questions and upload documents at fixed rates.

    Exit codes: 0 every objective is met; 1 an objective is missed or something is not restored; 3 no scenario could
    run, or a scenario found no steady state.
    """
    if not live:
        refuse_group_options(target.options, command="standby drill", hints=GROUP_OPTION_HINTS)
    offered = LIVE_SCENARIOS if live else SCENARIOS
    if list_only:
        print_result("\n".join(scenario_lines(tuple(offered.values()))))
        return
    selected = _select(names, all_scenarios=all_scenarios, offered=tuple(offered))
    older_report = read_report(older) if older else None
    if html and not html.absolute().parent.is_dir():
        raise BadUsageError(f"--html: there is no folder {html.absolute().parent}.", hint="Create it, or name another.")
    rehearsal = None if live else _rehearsal(target.options)
    report = _run_on_rehearsal(rehearsal, selected) if rehearsal else _run_live(target, selected)
    if older_report:
        report = report.model_copy(update={"comparison": compare(older_report, report)})
    _print(report, rehearsal, as_json=as_json)
    written = _write_html(html, report, as_json=as_json)
    click.get_current_context().exit(report.exit_code if written else FAILED)


def _select(names: Sequence[str], *, all_scenarios: bool, offered: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in names if name not in offered]
    if unknown or not (names or all_scenarios):
        error = f"There is no scenario {unknown[0]!r}" if unknown else "Name a scenario with --scenario, or give --all"
        raise BadUsageError(f"{error}.", hint=f"Scenarios: {', '.join(offered)}.")
    return tuple(offered) if all_scenarios else tuple(names)


def _run_live(target: Target, names: Sequence[str]) -> DrillReport:
    confirmed = confirm_drill(target, [LIVE_SCENARIOS[name] for name in names], ask=_ask)
    with _progress() as progress:
        return run_live_drill(confirmed, progress=progress)


def _ask(question: str) -> str:
    answer: str = click.prompt(wrap_lines(question), default="", show_default=False, err=True)
    return answer


def _run_on_rehearsal(rehearsal: Rehearsal, names: Sequence[str]) -> DrillReport:
    with _progress() as progress:
        return run_drill(rehearsal, select_scenarios(names), progress=progress)


def _rehearsal(options: TargetOptions) -> Rehearsal:
    if directory := options.directory or exported_directory():
        rehearsal = Rehearsal(project=_project(directory), directory=directory)
    else:
        rehearsal = Rehearsal(project=find_project(Path.cwd()))
    if options.directory is None:
        refuse_settings_of_another(deployed_name(rehearsal.paths), rehearsal.paths.directory)
    return rehearsal


def _project(directory: Path) -> Path:
    try:
        return find_project(Path.cwd())
    except BadUsageError:
        return directory.resolve().parent


@contextmanager
def _progress() -> Iterator[Progress]:
    progress = ConsoleProgress(Console(stderr=True))
    try:
        with interrupt_on_hangup(), progress.live():
            yield progress
    except KeyboardInterrupt:  # a scenario that is interrupted raises an error of its own
        raise InterruptedRunError("Interrupted. No scenario was running.") from None


def _print(report: DrillReport, rehearsal: Rehearsal | None = None, *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    console = Console()
    compared = [] if report.comparison is None else [*comparison_lines(report.comparison), Text()]
    for line in (*objective_lines(report), *compared):
        console.print(line, soft_wrap=True)
    print_result(f"{report.conclusion} ({report.target}, {report.seconds:.0f} s).")
    if misses_times(report) and (load := describe_load()):
        print_result(f"A time was longer than its objective. {load}")
    if rehearsal is not None and uploaded(report):
        down = " ".join(("standby rehearse", *rehearsal_options(rehearsal.paths, Path.cwd()), "down"))
        print_result(f"The documents that its users uploaded stay in the rehearsal until `{down}`.")


def _write_html(html: Path | None, report: DrillReport, *, as_json: bool) -> bool:
    """Write the report if a file for it is named, and return whether nothing failed. The last line names the report."""
    if html is None:
        if not as_json:  # the document on stdout has the limitations, too
            print_result("With `--html FILE`, a drill also writes a report, which says what the drill cannot show.")
        return True
    try:
        html.write_text(render(report), encoding="utf-8")
    except OSError as error:  # the results are on stdout
        click.echo(f"Error: The report could not be written: {html}: {error.strerror}.", err=True)
        return False
    click.echo(wrap_lines(f"The report, with what this drill cannot show, is in {html}."), err=as_json)
    return True
