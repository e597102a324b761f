"""The JSON document of `failover`, `failback` and `reconcile`. docs/cli.md is generated from these models."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from standby.cli.output.outcome import CommandOutcome, Outcome
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest
from standby.json_model import ONE_ROW, JsonModel
from standby.named_commands import complete_error
from standby.operations.facts.journal import Event, PendingWrite, StepTaken
from standby.operations.plans.plan import Refusal
from standby.operations.views.status_json import DeploymentJson


class PlanStepJson(JsonModel):
    """A step of the plan."""

    step: str
    region: str


class AuthoritativeJson(JsonModel):
    """The config.json of another command, which won."""

    region: str
    role: str
    generation: int | None


class ChangeJson(JsonModel):
    """The JSON document of `failover`, `failback` and `reconcile`."""

    schema_version: Literal[2] = Field(default=2, description="2")
    command: str = Field(description="`failover`, `failback` or `reconcile`")
    deployment: Annotated[DeploymentJson, ONE_ROW] = Field(description="`where`, `name` and `account`")
    result: Outcome = Field(
        description="`done`; `incomplete` (users are served, something is pending for `reconcile`); `nothing to do`; "
        "`planned` (`--dry-run`); `declined`, `failed`, `unknown` (the write may have landed) or `lost` (exit code 1); "
        "`not verified` (users were moved, and a check after it failed) or `refused` (3)"
    )
    summary: str = Field(description="the plan in a sentence")
    generation: int = Field(description="the generation that the plan writes, or the authoritative one")
    source: str = Field(
        validation_alias="from", serialization_alias="from", description="the region that served before"
    )
    target: str = Field(validation_alias="to", serialization_alias="to", description="the region that is to serve")
    refusals: Annotated[tuple[Refusal, ...], ONE_ROW] = Field(
        description="`reason` and `overridable` of each precondition that does not hold"
    )
    notes: tuple[str, ...] = Field(description="what is worth knowing")
    plan: Annotated[tuple[PlanStepJson, ...], ONE_ROW] = Field(description="`step` and `region` of each step, in order")
    steps: Annotated[tuple[StepTaken, ...], ONE_ROW] = Field(
        description="`step`, `result`, `detail`, `at` (UTC) and `seconds` of each step that was taken"
    )
    details: tuple[str, ...] = Field(description="the result of each document")
    pending_writes: Annotated[tuple[PendingWrite, ...], ONE_ROW] = Field(
        description="`region`, `what` and `why` of each write that is pending for `reconcile`"
    )
    error: str | None = Field(description="the error on stderr; null when the command succeeded")
    winner: Annotated[Event | None, ONE_ROW] = Field(
        description="of a `lost` command: the other command's event (as in `journal`), or null when no journal names it"
    )
    authoritative: Annotated[AuthoritativeJson | None, ONE_ROW] = Field(
        description="of a `lost` command: `region`, `role` and `generation` of the authoritative config.json"
    )
    seconds: Mapping[str, float] = Field(description="`gathered` and `total`, from the command's start")


def change_json(
    connection: Connection, manifest: Manifest, outcome: CommandOutcome, *, seconds: dict[str, float]
) -> ChangeJson:
    """Return the document of an outcome."""
    plan, run = outcome.plan, outcome.run
    authoritative = run.authoritative.config if run and run.authoritative else None
    return ChangeJson(
        command=plan.command,
        deployment=DeploymentJson(where=connection.where, name=manifest.name, account=manifest.account),
        result=outcome.result,
        summary=plan.summary,
        generation=plan.generation,
        source=plan.source,
        target=plan.target,
        refusals=plan.refusals,
        notes=(*plan.notes, *(run.notes if run else ())),
        plan=tuple(PlanStepJson(step=step.title, region=step.region) for step in plan.steps),
        steps=tuple(run.steps) if run else (),
        details=tuple(run.details) if run else (),
        pending_writes=tuple(run.pending_writes) if run else plan.pending_writes,
        error=complete_error(outcome.error) if outcome.error else None,
        winner=run.winner if run else None,
        authoritative=AuthoritativeJson(
            region=authoritative.region, role=authoritative.role, generation=authoritative.generation
        )
        if authoritative
        else None,
        seconds=seconds,
    )
