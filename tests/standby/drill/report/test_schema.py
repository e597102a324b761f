"""The documented JSON of drills and rehearsals, and the documented commands: what there is, and nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from standby.cli.main import COMMANDS, cli
from standby.drill.measure.documents import Documents, document_measures
from standby.drill.measure.measures import Moments, api_measures, page_measures
from standby.drill.report import schema
from standby.drill.report.compare import NEITHER
from standby.drill.scenarios.catalog import SCENARIOS
from standby.rehearsal import schema as rehearsed
from standby.rehearsal.checks.report import Report
from standby.rehearsal.status import Status
from tests.constructs.plan import ROOT
from tests.standby.drill.helpers import drill_report, scenario_report

WHOLE = frozenset({"objectives", "events", "regions", "extra", "limits"})
OTHERS = frozenset({"site_files_different", "person_questions"})
"""Measures that are neither of the load nor held against an objective; `NEITHER` has those that only count."""


def paths() -> set[str]:
    """Return the paths of a report's fields as the schema names them."""
    document = json.loads(json.dumps(drill_report(scenario_report(extra={"unsteady": True})).as_json()))
    (scenario,) = document.pop("scenarios")
    document.pop("regions")
    top = {f"{name}[]" if name in WHOLE else name for name in document} | {"regions.ROLE"}
    names = {"measures": "measures.MEASURE", "series": "series.KIND.RESULT", "extra": "extra"}
    fields = {names.get(name) or (f"{name}[]" if name in WHOLE else name) for name in scenario}
    return top | {f"scenarios[].{field}" for field in fields}


def test_the_documented_fields_of_a_drill_are_the_printed_ones() -> None:
    assert paths() == set(schema.DRILL) - {"comparison[]"}


def test_every_measure_is_documented_and_every_documented_measure_is_measured() -> None:
    moments = Moments(until=1, command=1)
    documents = Documents(at_failover=frozenset())
    measured = {*page_measures([], until=1), *api_measures([], moments), *document_measures([], documents, moments)}
    held = {objective.measure for scenario in SCENARIOS.values() for objective in scenario.objectives}
    wanted = (measured | held | OTHERS | NEITHER) - {"scenario_seconds"}
    assert set(schema.MEASURES) == wanted


@pytest.mark.parametrize(
    "document,documented",
    [
        (Status(endpoint=None).as_json(), rehearsed.STATUS),
        (
            Report(checks=(), endpoint="", urls={}, resources=0, changes={}, seconds={}).as_json(),
            rehearsed.UP,
        ),
    ],
    ids=["status", "up"],
)
def test_the_documented_fields_of_a_rehearsal_are_the_printed_ones(
    document: dict[str, object], documented: dict[str, str]
) -> None:
    assert set(document) == {name.removesuffix("[]") for name in documented}


def commands() -> Iterator[tuple[str, ...]]:
    context = click.Context(cli)
    for name in COMMANDS:
        yield (name,)
        command = cli.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((name, part) for part in command.commands)


@pytest.mark.parametrize("names", [(), *commands()], ids=" ".join)
def test_every_option_of_every_command_is_in_the_docs(names: tuple[str, ...]) -> None:
    """`cog` writes them there; the README sends its readers to this page for all options."""
    text = Path(ROOT, "docs", "cli.md").read_text(encoding="utf-8")
    told = CliRunner().invoke(cli, [*names, "--help"], prog_name="standby", terminal_width=100).output
    assert told.strip() in text
