"""The generated parts of docs/review.md: the rules, the mutations that prove them, and a review."""

import copy
import subprocess
import tempfile
from datetime import date
from pathlib import Path
from typing import Any, Final

from docs.generate import ROOT, fenced, synthesized
from docs.generate import _stack as stack_of_the_settings
from standby.review.formats import table_lines
from standby.review.plan import read_plan
from standby.review.report import review
from standby.review.rules.catalog import RULES
from tests.e2e.review.mutations import IN_PLACE, REPLACING
from tests.standby.review.helpers import plan_document

SETTINGS: Final = "standby.toml"
CHANGE: Final = r"s/codes = \[403, 404, /codes = [/"
SHOWN: Final = ("replication metrics off", "logs kept for a day")


def rules() -> str:
    """Return the table of the rules."""
    rows = [f"| `{rule.name}` | {rule.severity} | {rule.objective} | {rule.title} |" for rule in RULES]
    return "\n".join(["| rule | severity | objective | what it finds |", "| --- | --- | --- | --- |", *rows]) + "\n"


def mutations() -> str:
    """Return the table of the mutations that tests plan against a rehearsal, each with the rule that notices it."""
    rows = [f"| {one.name} | `{one.type_}` | `{one.rule}` |" for one in (*IN_PLACE, *REPLACING)]
    return "\n".join(["| mutation of the stack | resource | noticed by |", "| --- | --- | --- |", *rows]) + "\n"


def sample() -> str:
    """Return the review of two mutations of the synthesized stack."""
    before = stack_of_the_settings()
    after = copy.deepcopy(before)
    for mutation in (*IN_PLACE, *REPLACING):
        if mutation.name in SHOWN:
            mutation.apply(after["resource"])
    return fenced(f"$ standby review\n{_reviewed(before, after)}", "console")


def walk() -> str:
    """Return the review of a settings file whose site fails over on fewer status codes."""
    changed = subprocess.run(["sed", CHANGE, SETTINGS], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as directory:
        settings = Path(directory, "trial.toml")
        settings.write_text(changed, encoding="utf-8")
        after = synthesized(settings)
    commands = (f"$ sed '{CHANGE}' {SETTINGS} > trial.toml", "$ STANDBY_SETTINGS=trial.toml standby review")
    return fenced("\n".join((*commands, _reviewed(stack_of_the_settings(), after))))


def _reviewed(before: dict[str, Any], after: dict[str, Any]) -> str:
    found = review(read_plan(plan_document(before, after)), today=date.today())  # noqa: DTZ011 - no waiver, no date
    return "\n".join(table_lines(found))
