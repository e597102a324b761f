"""docs/runbook.md as a program: the changes to the rehearsal, the commands, and their output.

`write_outputs` puts into the file what the commands show now.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.e2e.helpers import ROOT

RUNBOOK: Final = ROOT / "docs" / "runbook.md"
_LINE: Final = re.compile(r"^(?:<!-- do: (?P<do>.*) -->|\$ standby (?P<typed>.*))$")


@dataclass(frozen=True, kw_only=True)
class Act:
    """One action: a change to the rehearsal, or a command with its expected output."""

    do: str = ""
    typed: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A section of the runbook."""

    title: str
    acts: tuple[Act, ...]


def scenarios(path: Path = RUNBOOK) -> tuple[Scenario, ...]:
    """Return the runbook's sections that contain actions."""
    found = []
    for section in path.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        found.append(Scenario(title=title, acts=tuple(_acts(text))))
    return tuple(found)


def _acts(text: str) -> Iterator[Act]:
    current: tuple[str, ...] | None = None
    shown: list[str] = []
    for line in [*text.splitlines(), "```"]:
        match = _LINE.match(line)
        if current is not None and (match or line.startswith("```")):
            yield Act(typed=current, shown=tuple(shown))
            current, shown = None, []
        if match and match["do"]:
            yield Act(do=match["do"])
        elif match:
            current = tuple(shlex.split(match["typed"]))
        elif current is not None:
            shown.append(line)


def as_in_the_runbook(seen: str) -> str:
    """Return an output as the rehearsal of a reader shows it: with its directory, deployment and operator."""
    first = r"REHEARSAL in\s+\S+\s+\S+\s+in\s+account\s+(\d+),\s+(\S+)\s+\+\s+(\S+)"
    seen = re.sub(first, r"REHEARSAL in .rehearsal: chatbot in account \1, \2 + \3", seen)
    return re.sub(r"\(\S+@[^)\s]*\)", "(ada@laptop)", seen)


def missing_lines(act: Act, seen: str) -> list[str]:
    """Return the lines of the runbook that an output lacks. The names of a machine decide where its lines break."""
    shown = same(as_in_the_runbook(seen))
    return [line for line in act.shown if line != "..." and same(line) not in shown]


def write_outputs(title: str, outputs: Sequence[str], path: Path = RUNBOOK) -> None:
    """Write the outputs of a section's commands, in their order, into the runbook."""
    text = path.read_text(encoding="utf-8")
    start = text.index(f"\n## {title}\n")
    end = text.find("\n## ", start + 1)
    section = text[start:] if end < 0 else text[start:end]
    written = "\n".join(_written(section, outputs))
    path.write_text(text.replace(section, written), encoding="utf-8")


def _written(section: str, outputs: Sequence[str]) -> Iterator[str]:
    left = iter(outputs)
    shown: list[str] | None = None
    for line in section.split("\n"):
        match = _LINE.match(line)
        if shown is not None and (match or line.startswith("```")):
            yield from _chosen(shown, as_in_the_runbook(next(left)))
            shown = None
        if shown is None:
            yield line
        else:
            shown.append(line)
        if match and match["typed"]:
            shown = []


def _chosen(shown: Sequence[str], seen: str) -> Iterator[str]:
    """Yield the lines of an output that the runbook shows: all of them, or those that it showed, and `...`."""
    known, gap = {same(line) for line in shown}, False
    for line in seen.rstrip("\n").split("\n"):
        chosen = "..." not in shown or same(line) in known
        if chosen or not gap:
            yield line if chosen else "..."
        gap = not chosen


def same(text: str) -> str:
    """Return a line without the parts that differ between runs: numbers, times, names of users and machines, spaces."""
    text = re.sub(r"REHEARSAL in \S+: \S+", "REHEARSAL", text)
    text = re.sub(r"\(\S+@[^)]*\)", "(somebody)", text)
    text = re.sub(r"uploads/\S+", "KEY", text)
    text = re.sub(r"standby/journal/\S+", "KEY", text)
    text = re.sub(r"https://\S+", "URL", text)
    text = re.sub(r"\d+(?:[-:.]\d+)*", "#", re.sub(r"us-(west|east)-\d", r"us-\1", text))
    return " ".join(text.split())
