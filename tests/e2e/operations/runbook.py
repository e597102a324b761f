"""docs/runbook.md as a program: the changes to the rehearsal, the commands, and their output."""

import re
import shlex
from collections.abc import Iterator
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
        elif current is not None and line:
            shown.append(line)


def same(text: str) -> str:
    """Return a line without the parts that differ between runs: numbers, times, names of users and machines, spaces."""
    text = re.sub(r"REHEARSAL in \S+: \S+", "REHEARSAL", text)
    text = re.sub(r"\(\S+@[^)]*\)", "(somebody)", text)
    text = re.sub(r"uploads/\S+", "KEY", text)
    text = re.sub(r"standby/journal/\S+", "KEY", text)
    text = re.sub(r"https://\S+", "URL", text)
    text = re.sub(r"\d+(?:[-:.]\d+)*", "#", re.sub(r"us-(west|east)-\d", r"us-\1", text))
    return " ".join(text.split())
