"""What a switch to a region writes: the generation, the text, and the copies in their order. Pure.

`standby failover`, `standby failback` and the controller of the automatic failover switch by it.
"""

from dataclasses import dataclass
from datetime import datetime

from standby_protocol.deployment import Deployment, Role, other_role
from standby_protocol.generation import KnownGenerations, Refusal
from standby_protocol.journal import format_time
from standby_protocol.routing_config import (
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
    deployment: Deployment,
    target: Role,
    own: ConfigCopy,
    *,
    known: KnownGenerations,
    now: datetime,
    above_other: bool = False,
) -> SwitchWrites:
    """Return the writes that make `target` serve: first its own copy, then the other one if it could be read.

    `above_other`: the switch is forced, and the other copy, which cannot be read, may have a higher generation.
    """
    generation = known.next(target, now=now, above_other=above_other)
    config = config_for_role(deployment, target, generation=generation, updated_at=format_time(now))
    beside = known.copies[other_role(target)]
    serving = serving_role(deployment, known.copies)
    return SwitchWrites(
        config=config,
        text=render_config(config),
        copies=(own, beside) if isinstance(beside, ConfigCopy) else (own,),
        source=deployment.regions[serving].region if serving not in {None, target} else "",
        refusals=known.refusals(deployment, target),
    )
