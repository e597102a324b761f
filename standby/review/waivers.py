"""Waivers: findings that somebody accepted in the settings file, with a reason and a date on which that ends."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from standby.errors import BadUsageError
from standby.json_model import describe_errors
from standby.review.findings import Finding
from standby.text import printable

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(printable)]


class Waiver(BaseModel):
    """A waiver. `address` and `argument` may have `*` for any part; `until` is the last day on which it holds.

    `argument` is the argument as the review prints it. Without it, the waiver accepts every finding of its rule there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str
    address: _Text
    argument: _Text = "*"
    reason: _Text
    until: date

    def __str__(self) -> str:
        """Return the waiver as a person names it."""
        return f"{self.rule} at {self.address}" + ("" if self.argument == "*" else f", {self.argument}")


@dataclass(frozen=True, kw_only=True)
class Waived:
    """The findings after all waivers, and what is to be said of the waivers themselves."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


class _Review(BaseModel):
    model_config = ConfigDict(extra="forbid")

    waivers: tuple[Waiver, ...] = ()


def read_waivers(path: Path | None, rules: Sequence[str]) -> tuple[Waiver, ...]:
    """Return the waivers of a settings file, none without a file.

    Raises `BadUsageError` for a waiver that is incomplete or names no rule.
    """
    if path is None:
        return ()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("review", {})
        found = _Review.model_validate(table).waivers
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadUsageError(f"{path}: {error}") from error
    except ValidationError as error:
        hint = "A waiver: [[review.waivers]] with rule, address, reason and until = 2027-01-31 (a date without quotes)."
        raise BadUsageError(f"{path}: review.{describe_errors(error)}", hint=hint) from error
    for waiver in found:
        if waiver.rule not in rules:
            near = get_close_matches(waiver.rule, rules, n=1)
            hint = f"Did you mean `{near[0]}`?" if near else "docs/review.md lists the rules."
            raise BadUsageError(f"{path}: a waiver names the rule `{waiver.rule}`, which does not exist.", hint=hint)
    return found


def apply_waivers(findings: Sequence[Finding], waivers: Sequence[Waiver], *, today: date) -> Waived:
    """Mark the findings that a waiver accepts. One that an expired waiver accepted blocks, whatever its severity."""
    used: dict[Waiver, int] = dict.fromkeys(waivers, 0)
    marked = []
    for finding in findings:
        found = [waiver for waiver in waivers if _accepts(waiver, finding)]
        used |= {waiver: used[waiver] + 1 for waiver in found}
        marked.append(_mark(finding, found, today))
    return Waived(findings=tuple(marked), notes=tuple(_notes(used, today)))


def _mark(finding: Finding, waivers: Sequence[Waiver], today: date) -> Finding:
    valid = next((waiver for waiver in waivers if waiver.until >= today), None)
    if valid is not None:
        return replace(finding, waived=f"{valid.reason} (until {valid.until})")
    if waivers:
        ended = f"{finding.effect} The waiver for it ended on {max(waiver.until for waiver in waivers)}."
        return replace(finding, severity="blocked", effect=ended)
    return finding


def _notes(used: Mapping[Waiver, int], today: date) -> list[str]:
    unused = [waiver for waiver, count in used.items() if not count]
    return [
        f"The waiver for {waiver} accepts nothing in this plan: remove it"
        + (f", it ended on {waiver.until}." if waiver.until < today else " when it is not needed.")
        for waiver in unused
    ]


def _accepts(waiver: Waiver, finding: Finding) -> bool:
    places = ((waiver.address, finding.address), (waiver.argument, finding.argument))
    return waiver.rule == finding.rule and all(_matches(pattern, text) for pattern, text in places)


def _matches(pattern: str, text: str) -> bool:
    """Return whether a pattern names the text. `[` and `?` are no wildcards: addresses have `[0]`."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None
