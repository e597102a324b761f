"""The type of a scenario. The modules in `scenarios` define the scenarios; no other module names one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from standby.deployment.clients import Clients
from standby.deployment.manifest import Manifest
from standby.drill.context import ScenarioContext
from standby.drill.measure.objectives import DOCUMENTS, Objective
from standby.drill.measure.records import RequestKind

STANDARD_LOAD: Final[Mapping[RequestKind, float]] = {"page": 4.0, "cold-page": 4.0, "question": 4.0, "upload": 1.0}
"""Requests per second, of each kind."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A fault, the operator's response, and the objectives.

    `summary` is the hypothesis: one sentence for an auditor. `run` injects the fault and runs the operator's commands;
    an error that it raises fails the scenario. The drill checks the steady state before it, and restores everything
    after it in every case. `skip_reason` returns why the scenario cannot run here, "" if it can. `needs_sign_in`: it is
    skipped where users do not sign in. `needs_automatic`: it is skipped without the automatic failover's controller,
    which waits during each other scenario. `needs_dns`: it is skipped where the API has no name in DNS.
    `access_token_seconds`: the lifetime of the users' tokens during the scenario.
    `require` raises `RefusedError` for a real deployment whose users the scenario would harm.
    """

    name: str
    summary: str
    run: Callable[[ScenarioContext], None]
    objectives: tuple[Objective, ...] = DOCUMENTS
    load: Mapping[RequestKind, float] = field(default_factory=lambda: STANDARD_LOAD)
    needs_sign_in: bool = False
    needs_automatic: bool = False
    needs_dns: bool = False
    access_token_seconds: int | None = None
    skip_reason: Callable[[], str] = lambda: ""
    require: Callable[[Clients, Manifest], None] = lambda _clients, _deployment: None

    @property
    def skipped_without(self) -> str:
        """The condition under which a drill skips it, as a sentence; "" if it is skipped nowhere."""
        if self.needs_sign_in:
            return "Skipped if users do not sign in."
        if self.needs_automatic:
            return "Skipped without the automatic failover."
        return "Skipped if the API has no name in DNS." if self.needs_dns else ""
