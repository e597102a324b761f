"""`standby drill`: break things on purpose, and measure how well that is survived."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from standby.cli.progress import ConsoleProgress
from standby.console import Progress
from standby.drill.drill import drill as run_drill
from standby.drill.live import LIVE_SCENARIOS, confirm_scenarios, live_drill
from standby.drill.report.compare import Difference, compare, read_report
from standby.drill.report.html import render, verdict
from standby.drill.report.report import DrillReport, compared_words, comparison_table
from standby.drill.scenario import Scenario
from standby.drill.scenarios.catalog import SCENARIOS, chosen
from standby.drill.signals import hanging_up
from standby.errors import FAILED, BadUsageError, InterruptedRunError
from standby.rehearsal.files.paths import find_project
from standby.rehearsal.rehearsal import Rehearsal
from standby.target import Target, TargetOptions

WIDE: Final = 160


@click.command()
@click.option("--scenario", "names", multiple=True, metavar="NAME", help="Play this scenario; may be given again.")
@click.option("--all", "everything", is_flag=True, help="Play every scenario.")
@click.option("--list", "listed", is_flag=True, help="List the scenarios and what each shows.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the report as one HTML file that needs nothing else.",
)
@click.option(
    "--compare",
    "older",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Show what got better or worse since this report, which --json printed.",
)
@click.option("--live", is_flag=True, help="Do the harmless scenarios to a real deployment; asks before each.")
@click.pass_obj
def drill(
    target: Target,
    /,
    *,
    names: tuple[str, ...],
    everything: bool,
    listed: bool,
    as_json: bool,
    html: Path | None,
    older: Path | None,
    live: bool,
) -> None:
    """Break things on purpose, put everything back, and hold what users noticed against the objectives.

    Plays on the rehearsal of this machine; with --live on a real deployment, only what harms nobody. Users from outside
    ask for pages, put questions and upload documents at a fixed rate all the while. Exit codes: 0 every objective is
    met, 1 one was missed or something is not put back, else 3 where a scenario had no steady state to begin from, or
    nothing was played: no rehearsal is up, or a live scenario would harm this deployment's users.
    """
    offered = LIVE_SCENARIOS if live else SCENARIOS
    if listed:
        _list(tuple(offered.values()))
        return
    wanted = _wanted(names, everything=everything, offered=tuple(offered))
    before = read_report(older) if older else None
    if html and not html.absolute().parent.is_dir():
        raise BadUsageError(f"--html: there is no folder {html.absolute().parent}.", hint="Make it, or name another.")
    report = _live(target, wanted) if live else _rehearsed(target.options, wanted)
    differences = compare(before, json.loads(json.dumps(report.as_json()))) if before else None
    _print(report, differences, as_json=as_json)
    page = render(report, differences=differences) if html else ""
    written = html is None or _written(html, page, as_json=as_json)
    click.get_current_context().exit(report.exit_code if written else FAILED)


def _written(html: Path, page: str, *, as_json: bool) -> bool:
    try:
        html.write_text(page, encoding="utf-8")
    except OSError as error:  # what was measured has been printed: it is not lost
        click.echo(f"Error: The report could not be written: {html}: {error.strerror}.", err=True)
        return False
    click.echo(f"Report: {html}", err=as_json)
    return True


def _wanted(names: Sequence[str], *, everything: bool, offered: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in names if name not in offered]
    if unknown or not (names or everything):
        said = f"There is no scenario {unknown[0]!r}" if unknown else "Name a scenario with --scenario, or say --all"
        raise BadUsageError(f"{said}.", hint=f"Scenarios: {', '.join(offered)}.")
    return tuple(offered) if everything else tuple(names)


def _live(target: Target, names: Sequence[str]) -> DrillReport:
    yes = confirm_scenarios(target, [LIVE_SCENARIOS[name] for name in names])
    with _shown() as progress:
        return live_drill(yes, progress=progress)


def _rehearsed(options: TargetOptions, names: Sequence[str]) -> DrillReport:
    with _shown() as progress:
        return run_drill(_rehearsal(options), chosen(names), progress=progress)


def _rehearsal(options: TargetOptions) -> Rehearsal:
    if options.aws or options.profile:
        raise BadUsageError(
            "A real deployment is drilled with --live only.", hint="standby --profile P drill --live ..."
        )
    if options.directory:
        return Rehearsal(project=_project(options.directory), directory=options.directory)
    return Rehearsal(project=find_project(Path.cwd()))


def _project(directory: Path) -> Path:
    try:
        return find_project(Path.cwd())
    except BadUsageError:
        return directory.resolve().parent


def _list(scenarios: Sequence[Scenario]) -> None:
    width = max(len(scenario.name) for scenario in scenarios)
    for scenario in scenarios:
        click.echo(f"{scenario.name:<{width}}  {scenario.summary}")


@contextmanager
def _shown() -> Iterator[Progress]:
    progress = ConsoleProgress(Console(stderr=True))
    try:
        with hanging_up(), progress.live():
            yield progress
    except KeyboardInterrupt:  # a scenario tells itself what became of it
        raise InterruptedRunError("Interrupted; no scenario was under way.") from None


def _print(report: DrillReport, differences: Sequence[Difference] | None, *, as_json: bool) -> None:
    if as_json:
        document = report.as_json()
        if differences is not None:
            document["comparison"] = [vars(difference) for difference in differences]
        click.echo(json.dumps(document, indent=2))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    console.print(report.table())
    if differences is not None:
        console.print(comparison_table(differences) if differences else f"{compared_words(differences)}.")
    click.echo(f"{verdict(report)} ({report.place}, {report.seconds:.0f} s).")
    click.echo("What a drill here cannot show is told in the report (--html, --json).")
