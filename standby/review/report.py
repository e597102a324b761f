"""The report of a review: the summary of the plan, and its findings by severity."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Final, Literal

from pydantic import Field

from standby.json_model import JsonModel
from standby.review.findings import Finding
from standby.review.plan import Plan
from standby.review.rules.catalog import RULES
from standby.review.rules.changed import RULE as PROTECTION_CHANGED
from standby.review.rules.rule import Surroundings
from standby.review.summary import SummaryRow, summarize
from standby.review.waivers import Waiver, apply_waivers
from standby.text import printable

Result = Literal["clean", "warned", "blocked"]
SCHEMA_VERSION: Final = 1


class FindingJson(JsonModel):
    """A finding."""

    rule: str = Field(description="the rule, as docs/review.md lists it")
    severity: str = Field(description="`blocked` or `warned`")
    objective: str = Field(
        description="what it hurts: `page RTO`, `API RTO`, `documents RPO`, `readiness`, `security` or `deployment`"
    )
    address: str = Field(
        description="Terraform's address of the resource; `plan`, `output` or `deployment` for the whole"
    )
    argument: str = Field(description="the argument, or what happens to the resource")
    before: str = Field(description="the value before, as a text; a sensitive one is not shown")
    after: str = Field(description="the value after, as a text")
    effect: str = Field(description="what the change does to the objective")
    remedy: str = Field(description="what to do")
    waived: str = Field(description="the reason of the waiver that accepts it; empty if none does")


class ReviewJson(JsonModel):
    """A review."""

    schema_version: Literal[1] = Field(default=SCHEMA_VERSION, description="1")
    result: Result = Field(description="`clean`, `warned` or `blocked`; what a waiver accepts does not count")
    resources: int = Field(description="how many resources the plan has, with those that do not change")
    changed: int = Field(description="how many resources it creates, changes, replaces or destroys")
    written_at: datetime | None = Field(description="when the plan was made; null if it does not say")
    summary: tuple[SummaryRow, ...]
    findings: tuple[FindingJson, ...]
    notes: tuple[str, ...] = Field(description="what else a reviewer should know, one sentence each")


def review(
    plan: Plan,
    *,
    surroundings: Surroundings | None = None,
    waivers: Sequence[Waiver] = (),
    today: date,
    notes: Sequence[str] = (),
) -> ReviewJson:
    """Return the review of a plan. `notes` are sentences of the caller, such as what could not be asked."""
    known = surroundings or Surroundings()
    waived = apply_waivers(find_all(plan, known), waivers, today=today)
    findings = sorted(waived.findings, key=lambda finding: (bool(finding.waived), finding.severity != "blocked"))
    return ReviewJson(
        result=_result(findings),
        resources=len(plan.changes),
        changed=sum(change.changes for change in plan.changes),
        written_at=plan.written_at,
        summary=summarize(plan),
        findings=tuple(FindingJson(**asdict(finding)) for finding in findings),
        notes=tuple(printable(" ".join(note.split())) for note in (*notes, *waived.notes, *_first_deployment(plan))),
    )


def find_all(plan: Plan, surroundings: Surroundings) -> list[Finding]:
    """Return the findings of all rules, each once. `protection-changed` names what no other rule names."""
    found = dict.fromkeys(found for rule in RULES for found in rule.find(rule, plan, surroundings))
    named: dict[str, set[str]] = defaultdict(set)
    for finding in found:
        if finding.rule != PROTECTION_CHANGED:
            named[finding.address].add(_named(finding.argument))
    return [one for one in found if one.rule != PROTECTION_CHANGED or not _is_named(one.argument, named[one.address])]


def _named(argument: str) -> str:
    """Return an argument without the numbers or names of blocks, such as `origin.domain_name`."""
    return re.sub(r"\.\d+(?=\.|$)", "", re.sub(r"^(\w+) [^:]+: ", r"\1.", argument))


def _is_named(argument: str, named: set[str]) -> bool:
    """Return whether a finding names the argument, or a part of it, or the block in which it is."""
    path = _named(argument)
    return any(one and (f"{one}.".startswith(f"{path}.") or f"{path}.".startswith(f"{one}.")) for one in named)


def _result(findings: Sequence[Finding]) -> Result:
    if any(finding.blocks for finding in findings):
        return "blocked"
    return "warned" if any(not finding.waived for finding in findings) else "clean"


def _first_deployment(plan: Plan) -> list[str]:
    if not plan.is_first:
        return []
    return ["Nothing is deployed yet, so nothing can get worse: the rules compare with what is there."]
