"""What a run of the mutants found, and the reason of each survivor. docs/mutants.md is generated from both."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

RESULT: Final = Path(__file__).with_name("result.json")
REASONS: Final = Path(__file__).with_name("reasons.toml")


@dataclass(frozen=True, kw_only=True)
class Survivor:
    """A mutant that no test noticed: the function, and the lines of its diff."""

    name: str
    change: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AreaResult:
    """The numbers of one area: of the lines that were changed, of their mutants, and of those that a test noticed."""

    area: str
    lines: int
    run: int
    noticed: int
    seed: int | None
    survivors: tuple[Survivor, ...]

    @property
    def score(self) -> float:
        """The part of the mutants that a test noticed, in percent."""
        return 100 * self.noticed / self.run if self.run else 0.0


def write_results(found: Sequence[AreaResult]) -> None:
    """Write these results, and keep those of other areas and other seeds."""
    known = {(one.area, one.seed or 0): one for one in (*read_results(), *found)}
    text = json.dumps([asdict(known[key]) for key in sorted(known)], indent=2, ensure_ascii=False)
    RESULT.write_text(f"{text}\n", encoding="utf-8")


def read_results() -> list[AreaResult]:
    """Return the results of the last run of each area."""
    return [parse_result(one) for one in json.loads(RESULT.read_text(encoding="utf-8"))] if RESULT.exists() else []


def parse_result(found: dict[str, Any]) -> AreaResult:
    """Return a result that `asdict` made a dictionary of."""
    survivors = tuple(Survivor(name=one["name"], change=tuple(one["change"])) for one in found.pop("survivors"))
    return AreaResult(**found, survivors=survivors)


def read_reasons() -> dict[Survivor, str]:
    """Return why each survivor is accepted."""
    found = tomllib.loads(REASONS.read_text(encoding="utf-8")) if REASONS.exists() else {}
    return {
        Survivor(name=one["function"], change=tuple(one["change"])): one["reason"] for one in found.get("survivor", [])
    }
