"""What a scenario is. The rest of the drill knows no scenario by name; each module of them lists its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from standby.deployment.clients import Clients
from standby.deployment.manifest import Manifest
from standby.drill.context import ScenarioContext
from standby.drill.measure.objectives import DOCUMENTS, Objective
from standby.drill.measure.records import Kind

STANDARD_LOAD: Final[Mapping[Kind, float]] = {"page": 4.0, "cold-page": 4.0, "question": 4.0, "upload": 1.0}
"""Requests per second, of each kind."""


def always() -> str:
    """Say that nothing keeps a scenario from being played."""
    return ""


def harmless(_clients: Clients, _deployment: Manifest) -> None:
    """Refuse no deployment."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A fault, what is done about it, and the objectives that must hold.

    `summary` is the hypothesis, one sentence that an auditor reads. `play` does the fault and the operator's part; what
    it raises fails the scenario. Before it the steady state has been seen; after it everything is put back, whatever
    happened. `skipped` returns why the scenario cannot be played here, "" when it can. `required` raises `RefusedError`
    for a real deployment whose users it would harm.
    """

    name: str
    summary: str
    play: Callable[[ScenarioContext], None]
    objectives: tuple[Objective, ...] = DOCUMENTS
    load: Mapping[Kind, float] = field(default_factory=lambda: STANDARD_LOAD)
    skipped: Callable[[], str] = always
    required: Callable[[Clients, Manifest], None] = harmless
