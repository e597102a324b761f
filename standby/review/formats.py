"""A review as text: a table in 80 columns, markdown for a pull request, and annotations of GitHub Actions."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal

from standby.review.report import FindingJson, ReviewJson
from standby.text import pluralize, wrap

Format = Literal["table", "json", "markdown", "github"]
_REGIONS: Final[Mapping[str | None, str]] = {"primary": "primary", "failover": "failover", None: "both"}
_HEADINGS: Final = {"blocked": "BLOCKED", "warned": "WARNED"}


def table_lines(review: ReviewJson) -> Iterator[str]:
    """Yield the lines of a review for a terminal."""
    yield from _summary_table(review)
    for finding in review.findings:
        yield ""
        yield from _finding_lines(finding)
    if review.notes:
        yield ""
    for note in review.notes:
        yield from _wrap(f"note: {note}")
    yield ""
    yield from _wrap(conclude(review))


def markdown_lines(review: ReviewJson) -> Iterator[str]:
    """Yield the lines of a review as markdown."""
    yield f"### Plan review: {conclude(review)}"
    yield ""
    if review.summary:
        yield "| purpose | region | created | changed | replaced | destroyed |"
        yield "| --- | --- | --- | --- | --- | --- |"
        for row in review.summary:
            counts = (row.create, row.update, row.replace, row.delete)
            yield f"| {row.purpose} | {_REGIONS[row.role]} | {' | '.join(map(str, counts))} |"
        yield ""
    for finding in review.findings:
        yield from _markdown_finding(finding)
    yield from (f"- {_escape(note)}" for note in review.notes)


def github_lines(review: ReviewJson) -> Iterator[str]:
    """Yield one annotation for each finding. Source: docs.github.com, "Workflow commands for GitHub Actions"."""
    for finding in review.findings:
        level = "notice" if finding.waived else "error" if finding.severity == "blocked" else "warning"
        message = f"{finding.address}: {_argument(finding)}{finding.effect} {finding.remedy}"
        yield f"::{level} title={_property(f'{finding.rule} ({finding.objective})')}::{_data(message)}"
    level = {"blocked": "error", "warned": "warning", "clean": "notice"}[review.result]
    yield f"::{level} title=standby review::{_data(conclude(review))}"


FORMATS: Final[Mapping[str, Callable[[ReviewJson], Iterator[str]]]] = {
    "table": table_lines,
    "markdown": markdown_lines,
    "github": github_lines,
}


def conclude(review: ReviewJson) -> str:
    """Return the result in a sentence."""
    counts = {
        severity: sum(one.severity == severity and not one.waived for one in review.findings)
        for severity in ("blocked", "warned")
    }
    waived = sum(bool(one.waived) for one in review.findings)
    accepted = f" {pluralize(waived, 'finding')} accepted by waivers." if waived else ""
    scope = f"{pluralize(review.changed, 'change')} of {pluralize(review.resources, 'resource')}"
    if review.result == "clean":
        return f"Clean: {scope}, and none hurts the recovery.{accepted}"
    if review.result == "warned":
        return f"Warned: {pluralize(counts['warned'], 'finding')} in {scope}; look at each before you apply.{accepted}"
    warned = f", {counts['warned']} more to look at" if counts["warned"] else ""
    return f"Blocked: do not apply this plan. {pluralize(counts['blocked'], 'finding')}{warned}, in {scope}.{accepted}"


def _summary_table(review: ReviewJson) -> Iterator[str]:
    if not review.summary:
        yield f"The plan changes none of {pluralize(review.resources, 'resource')}."
        return
    yield f"{'purpose':<16}{'region':<10}{'created':>10}{'changed':>10}{'replaced':>10}{'destroyed':>11}"
    for row in review.summary:
        yield (
            f"{row.purpose:<16}{_REGIONS[row.role]:<10}{row.create or '-':>10}{row.update or '-':>10}"
            f"{row.replace or '-':>10}{row.delete or '-':>11}"
        )


def _finding_lines(finding: FindingJson) -> Iterator[str]:
    heading = "waived" if finding.waived else _HEADINGS[finding.severity]
    yield f"{heading} {finding.rule} ({finding.objective})"
    yield from _wrap(finding.address, indent="  ")
    if finding.argument:
        yield from _wrap(finding.argument, indent="  ")
    if finding.before or finding.after:
        yield from _wrap(f"before: {finding.before or '-'}", indent="    ")
        yield from _wrap(f"after: {finding.after or '-'}", indent="    ")
    yield from _wrap(finding.effect, indent="  ")
    yield from _wrap(f"accepted: {finding.waived}" if finding.waived else f"do: {finding.remedy}", indent="  ")


def _wrap(text: str, *, indent: str = "") -> list[str]:
    return wrap(" ".join(text.split()), first=indent, rest=f"{indent}  " if indent else "")


def _markdown_finding(finding: FindingJson) -> Iterator[str]:
    sign = "waived" if finding.waived else f"**{finding.severity}**"
    yield f"- {sign} `{finding.rule}` ({finding.objective}): {_code(finding.address)}"
    if finding.argument:
        values = f": {_code(finding.before)} → {_code(finding.after)}" if finding.before or finding.after else ""
        yield f"  - {_code(finding.argument)}{values}"
    yield f"  - {_escape(finding.effect)}"
    yield f"  - {_escape(f'Accepted: {finding.waived}' if finding.waived else finding.remedy)}"


def _argument(finding: FindingJson) -> str:
    if not finding.argument:
        return ""
    values = f" {finding.before} -> {finding.after}" if finding.before or finding.after else ""
    return f"{finding.argument}{values}. "


def _code(text: str) -> str:
    """Return a text as code in markdown. It is of a plan, so it may have any character."""
    line = " ".join(text.split()) or "-"
    ticks = "`" * (max((len(run) for run in _runs(line)), default=0) + 1)
    padded = f" {line} " if line.startswith("`") or line.endswith("`") else line
    return f"{ticks}{padded}{ticks}"


def _runs(text: str) -> list[str]:
    return [run for run in "".join(char if char == "`" else " " for char in text).split(" ") if run]


def _escape(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\<>[]|*_#" else char for char in text)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
