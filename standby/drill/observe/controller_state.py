"""What the automatic failover's controller saw and decided last, from the parameter that it writes."""

import json
from dataclasses import dataclass
from typing import Any

from standby.drill.observe.observer import Observer


@dataclass(frozen=True, kw_only=True)
class ControllerState:
    """The last looks, each as what the controller and the second vantage point saw, and the last decision.

    `looked_at` is the time of the last look, "" without one.
    """

    looks: tuple[tuple[str, str], ...]
    reason: str
    looked_at: str = ""

    @property
    def blind_looks(self) -> int:
        """How many of the looks failed from the controller itself."""
        return sum(here == "failed" for here, _ in self.looks)


def read_controller_state(observer: Observer) -> ControllerState:
    """Read the controller's state. Raises botocore's errors, and `ValueError` for a state that is not one."""
    deployment = observer.deployment
    ssm = observer.clients.ssm(deployment.regions["failover"].region)
    text = ssm.get_parameter(Name=deployment.controller_parameter)["Parameter"].get("Value", "")
    document: Any = json.loads(text)
    listed = document.get("looks", [])
    looks = tuple((str(look.get("here")), str(look.get("there"))) for look in listed)
    at = str(listed[-1].get("at", "")) if listed else ""
    return ControllerState(looks=looks, reason=str(document.get("reason", "")), looked_at=at)
