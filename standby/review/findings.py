"""What a review finds: a change that hurts, how much, and what to do."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from standby.review.values import ABSENT, JSON, Arguments, Path

Severity = Literal["blocked", "warned"]
Objective = Literal["page RTO", "API RTO", "documents RPO", "readiness", "security", "deployment"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A change that hurts. `before` and `after` are texts; "" where the change has no single argument.

    `waived`: the reason of a waiver that accepts it; "" if none does.
    """

    rule: str
    severity: Severity
    objective: Objective
    address: str
    argument: str = ""
    before: str = ""
    after: str = ""
    effect: str
    remedy: str
    waived: str = ""

    @property
    def blocks(self) -> bool:
        """Whether the finding blocks the deployment."""
        return self.severity == "blocked" and not self.waived

    def of(self, objective: Objective) -> "Finding":
        """Return the finding with another objective than its rule's."""
        return replace(self, objective=objective)


def name_path(path: Path) -> str:
    """Return a path as people write it: `rule.destination.metrics.status`."""
    return ".".join(str(step) for step in path if step is not JSON)


def shown_value(arguments: Arguments | None, path: Path | None, missing: str) -> str:
    """Return the text of an argument on one side of a change. `missing` stands for a resource that is not there."""
    if arguments is None:
        return missing
    return str(ABSENT.value) if path is None else arguments.show(*path)
