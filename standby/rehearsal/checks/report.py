"""What a rehearsal found, as a table for people and as JSON for programs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from rich import box
from rich.table import Table
from rich.text import Text

from standby.deployment.manifest import Role


class Result(StrEnum):
    """How a check ended."""

    PASSED = "ok"
    FAILED = "failed"
    NOT_SIMULATED = "not simulated"


_STYLES: Final[Mapping[Result, str]] = {
    Result.PASSED: "green",
    Result.FAILED: "bold red",
    Result.NOT_SIMULATED: "yellow",
}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was checked: what, where, how it ended, what was seen, and how long it took (seconds).

    `role` is None for what belongs to no region.
    """

    name: str
    role: Role | None
    region: str
    result: Result
    detail: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that `rehearse up` found and left running. `seconds` has the time of each phase."""

    checks: tuple[Check, ...]
    endpoint: str
    urls: Mapping[str, str]
    resources: int
    changes: Mapping[str, int]
    seconds: Mapping[str, float]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(check.result is not Result.FAILED for check in self.checks)

    def as_json(self) -> dict[str, object]:
        """Return all of it as JSON values."""
        return {"passed": self.passed, **asdict(self)}

    def table(self) -> Table:
        """Return the table of checks."""
        table = Table("check", "region", "result", box=box.SIMPLE, pad_edge=False)
        table.add_column("seconds", justify="right")
        table.add_column("what was seen", overflow="fold")
        for check in self.checks:
            result = Text(check.result.value, style=_STYLES[check.result])
            where = f"{check.role} {check.region}" if check.role else check.region
            table.add_row(check.name, where, result, f"{check.seconds:.1f}", Text(check.detail))
        return table
