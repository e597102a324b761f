"""The settings of the automatic failover (record 108)."""

from typing import Literal, Self

from pydantic import Field, model_validator

from warm_standby.settings.section import Section, validation_error

MOST_LOOKS = 30
LEAST_RATE = 100
"""The least `access.rate_limit` with a controller. Of a lost region it asks the edge 20 times in five minutes, from an
address that functions of others may share."""


class Automatic(Section):
    """Whether a controller moves users to the failover region by itself, and how slow it is to judge.

    `enabled`: there is a controller, a function in the failover region that looks at the primary region each minute.
    `failed_looks` of the last `of_looks` looks must have failed from both vantage points, the last one among them.
    `dwell_minutes`: how long the controller does nothing after any failover, failback or reconcile.
    `when_behind`: whether it moves users although the failover region's Knowledge Base lacks documents that are older
    than `objectives.documents_rpo_seconds`: `wait` or `move`.
    """

    enabled: bool = False
    failed_looks: int = Field(default=4, ge=2, le=MOST_LOOKS)
    of_looks: int = Field(default=5, ge=2, le=MOST_LOOKS)
    dwell_minutes: int = Field(default=60, ge=10, le=1440)
    when_behind: Literal["move", "wait"] = "wait"

    @model_validator(mode="after")
    def _is_a_part_of_the_looks(self) -> Self:
        if self.failed_looks > self.of_looks:
            fix = f"more than automatic.of_looks = {self.of_looks}: use at most that"
            raise validation_error(("failed_looks",), self.failed_looks, fix)
        return self
