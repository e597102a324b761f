"""What a switch to a region writes: the generation, the text, and the copies in their order. Pure.

`standby failover`, `standby failback` and the controller of the automatic failover switch by it.
"""

from dataclasses import dataclass
from datetime import datetime

from standby_protocol.deployment import Deployment, Role, other_role
from standby_protocol.generation import KnownGenerations, Refusal
from standby_protocol.journal import format_time
from standby_protocol.routing_config import (
    MAX_GENERATION,
    ConfigCopy,
    RoutingConfig,
    config_for_role,
    render_config,
    serving_role,
)


@dataclass(frozen=True, kw_only=True)
class SwitchWrites:
    """The config that a switch writes, as an object and as text, and the copies that it replaces, in this order.

    `source` is the region that served before, "" if none is known. `refusals` are those of the generation.
    """

    config: RoutingConfig
    text: str
    copies: tuple[ConfigCopy, ...]
    source: str
    refusals: tuple[Refusal, ...]

    @property
    def generation(self) -> int:
        """The generation that is written."""
        return self.config.generation or 0


def plan_writes(
    deployment: Deployment, target: Role, own: ConfigCopy, *, known: KnownGenerations, now: datetime, step: int = 1
) -> SwitchWrites:
    """Return the writes that make `target` serve: first its own copy, then the other one if it could be read.

    `step` is added to the highest generation that is known. A higher one than 1 is for a forced switch, which does not
    know the other copy.
    """
    generation = min(known.next(target, now=now) + step - 1, MAX_GENERATION)
    config = config_for_role(deployment, target, generation=generation, updated_at=format_time(now))
    beside = known.copies[other_role(target)]
    serving = serving_role(deployment, known.copies) if step == 1 else None
    return SwitchWrites(
        config=config,
        text=render_config(config),
        copies=(own, beside) if isinstance(beside, ConfigCopy) else (own,),
        source=deployment.regions[serving].region if serving else "",
        refusals=known.refusals(deployment, target),
    )
