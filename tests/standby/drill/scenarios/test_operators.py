"""Scenarios see what they claim to see: a command that crashed proves nothing, and a new visitor believes anything."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

import pytest

from standby.drill.measure.records import Request, Result
from standby.drill.operator_process import CommandProcess, CommandResult
from standby.drill.scenarios.catalog import SCENARIOS
from standby.errors import StandbyError

CRASHED = CommandResult(
    arguments=("status",), code=1, answer={}, stderr="Traceback (most recent call last)", began=0, ended=1
)
NOT_READY = replace(CRASHED, code=3, answer={"verdict": "not ready to fail over"})
READY = replace(CRASHED, code=0, answer={"verdict": "ready"})
REFUSED = replace(CRASHED, code=3, answer={"result": "refused"})
PLANNED = replace(CRASHED, code=0, answer={"result": "planned"})
DISAGREE = "the copies of config.json disagree: us-west-2 says us-west-2 generation 1, us-east-1 says us-east-1"
OLD_NAMED = replace(CRASHED, code=0, answer={"verdict": "failed over", "reasons": [DISAGREE]})
OLD_UNNAMED = replace(CRASHED, code=0, answer={"verdict": "failed over", "reasons": []})
CONTENT = replace(CRASHED, code=0, answer={"verdict": "ready", "reasons": []})


class Stage:
    """A stage on which nothing is done: its commands answer as they are told to."""

    def __init__(self, answers: dict[str, CommandResult], questions: tuple[Request, ...] = ()) -> None:
        self.answers = answers
        self.asked = questions
        self.measured: dict[str, object] = {}
        regions = {"primary": SimpleNamespace(region="us-west-2"), "failover": SimpleNamespace(region="us-east-1")}
        self.deployment = SimpleNamespace(regions=regions)
        self.clock = SimpleNamespace(now=lambda: 10.0)
        self.load_process = SimpleNamespace(rate=lambda *_: None)

    def command(self, name: str, *_: str) -> CommandResult:
        return self.answers[name]

    def questions(self) -> tuple[Request, ...]:
        return self.asked

    def __getattr__(self, _name: str) -> Any:  # noqa: ANN401 - whatever else a scenario does: nothing happens
        return lambda *_, **__: None


def play(name: str, context: Any) -> None:  # noqa: ANN401 - stands for Stage
    SCENARIOS[name].play(context)


@pytest.mark.parametrize(
    "status,failover,said",
    [
        (CRASHED, REFUSED, "`standby status` says None"),
        (READY, REFUSED, "`standby status` says 'ready'"),
        (NOT_READY, CRASHED, "was not refused: exit code 1: Traceback"),
        (NOT_READY, PLANNED, "was not refused: exit code 0"),
    ],
    ids=["status crashed", "status is content", "failover crashed", "failover would go"],
)
def test_a_lost_standby_is_told_by_both_commands_or_the_scenario_fails(
    status: CommandResult, failover: CommandResult, said: str
) -> None:
    with pytest.raises(StandbyError) as raised:
        play("standby-lost", Stage({"status": status, "failover": failover}))
    assert said in raised.value.message


def test_a_lost_standby_that_both_commands_tell_is_as_it_should_be() -> None:
    play("standby-lost", Stage({"status": NOT_READY, "failover": REFUSED}))


def question(region: str, *, new: bool = False, at: float = 11.0) -> Request:
    return Request(kind="question", scheduled=at, began=at, ended=at + 0.1, result=Result.OK, region=region, new=new)


@pytest.mark.parametrize("status", [CRASHED, CONTENT, OLD_UNNAMED], ids=["crashed", "content", "not named"])
def test_an_old_config_json_that_came_back_is_named_or_the_scenario_fails(status: CommandResult) -> None:
    with pytest.raises(StandbyError, match="does not name the old config"):
        play("return-and-failback", Stage({"status": status}, (question("us-east-1", new=True),)))


def test_new_visitors_whom_an_old_config_json_pulls_back_are_counted() -> None:
    asked = (
        question("us-west-2", at=9.0),
        question("us-east-1"),
        question("us-west-2", new=True),
        question("us-east-1", new=True),
    )
    context = Stage({"status": OLD_NAMED}, asked)
    play("return-and-failback", context)
    assert context.measured["answers_pulled_back"] == 1


def test_where_no_new_visitor_asked_nobody_can_tell_whom_an_old_config_json_pulls_back() -> None:
    with pytest.raises(StandbyError, match="No new visitor was answered"):
        play("return-and-failback", Stage({"status": OLD_NAMED}, (question("us-east-1"),)))


WON = CommandResult(arguments=("failover",), code=0, answer={"result": "done"}, stderr="", began=0, ended=1)
TOLD = replace(WON, code=1, answer={"result": "lost", "winner": "somebody"})
UNTOLD = replace(WON, code=1, answer={"result": "lost"})


class Operators(Stage):
    """A stage for two operators: `ends` are the commands', in order; `written` what is in config.json's versions."""

    def __init__(self, *ends: CommandResult, written: Iterable[str] = "ab") -> None:
        super().__init__({})
        self.ends = list(ends)
        looks = iter([frozenset({"before"}), frozenset({"before", *written})])
        agreed = iter(["failover", "failover", "primary", "primary"])
        self.observer = SimpleNamespace(configs=lambda: next(looks), config=lambda _: {"role": next(agreed)})

    def command(self, name: str, *_: str) -> CommandResult:
        return self.start(name)()

    def start(
        self, _name: str, *, heard: Callable[[CommandProcess, str], None] | None = None
    ) -> Callable[[], CommandResult]:
        if heard:
            heard(
                create_autospec(CommandProcess, instance=True), "step 1 of 7 begins: Write the intent into the journal"
            )
        return lambda: self.ends.pop(0)


@pytest.mark.parametrize(
    "ends,written,counted",
    [
        ((WON, TOLD, WON, TOLD), "ab", (0, 0)),
        ((WON, WON, WON, WON), "ab", (0, 0)),
        ((WON, UNTOLD, WON, TOLD), "ab", (1, 0)),
        ((WON, TOLD, WON, UNTOLD), "abc", (1, 1)),
    ],
    ids=["told", "found it done", "one untold", "one wrote over the winner"],
)
def test_of_two_operators_the_untold_are_counted_and_what_was_written_besides_the_winners(
    ends: tuple[CommandResult, ...], written: str, counted: tuple[int, int]
) -> None:
    context = Operators(*ends, written=written)
    play("two-operators", context)
    assert (context.measured["operators_untold"], context.measured["generations_too_many"]) == counted


class Killings(Stage):
    """A stage for `operator-killed`, with two steps to kill at; `codes` are those of the commands that are to die."""

    def __init__(self, *codes: int) -> None:
        plan = replace(PLANNED, answer={"plan": ["one", "two"]})
        super().__init__(dict.fromkeys(("failover", "failback", "reconcile"), plan))
        self.codes, self.role = list(codes), ""
        self.observer = SimpleNamespace(config=lambda _: {"role": self.role})
        upload = Request(kind="upload", scheduled=0, began=0, ended=1, result=Result.OK)
        self.load_process = SimpleNamespace(once=lambda _: None, requests=lambda: [upload])

    def start(self, name: str, **_: object) -> Callable[[], CommandResult]:
        self.role = "failover" if name == "failover" else "primary"
        return lambda: replace(WON, code=self.codes.pop(0))


@pytest.mark.parametrize(
    "codes,killed,unconverged",
    [
        ((-9, -9, -9, -9, -9), 5, 0),
        ((-9, -9, -9, 0, -9), 4, 0),
        ((1, -9, -9, -9, 0), 3, 1),
    ],
    ids=["all", "the last failback had ended", "a failover failed, and the reconcile had ended"],
)
def test_only_commands_that_were_killed_count_as_killed(codes: tuple[int, ...], killed: int, unconverged: int) -> None:
    context = Killings(*codes)
    play("operator-killed", context)
    assert (context.measured["runs_killed"], context.measured["runs_not_converged"]) == (killed, unconverged)
