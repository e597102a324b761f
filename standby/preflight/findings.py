"""The result of one check."""

from dataclasses import dataclass
from typing import Final, Literal

from standby.deployment.concurrency import Unavailable

Status = Literal["ok", "fails", "unknown", "advice"]

RUN_AGAIN: Final = "Run the command again."
IN_A_REHEARSAL: Final = "The emulator cannot answer this. On AWS it is checked."


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check found, in one region or ("") in the account. `remedy` is the next action, "" if there is none.

    `fails`: the deployment would fail, or nobody would be served. `unknown`: the fact could not be read. `advice`: the
    deployment would not fail, but somebody should look.
    """

    check: str
    region: str = ""
    status: Status
    detail: str
    remedy: str = ""

    @property
    def label(self) -> str:
        """The check with its region."""
        return f"{self.check} {self.region}".strip()


def unknown(check: str, fact: Unavailable, *, action: str = "", region: str = "") -> Finding:
    """Return the finding that a fact could not be read. `action` is the IAM action that reads it."""
    if fact.unreachable:
        remedy = RUN_AGAIN
    else:
        remedy = f"Allow {action}, or look in the console." if action else "Look in the console."
    answered = str(fact).startswith(("answers", "does not answer", "is still"))
    why = f"the service {fact}" if answered else str(fact)
    return Finding(check=check, region=region, status="unknown", detail=f"cannot be read here: {why}", remedy=remedy)
