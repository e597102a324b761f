"""The generated parts of docs/review.md: the rules, the mutations that prove them, and a review."""

import copy
from datetime import date
from typing import Final

from docs.generate import _stack as stack_of_the_settings
from docs.generate import fenced
from standby.review.formats import table_lines
from standby.review.plan import read_plan
from standby.review.report import review
from standby.review.rules.catalog import RULES
from tests.e2e.review.mutations import IN_PLACE, REPLACING
from tests.standby.review.helpers import plan_document

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
    found = review(read_plan(plan_document(before, after)), today=date.today())  # noqa: DTZ011 - no waiver, no date
    return fenced("$ standby review\n" + "\n".join(table_lines(found)), "console")
