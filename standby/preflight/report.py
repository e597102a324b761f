"""The report of a preflight: lines of at most 80 columns, the JSON document, and the exit code."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Literal

from pydantic import Field

from standby.errors import REFUSED
from standby.json_model import JsonModel
from standby.preflight.collect import Preflight
from standby.preflight.findings import IN_A_REHEARSAL, RUN_AGAIN, Finding, Status
from standby.text import label_lines, pluralize, printable

_WORDS: Final[dict[Status, str]] = {"ok": "ok", "fails": "FAILS", "unknown": "UNKNOWN", "advice": "advice"}
_STATUS_WIDTH: Final = 8
_MIN_LABEL: Final = 12


class FindingJson(JsonModel):
    """One line of the report."""

    check: str = Field(description="what was checked")
    region: str | None = Field(description="the region, null for the whole account")
    status: Status = Field(description="`ok`, `fails`, `unknown` (it could not be read) or `advice`")
    detail: str = Field(description="what was found")
    remedy: str | None = Field(description="the next action")


class PreflightJson(JsonModel):
    """The JSON document of `standby preflight`."""

    schema_version: Literal[2] = Field(default=2, description="2")
    command: Literal["preflight"] = Field(default="preflight", description="`preflight`")
    name: str = Field(description="the deployment's name")
    account: str = Field(description="the account of the credentials")
    principal: str = Field(description="the caller's ARN")
    regions: tuple[str, ...] = Field(description="the primary and the failover region")
    result: Literal["ready", "not ready"] = Field(description="`ready` if nothing fails and nothing is unknown")
    findings: tuple[FindingJson, ...] = Field(description="one entry for each check")


def preflight_json(preflight: Preflight) -> PreflightJson:
    """Return the document."""
    return PreflightJson(
        name=preflight.stack.name,
        account=preflight.principal.account,
        principal=preflight.principal.arn,
        regions=preflight.stack.regions,
        result="ready" if exit_code(preflight) == 0 else "not ready",
        findings=tuple(
            FindingJson(
                check=finding.check,
                region=finding.region or None,
                status=finding.status,
                detail=finding.detail,
                remedy=finding.remedy or None,
            )
            for finding in preflight.findings
        ),
    )


def exit_code(preflight: Preflight) -> int:
    """Return 0 if nothing fails and nothing is unknown, else 3."""
    return REFUSED if any(finding.status in {"fails", "unknown"} for finding in preflight.findings) else 0


def in_rehearsal(preflight: Preflight) -> Preflight:
    """Return the result with the remedy of what an emulator cannot answer: a second run would not answer it either."""
    findings = (
        replace(finding, remedy=IN_A_REHEARSAL) if finding.remedy == RUN_AGAIN else finding
        for finding in preflight.findings
    )
    return replace(preflight, findings=tuple(findings))


def report_lines(preflight: Preflight) -> Iterator[str]:
    """Yield the report: a line for each check, with its remedy below it, and the result."""
    width = max((len(finding.label) for finding in preflight.findings), default=_MIN_LABEL) + 1
    for finding in preflight.findings:
        yield from _finding_lines(finding, width)
    counts = {status: sum(one.status == status for one in preflight.findings) for status in _WORDS}
    fails, unknown = counts["fails"], counts["unknown"]
    if exit_code(preflight):
        yield f"not ready: {pluralize(fails, 'check')} would fail, {unknown} could not be answered"
    else:
        yield f"ready: {pluralize(counts['ok'], 'check')} passed. Next: `npx cdktf diff`"


def _finding_lines(finding: Finding, width: int) -> Iterator[str]:
    start = f"{_WORDS[finding.status]:<{_STATUS_WIDTH}}{finding.label:<{width}}"
    yield from label_lines(start.rstrip(), printable(finding.detail), column=len(start))
    if finding.remedy:
        yield from label_lines("", printable(f"-> {finding.remedy}"), column=len(start))
