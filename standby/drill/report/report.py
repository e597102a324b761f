"""The report of a drill, as the document that `--json` prints. The HTML page and the tables are made from it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import Field

from standby.deployment.manifest import Role
from standby.drill.measure.measures import Measures
from standby.drill.measure.records import (
    BrowserQuestion,
    Event,
    FailedRequest,
    FaultPeriod,
    Number,
    ObjectiveResult,
    Outcome,
)
from standby.errors import FAILED, REFUSED
from standby.json_model import ONE_ROW, JsonModel, Key
from standby.text import pluralize

SCHEMA_VERSION: Final = 2
Change = Literal["better", "worse", "same", "new", "gone"]
Kind = Annotated[str, Key("KIND")]
ResultName = Annotated[str, Key("RESULT")]


class ScenarioReport(JsonModel):
    """One scenario's part of the report."""

    name: str = Field(description="the scenario, as `--scenario` names it")
    summary: str = Field(description="what the scenario is to show")
    result: Outcome = Field(
        description="`passed`; `missed`: an objective is missed; `failed`: it could not be run to its end; `skipped`"
    )
    reason: str = Field(default="", description='why it failed or was skipped; "" otherwise')
    no_steady_state: bool = Field(
        default=False, description="whether it failed because the deployment was not in its steady state"
    )
    seconds: float = Field(default=0.0, description="how long it took, including the check of the steady state")
    measures: Annotated[Measures, ONE_ROW] = Field(
        default_factory=Measures,
        description="the measures of this scenario, see below; null if there was nothing to measure",
    )
    objectives: tuple[ObjectiveResult, ...] = ()
    events: tuple[Event, ...] = ()
    fault_periods: tuple[FaultPeriod, ...] = ()
    requests_per_second: Mapping[Kind, Mapping[ResultName, Sequence[int]]] = Field(
        default_factory=dict,
        description="the number of requests of a kind (`page`, `cold-page`, `question`, `upload`) that ended with a "
        "result (`ok`, `error`, `no-answer`), for each second in which they were due",
    )
    failed_requests: tuple[FailedRequest, ...] = Field(
        default=(), description="the first requests of each kind that got no good answer, up to five of a kind"
    )
    browser_questions: tuple[BrowserQuestion, ...] = ()


class Difference(JsonModel):
    """One measure of one scenario, in the older report and in this one."""

    scenario: str = Field(description="the scenario")
    measure: str = Field(description="the measure")
    old: Number = Field(description="its value in the older report")
    new: Number = Field(description="its value in this report")
    change: Change = Field(description="`better`, `worse`, `same` (within the noise of a run), `new` or `gone`")


class DrillReport(JsonModel):
    """The results of a drill."""

    schema_version: Literal[2] = Field(default=SCHEMA_VERSION, description="2")
    started_at: str = Field(description="when the drill started, in UTC")
    target: str = Field(description="what was drilled: the rehearsal on this machine, or an AWS account")
    regions: Mapping[Annotated[Role, Key("ROLE")], str] = Field(description="the region in each role")
    seconds: float = Field(default=0.0, description="how long the whole drill took")
    limitations: tuple[str, ...] = Field(description="what this drill cannot show, one paragraph each")
    scenarios: tuple[ScenarioReport, ...]
    comparison: tuple[Difference, ...] | None = Field(
        default=None,
        description="with `--compare`: each measure of the scenarios that both reports have; null otherwise",
    )

    @property
    def exit_code(self) -> int:
        """0: all passed; 1: an objective was missed, or a scenario failed; 3: none ran, or one had no steady state.

        If both 1 and 3 apply, it is 1.
        """
        ran = [scenario for scenario in self.scenarios if not scenario.no_steady_state]
        if any(scenario.result in {Outcome.MISSED, Outcome.FAILED} for scenario in ran):
            return FAILED
        nothing_ran = all(scenario.result is Outcome.SKIPPED for scenario in ran)
        return REFUSED if nothing_ran or len(ran) < len(self.scenarios) else 0

    @property
    def conclusion(self) -> str:
        """The whole drill in one sentence, which names the scenarios that did not run."""
        skipped = [scenario.name for scenario in self.scenarios if scenario.result is Outcome.SKIPPED]
        ran = [scenario for scenario in self.scenarios if scenario.result is not Outcome.SKIPPED]
        if not ran:
            return f"No scenario ran: {', '.join(skipped)} skipped"
        return _conclude(ran) + (f"; not run: {', '.join(skipped)}" if skipped else "")


def _conclude(ran: Sequence[ScenarioReport]) -> str:
    failed = sum(scenario.result is Outcome.FAILED for scenario in ran)
    objectives = [objective for scenario in ran for objective in scenario.objectives]
    missed = sum(not objective.met for objective in objectives)
    if failed:
        return f"{failed} of {pluralize(len(ran), 'scenario')} could not be run to the end"
    if missed:
        return f"{missed} of {pluralize(len(objectives), 'objective')} missed"
    return f"All {pluralize(len(objectives), 'objective')} met in {pluralize(len(ran), 'scenario')}"
