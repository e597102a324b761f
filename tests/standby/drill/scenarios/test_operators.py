"""The scenarios about operators count what they claim to count."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import create_autospec

import pytest

from standby.deployment.manifest import ROLES, Role
from standby.deployment.routing_config import ConfigCopy
from standby.drill.measure.records import Request, Result
from standby.drill.operator_process import CommandProcess, CommandResult
from standby.errors import StandbyError
from tests.standby.drill.scenarios.helpers import CRASHED, HEALTHY, PLANNED, FakeContext, run_scenario
from tests.standby.helpers import config, copy_of


def observer_of(role: Callable[[], Role]) -> SimpleNamespace:
    """Return an observer that sees both copies of config.json name this role."""
    seen: list[Role] = []

    def copies() -> dict[Role, ConfigCopy]:
        seen.append(role())
        return {part: copy_of(part, config(seen[-1], 4)) for part in ROLES}

    return SimpleNamespace(copies=copies, serving_role=lambda: seen[-1])


DISAGREE = "the copies of config.json disagree: us-west-2 says us-west-2 generation 1, us-east-1 says us-east-1"
OLD_COPY_REPORTED = replace(CRASHED, code=0, document={"verdict": "failed over", "reasons": [DISAGREE]})
OLD_COPY_NOT_REPORTED = replace(CRASHED, code=0, document={"verdict": "failed over", "reasons": []})


def question(region: str, *, new_visitor: bool = False, at: float = 11.0) -> Request:
    return Request(
        kind="question",
        scheduled=at,
        started=at,
        ended=at + 0.1,
        result=Result.OK,
        region=region,
        new_visitor=new_visitor,
    )


@pytest.mark.parametrize(
    "status", [CRASHED, HEALTHY, OLD_COPY_NOT_REPORTED], ids=["crashed", "ready", "copy not reported"]
)
def test_an_old_config_json_that_returns_is_reported_or_the_scenario_fails(status: CommandResult) -> None:
    with pytest.raises(StandbyError, match="does not report the old config"):
        run_scenario("return-and-failback", FakeContext({"status": status}, (question("us-east-1", new_visitor=True),)))


def test_answers_of_the_returned_region_to_new_visitors_are_counted() -> None:
    asked = (
        question("us-west-2", at=9.0),
        question("us-east-1"),
        question("us-west-2", new_visitor=True),
        question("us-east-1", new_visitor=True),
    )
    context = FakeContext({"status": OLD_COPY_REPORTED}, asked)
    run_scenario("return-and-failback", context)
    assert context.measures["answers_from_returned_region"] == 1


def test_without_an_answer_to_a_new_visitor_the_scenario_shows_nothing() -> None:
    with pytest.raises(StandbyError, match="No new visitor got an answer"):
        run_scenario("return-and-failback", FakeContext({"status": OLD_COPY_REPORTED}, (question("us-east-1"),)))


WON = CommandResult(arguments=("failover",), code=0, document={"result": "done"}, stderr="", started=0, ended=1)
WINNER_NAMED = replace(WON, code=1, document={"result": "lost", "winner": "somebody"})
WINNER_NOT_NAMED = replace(WON, code=1, document={"result": "lost"})


class TwoOperators(FakeContext):
    """The context of two operators. `ends` are the commands' ends in order, `written` the contents of config.json."""

    def __init__(self, *ends: CommandResult, written: Iterable[str] = "ab") -> None:
        super().__init__({})
        self.ends = list(ends)
        etags = iter([frozenset({"before"}), frozenset({"before", *written})])
        roles: Iterator[Role] = iter(("failover", "primary"))
        self.observer = observer_of(lambda: next(roles))
        self.observer.config_etags = lambda: next(etags)

    def run_command(self, name: str, *_: str) -> CommandResult:
        return self.start_command(name)()

    def start_command(
        self, _name: str, *, on_line: Callable[[CommandProcess, str], None] | None = None
    ) -> Callable[[], CommandResult]:
        if on_line:
            process = create_autospec(CommandProcess, instance=True)
            on_line(process, "step 1 of 7 begins: Write the intent into the journal")
        return lambda: self.ends.pop(0)


@pytest.mark.parametrize(
    "ends,written,counts",
    [
        ((WON, WINNER_NAMED, WON, WINNER_NAMED), "ab", (0, 0)),
        ((WON, WON, WON, WON), "ab", (0, 0)),
        ((WON, WINNER_NOT_NAMED, WON, WINNER_NAMED), "ab", (1, 0)),
        ((WON, WINNER_NAMED, WON, WINNER_NOT_NAMED), "abc", (1, 1)),
    ],
    ids=["named", "already done", "one not named", "one overwrote the winner"],
)
def test_winners_that_are_not_named_and_contents_that_no_winner_wrote_are_counted(
    ends: tuple[CommandResult, ...], written: str, counts: tuple[int, int]
) -> None:
    context = TwoOperators(*ends, written=written)
    run_scenario("two-operators", context)
    assert (context.measures["winners_not_named"], context.measures["unexpected_config_contents"]) == counts


class KilledCommands(FakeContext):
    """The context of `operator-killed`, with two steps. `codes` are the exit codes of the commands that are killed."""

    def __init__(self, *codes: int) -> None:
        plan = replace(PLANNED, document={"plan": ["one", "two"]})
        super().__init__(dict.fromkeys(("failover", "failback", "reconcile"), plan))
        self.codes = list(codes)
        self.role: Role = "primary"
        self.observer = observer_of(lambda: self.role)
        upload = Request(kind="upload", scheduled=0, started=0, ended=1, result=Result.OK)
        self.load = SimpleNamespace(send_once=lambda _: None, requests=lambda: [upload])

    def start_command(self, name: str, **_: object) -> Callable[[], CommandResult]:
        self.role = "failover" if name == "failover" else "primary"
        return lambda: replace(WON, code=self.codes.pop(0))


@pytest.mark.parametrize(
    "codes,killed,not_converged",
    [
        ((-9, -9, -9, -9, -9), 5, 0),
        ((-9, -9, -9, 0, -9), 4, 0),
        ((1, -9, -9, -9, 0), 3, 1),
    ],
    ids=["all", "the last failback had ended", "a failover failed, and the reconcile had ended"],
)
def test_only_commands_that_were_killed_count_as_killed(
    codes: tuple[int, ...], killed: int, not_converged: int
) -> None:
    context = KilledCommands(*codes)
    run_scenario("operator-killed", context)
    assert (context.measures["commands_killed"], context.measures["commands_not_converged"]) == (killed, not_converged)
