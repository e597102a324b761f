"""The generation that a command writes: higher than any that a page may have seen. Pure.

A page never obeys a lower generation than it has seen. So a generation that is too low would keep open pages with the
region that is lost.

A switch to the primary region writes an odd generation, and a switch to the failover region an even one. So two
commands that move users to different regions never write the same one, even if neither can read the other's writes.
Of two commands with the same target, the condition on the target's copy lets one through.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from standby_protocol.deployment import Deployment, Role, Unavailable, other_role
from standby_protocol.journal import FIRST_GENERATION
from standby_protocol.routing_config import MAX_GENERATION, ConfigCopies, ConfigCopy, RoutingConfig

_REMAINDERS: Final[Mapping[Role, int]] = {"primary": 1, "failover": 0}
"""What remains of a generation that is divided by two, by the role of the region that it sends users to. Terraform's
first generation is 1, and users are in the primary region then."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A precondition that does not hold. `overridable`: `--force` overrides it."""

    reason: str
    overridable: bool = True


@dataclass(frozen=True, kw_only=True)
class KnownGenerations:
    """Where generations were looked for: both copies of config.json, and both journals."""

    copies: ConfigCopies
    journal_generation: int
    unread_journals: Mapping[Role, Unavailable]

    @property
    def highest(self) -> int:
        """The highest generation that was found; 0 if there is none."""
        known = (copy.generation for copy in self.copies.values() if isinstance(copy, ConfigCopy))
        return max([self.journal_generation, *known])

    def may_be_hidden_from(self, config: RoutingConfig) -> bool:
        """Return whether a person may have replaced a config of a higher generation than this config has.

        A copy without a generation does not show what it replaced. The journals do, if they were listed after it was
        read: each command writes its event before its config.
        """
        return self.are_in_doubt and (bool(self.unread_journals) or self.highest > (config.generation or 0))

    @property
    def are_in_doubt(self) -> bool:
        """Whether a copy was read that has no generation: it is absent, invalid, or edited by a person."""
        return any(isinstance(copy, ConfigCopy) and not copy.generation for copy in self.copies.values())

    def is_complete(self, role: Role) -> bool:
        """Return whether the highest known generation is one that no earlier command can have exceeded.

        A command writes its event, whose key has the generation, into the journal of the region that it makes the
        serving one, and then into both. So one region that was read completely has the highest one, unless its bucket
        has been emptied.
        """
        if not self.unread_journals and all(isinstance(copy, ConfigCopy) for copy in self.copies.values()):
            return True
        return any(map(self._remembers, (role, other_role(role))))

    def _remembers(self, role: Role) -> bool:
        copy = self.copies[role]
        if role in self.unread_journals or not isinstance(copy, ConfigCopy):
            return False
        return copy.state != "absent" or self.highest >= FIRST_GENERATION

    def refusals(self, deployment: Deployment, role: Role) -> tuple[Refusal, ...]:
        """Return the refusal to write a generation that may be too low, or that does not exist.

        `--force` writes one that cannot be too low.
        """
        if _next_of(role, self.highest) > MAX_GENERATION:
            return (Refusal(reason=self._describe_last(), overridable=False),)
        if self.is_complete(role):
            return ()
        unread = {deployment.regions[of].region: why for of, why in self.unread_journals.items()}
        said = "; ".join(f"the journal of {region} {why}" for region, why in unread.items())
        reason = f"the last generation is not known ({said or 'config.json and the journal are empty'})"
        return (Refusal(reason=f"{reason}: --force writes one from the time, which is higher than any"),)

    def _describe_last(self) -> str:
        copies = (copy for copy in self.copies.values() if isinstance(copy, ConfigCopy))
        written = next((copy for copy in copies if copy.generation == self.highest), None)
        what = f"config.json in {written.region} has" if written else "the journal has an object with"
        remedy = (
            "correct it by hand"
            if written
            else "`standby journal` names it, and `standby journal --remove KEY --force` removes it"
        )
        return f"{what} the generation {self.highest}, and there is no higher one: {remedy}"

    def next(self, role: Role, *, now: datetime, above_other: bool = False) -> int:
        """Return the generation to write, at most the largest one, which `refusals` does not let through.

        It is the next one of this role after the highest one. If that is not known, it is the time in seconds since
        1970: each earlier command added at most two, and took more than two seconds. `above_other`: it is also higher
        than the one that a single command may have written in the other region, which could not be read.
        """
        highest = max(FIRST_GENERATION, self.highest)
        if above_other:
            highest = _next_of(other_role(role), highest)
        known = highest if self.is_complete(role) else max(highest, int(now.timestamp()) - 1)
        return min(_next_of(role, known), MAX_GENERATION)


def _next_of(role: Role, generation: int) -> int:
    """Return the next generation that sends users to the region of this role."""
    following = generation + 1
    return following if following % 2 == _REMAINDERS[role] else following + 1
