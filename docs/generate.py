"""The generated parts of the docs: cog calls these functions, and each returns Markdown made from the code."""

import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from click.testing import CliRunner

import lazy_bindings
from docs.field_table import field_table
from standby.cli.automatic.command import (
    AutomaticStatusJson,  # noqa: F401 - the documents name the models
    AutomaticSwitchJson,  # noqa: F401 - the documents name the models
    automatic,  # noqa: F401 - the documents name its commands
)
from standby.cli.context import context  # noqa: F401 - the documents name the models
from standby.cli.cost import cost_lines
from standby.cli.journal import JournalJson  # noqa: F401 - the documents name the models
from standby.cli.journal_removal import JournalRemovalJson  # noqa: F401 - the documents name the models
from standby.cli.main import (
    ErrorJson,  # noqa: F401 - the documents name the models
    cli,
)
from standby.cli.output.change_json import ChangeJson  # noqa: F401 - the documents name the models
from standby.cli.output.outcome import EXIT_CODES
from standby.cli.rehearse import rehearse  # noqa: F401 - the documents name the models
from standby.cost.prices import price_list
from standby.cost.report import CostReport, cost_report
from standby.cost.stack import Stack
from standby.cost.usage import PROFILES
from standby.deployment.manifest import Manifest  # noqa: F401 - the documents name the models
from standby.drill.measure.measures import Measures  # noqa: F401 - the documents name the models
from standby.drill.report.report import DrillReport  # noqa: F401 - the documents name the models
from standby.json_model import JsonModel
from standby.operations.views.status_json import RegionJson, StatusJson  # noqa: F401 - the documents name the models
from standby.preflight.report import PreflightJson  # noqa: F401 - the documents name the models
from standby.rehearsal.report import Report, Status  # noqa: F401 - the documents name the models
from standby.review.report import ReviewJson  # noqa: F401 - the documents name the models
from tests.mutants.result import read_reasons, read_results
from tests.simulation.commands import Name
from tests.simulation.matrix import matrix
from tests.simulation.messages.measure import read_reached, reason_not_reached
from tests.simulation.messages.row import Row
from tests.simulation.messages.status import STATUS_ROWS  # noqa: F401 - a document names the rows
from tests.simulation.messages.table import ROWS  # noqa: F401 - a document names the rows
from tests.simulation.oracle import RULES
from tests.simulation.seeded.measure import read_measured
from tests.simulation.seeded.mistakes import MISTAKES

WIDTH: Final = 100
ROOT: Final = Path(__file__).resolve().parents[1]


def fenced(text: str, language: str = "") -> str:
    """Return the text as a fenced block."""
    return f"```{language}\n{text.strip()}\n```\n"


def make_help() -> str:
    """Return what `make` shows."""
    run = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    return fenced("$ make\n" + run.stdout)


def settings_file() -> str:
    """Return `standby.toml`, which holds every setting with its default."""
    return fenced((ROOT / "standby.toml").read_text(encoding="utf-8"), "toml")


def command_help(*names: str) -> str:
    """Return the help of the operator's tool, or of one of its commands."""
    return fenced(CliRunner().invoke(cli, [*names, "--help"], prog_name="standby", terminal_width=WIDTH).output)


def automatic_table() -> str:
    """Return what the simulation of the automatic failover's decision found, by kind of history."""
    result = json.loads((ROOT / "tests/automatic/result.json").read_text(encoding="utf-8"))
    names = {"edge": "edge", "checkers": "Route 53"}
    head = "| history | second | histories | moves | false moves | moved after, median | longest |"
    rows = [
        f"| {row['kind']} | {names[row['second']]} | {row['histories']:,} | {row['moves']:,} | {row['false_moves']} "
        f"| {_seconds(row['median_seconds'])} | {_seconds(row['longest_seconds'])} |"
        for row in sorted(result["rows"], key=lambda row: row["kind"])
    ]
    return "\n".join([head, "| --- | --- | --: | --: | --: | --: | --: |", *rows]) + "\n"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value} s"


def json_fields(fields: Mapping[str, str] | type[JsonModel], heading: str = "field") -> str:
    """Return the fields of a JSON document as a table."""
    table = fields if isinstance(fields, Mapping) else field_table(fields)
    rows = [f"| `{field}` | {text} |" for field, text in table.items()]
    return "\n".join([f"| {heading} | meaning |", "| --- | --- |", *rows]) + "\n"


def unavailable_facts() -> str:
    """Return the sentence that names the facts of a region that may be unavailable."""
    fields = RegionJson.model_fields.values()
    names = [f"`{field.serialization_alias}`" for field in fields if "UnavailableJson" in str(field.annotation)]
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return f'Each of {listed} of a region is `{{"unavailable": "why"}}` when it could not be read.\n'


def exit_codes() -> str:
    """Return how a changing command's result becomes its exit code."""
    rows = [f"| {result} | {code} |" for result, code in EXIT_CODES.items()]
    return "\n".join(["| result | exit code |", "| --- | --: |", *rows]) + "\n"


def simulation_rules() -> str:
    """Return the rules that the simulation checks, by their names."""
    rows = [f"| {name} | {rule} |" for name, rule in RULES.items()]
    return "\n".join(["| rule | what holds |", "| --- | --- |", *rows]) + "\n"


def simulation_mistakes() -> str:
    """Return the seeded mistakes, the rule that noticed each, and after how many steps of the simulation."""
    known = {one.title: one for one in read_measured()}
    rows = []
    for mistake in MISTAKES:
        one = known[mistake.title]
        rows.append(f"| {mistake.title} | {one.rule} | {f'{one.steps:,}' if one.steps else 'a story'} |")
    return "\n".join(["| mistake | noticed by the rule | after steps |", "| --- | --- | --: |", *rows]) + "\n"


def mutants_table() -> str:
    """Return how many mutants each run made, and how many a test noticed."""
    rows = [
        f"| {one.area} | {one.seed or 'all'} | {one.lines:,} | {one.run:,} | {one.noticed:,} | {one.score:.1f} % |"
        for one in read_results()
    ]
    head = "| area | seed | lines | mutants | noticed | score |"
    return "\n".join([head, "| --- | --: | --: | --: | --: | --: |", *rows]) + "\n"


def mutants_survivors() -> str:
    """Return the mutants that no test noticed, and why each is accepted."""
    reasons = read_reasons()
    survivors = dict.fromkeys(survivor for one in read_results() for survivor in one.survivors)
    rows = [f"| `{one.name}` | {_code_lines(one.change)} | {reasons[one]} |" for one in survivors]
    return "\n".join(["| function | change | reason |", "| --- | --- | --- |", *rows]) + "\n"


def _code_lines(lines: Sequence[str]) -> str:
    return "<br>".join(f"`{' '.join(line.split())}`".replace("|", "\\|") for line in lines)


def messages(rows: Sequence[Row]) -> str:
    """Return each message of the commands, what must hold when it is printed, and how often that was judged."""
    times = read_reached()
    lines = []
    for row in rows:
        judged = f"{times[row.says]:,}" if times.get(row.says) else reason_not_reached(row.says)
        says = row.says.replace("`", "").replace("|", "\\|").strip()
        lines.append(f"| `{says}` | {row.holds} | {judged} |")
    return "\n".join(["| message | what holds | judged |", "| --- | --- | --: |", *lines]) + "\n"


def failure_matrix(command: Name) -> str:
    """Return what follows from one fault at each step of a command, as the simulation plays it."""
    rows = [
        f"| {fault} | {steps} | {_code(end.result)} | {end.users} | {_code(end.verdict)} | {end.next} |"
        for fault, steps, end in matrix(command)
    ]
    head = (
        "| fault | at this step | the command ends with | new users are in | verdict of `status` | `status` says next |"
    )
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- |", *rows]) + "\n"


def _code(text: str) -> str:
    word, comma, rest = text.partition(", ")
    return text if word == "killed" else f"`{word}`{comma}{rest}"


@cache
def _stack() -> dict[str, Any]:
    return synthesized(ROOT / "standby.toml")


def synthesized(settings: Path) -> dict[str, Any]:
    """Return the stack of a settings file."""
    lazy_bindings.install()
    from cdktf import Testing  # noqa: PLC0415 - after the bindings were made lazy

    from warm_standby.assets import read_assets  # noqa: PLC0415 - after the bindings were made lazy
    from warm_standby.settings import Settings  # noqa: PLC0415 - after the bindings were made lazy
    from warm_standby.stack import WarmStandbyStack  # noqa: PLC0415 - after the bindings were made lazy

    with tempfile.TemporaryDirectory() as directory:
        archive = Path(directory, "functions.zip")
        assets = read_assets(functions=ROOT / "lambda_src", site=ROOT / "frontend", archive=archive)
        stack = WarmStandbyStack(Testing.app(), settings=Settings.load(settings), assets=assets)
        document: dict[str, Any] = json.loads(Testing.synth(stack))
    return document


def outputs() -> str:
    """Return the stack's outputs as a table."""
    rows = [f"| `{name}` | {output['description']} |" for name, output in sorted(_stack()["output"].items())]
    return "\n".join(["| output | meaning |", "| --- | --- |", *rows]) + "\n"


def cost(profile: str) -> str:
    """Return what the default stack costs in a month, as the command shows it."""
    newest = max(price.date for price in price_list().values())
    report: CostReport = cost_report(
        Stack(document=_stack()), PROFILES[profile], path="", profile=profile, today=newest
    )
    return fenced(f"$ standby cost --usage {profile}\n" + "\n".join(cost_lines(report)))


def _side(name: str) -> str:
    prefix = name.partition("_")[0]
    return prefix if prefix in {"primary", "failover"} else "once"


def resources() -> str:
    """Return how many resources of each type the default settings make, by role."""
    counts: dict[str, Counter[str]] = {}
    for kind, named in _stack()["resource"].items():
        counts[kind] = Counter(_side(name) for name in named)
    rows = [
        f"| `{kind}` | {c['primary'] or ''} | {c['failover'] or ''} | {c['once'] or ''} |" for kind, c in counts.items()
    ]
    total = sum(sum(count.values()) for count in counts.values())
    head = ["| type | primary | failover | once |", "| --- | --: | --: | --: |"]
    return f"{total} resources.\n\n" + "\n".join([*head, *sorted(rows)]) + "\n"
