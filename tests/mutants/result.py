"""What a run of the mutants found, and the reason of each survivor. docs/mutants.md is generated from both."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

RESULT: Final = Path(__file__).with_name("result.json")
REASONS: Final = Path(__file__).with_name("reasons.toml")
_UNNOTICED: Final = frozenset({0, 5, 33})
"""The tests pass, or (5, 33) no test reaches the function."""
_NOT_RUN: Final = frozenset({None, 2, 34})
"""mutmut did not come to the mutant, was interrupted, or skipped it."""


@dataclass(frozen=True, kw_only=True)
class Survivor:
    """A mutant that no test noticed: the function, and the lines of its diff."""

    name: str
    change: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AreaResult:
    """The numbers of one area: of all mutants, of those that were run, and of those that a test noticed."""

    area: str
    mutants: int
    run: int
    noticed: int
    seed: int | None
    survivors: tuple[Survivor, ...]

    @property
    def score(self) -> float:
        """The part of the mutants that were run and noticed, in percent."""
        return 100 * self.noticed / self.run if self.run else 0.0


def judge(codes: Mapping[str, int | None]) -> tuple[int, list[str]]:
    """Return how many mutants were noticed, and the names of the survivors, from mutmut's exit codes of the tests.

    Every code that is not below is a failed test, a crash or a time-out.
    """
    survivors = [name for name, code in codes.items() if code in _UNNOTICED]
    run = [code for code in codes.values() if code not in _NOT_RUN]
    return len(run) - len(survivors), survivors


def write_results(found: Sequence[AreaResult]) -> None:
    """Write the results of these areas, and keep those of the others."""
    known = {one.area: one for one in (*read_results(), *found)}
    text = json.dumps([asdict(known[area]) for area in sorted(known)], indent=2)
    RESULT.write_text(f"{text}\n", encoding="utf-8")


def read_results() -> list[AreaResult]:
    """Return the results of the last run of each area."""
    if not RESULT.exists():
        return []
    return [_parse(one) for one in json.loads(RESULT.read_text(encoding="utf-8"))]


def _parse(found: dict[str, object]) -> AreaResult:
    survivors = found.pop("survivors")
    assert isinstance(survivors, list)
    made = tuple(Survivor(name=one["name"], change=tuple(one["change"])) for one in survivors)
    return AreaResult(**found, survivors=made)  # type: ignore[arg-type]  # `asdict` of an AreaResult wrote it


def read_reasons() -> Mapping[str, str]:
    """Return the reason of each survivor, by its name."""
    return tomllib.loads(REASONS.read_text(encoding="utf-8")) if REASONS.exists() else {}
