"""The context of a scenario in which nothing happens: commands end as they are given."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final

from standby.drill.measure.records import Request
from standby.drill.operator_process import CommandResult
from standby.drill.scenarios.catalog import SCENARIOS

CRASHED: Final = CommandResult(
    arguments=("status",), code=1, document={}, stderr="Traceback (most recent call last)", started=0, ended=1
)
HEALTHY: Final = replace(CRASHED, code=0, document={"verdict": "ready", "reasons": []})
PLANNED: Final = replace(CRASHED, code=0, document={"result": "planned"})


class FakeContext:
    """A context whose commands return these results, and whose load recorded these questions."""

    def __init__(self, results: dict[str, CommandResult], questions: tuple[Request, ...] = ()) -> None:
        self.results = results
        self.asked = questions
        self.measures: dict[str, object] = {}
        regions = {"primary": SimpleNamespace(region="us-west-2"), "failover": SimpleNamespace(region="us-east-1")}
        self.deployment = SimpleNamespace(regions=regions)
        self.clock = SimpleNamespace(now=lambda: 10.0)
        self.load = SimpleNamespace(set_rate=lambda *_: None)

    def run_command(self, name: str, *_: str) -> CommandResult:
        return self.results[name]

    def questions(self) -> tuple[Request, ...]:
        return self.asked

    def __getattr__(self, _name: str) -> Any:  # noqa: ANN401 - everything else that a scenario does has no effect
        return lambda *_, **__: None


def run_scenario(name: str, context: Any) -> None:  # noqa: ANN401 - a fake context
    """Run a scenario of the catalog."""
    SCENARIOS[name].run(context)
