"""The notifications function reads config.json and the journal as the operator's tool writes them."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from controller.move import ACTOR
from controller.state import render_state
from notifications import changes
from notifications.facts import Look
from notifications.messages import CONTROLLER
from notifications.read import STATE_KEY, parse_command, parse_drill, parse_refusal
from standby.deployment import routing_config
from standby.drill.drill_mark import mark_drill
from standby.operations.facts import journal
from standby_protocol.automatic import DRILL_KEY, Facts, Rules, decide
from standby_protocol.automatic import Look as ControllerLook
from standby_protocol.journal import is_event_key
from standby_protocol.routing_config import KEY
from tests.contracts.helpers import ROUTING_CONFIG_CASES, expected_answer
from tests.lambdas.notifications.world import FAILOVER, PRIMARY, World

ROLES = {"primary": PRIMARY, "failover": FAILOVER}
NOW = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)


def file(case: dict[str, Any], role: str) -> str:
    """Return the text of a copy, with the blanks behind it."""
    return str(case[role]) + " " * int(case.get("blanks", {}).get(role, 0))


def look(case: dict[str, Any]) -> Look:
    """Return the look at two buckets with the files of a case."""
    world = World()
    for role, region in ROLES.items():
        world.buckets[region].objects.pop(KEY)
        if case[role] is not None:
            world.buckets[region].write(KEY, file(case, role).encode())
    found: list[Look] = []
    function = world.function(PRIMARY)
    reader = function.look

    def record(state: Any, now: datetime) -> Look:  # noqa: ANN401 - the state is the function's own
        found.append(reader(state, now))
        return found[-1]

    object.__setattr__(function, "look", record)
    function.run()
    return found[0]


@pytest.mark.parametrize("case", ROUTING_CONFIG_CASES, ids=lambda case: case["name"])
def test_the_function_reads_each_case_as_the_tool_does(case: dict[str, Any]) -> None:
    seen = look(case)
    names = {region: role for role, region in ROLES.items()}
    chosen = seen.authoritative
    answer = {
        "states": {role: seen.copies[region].state for role, region in ROLES.items()},
        "authoritative": names[chosen.region] if chosen else None,
        "apiUrl": chosen.config.api_url if chosen and chosen.config else None,
        "generation": chosen.generation if chosen else None,
        "manuallyEdited": chosen.manually_edited if chosen else False,
    }
    assert answer == expected_answer(case)


@pytest.mark.parametrize("case", ROUTING_CONFIG_CASES, ids=lambda case: case["name"])
def test_both_find_that_copies_agree_or_that_they_do_not(case: dict[str, Any]) -> None:
    seen = look(case)
    copies = {
        role: routing_config.ConfigCopy(
            role=cast("Any", role),
            region=region,
            bucket="",
            config=_parsed(file(case, role)) if case[role] is not None else None,
            etag="etag" if case[role] is not None else "",
        )
        for role, region in ROLES.items()
    }
    own = [seen.copies[region] for region in seen.read_order]
    assert changes._agree(*own) == routing_config.copies_agree(cast("Any", copies))  # noqa: SLF001


def _parsed(text: str) -> routing_config.RoutingConfig | None:
    try:
        return routing_config.parse_config(text)
    except ValueError:
        return None


def test_a_written_event_is_read_with_all_that_is_reported() -> None:
    event = journal.new_event(
        generation=7,
        command="failover",
        actor="alice",
        reason="because",
        source=PRIMARY,
        target=FAILOVER,
        now=NOW,
    )
    ended = journal.end_event(event, "done", now=NOW)
    command = parse_command(ended.key, json.dumps(ended.as_json()).encode())
    assert command is not None
    assert (command.generation, command.actor, command.reason) == (7, "alice", "because")
    assert (command.source, command.target, command.result) == (PRIMARY, FAILOVER, "done")
    assert command.moved_users
    assert command.change == f"7:{event.started_at}"  # as in `updatedAt` of the config.json that it writes
    assert not is_event_key(STATE_KEY)


@pytest.mark.parametrize("refuses", [True, False])
def test_a_refusal_of_the_controller_is_read_from_its_state(refuses: bool) -> None:  # noqa: FBT001 - a case
    rules = Rules()
    failed = [ControllerLook(at=NOW, here="failed", there="failed")] * (5 if refuses else 1)
    facts = Facts(now=NOW, looks=failed, serving="primary", switches={"primary": True, "failover": True})
    decision = decide(facts, rules)
    refusal = parse_refusal(render_state(failed, decision, second="edge"))
    assert refusal is not None
    assert bool(refusal.reason) == refuses
    assert decision.reason.endswith(refusal.reason)
    assert parse_refusal("{}") is None


def test_the_mark_of_a_drill_is_read() -> None:
    written: list[tuple[str, bytes]] = []
    s3 = SimpleNamespace(
        put_object=lambda **call: written.append((call["Key"], call["Body"])), delete_object=lambda **_: None
    )
    region = SimpleNamespace(region=PRIMARY, frontend_bucket="own")
    observer = SimpleNamespace(
        deployment=SimpleNamespace(regions={"primary": region}),
        clients=SimpleNamespace(long_running_s3=lambda _: s3),
    )
    with mark_drill(cast("Any", observer), marked=True, scenario="region-loss"):
        ((key, body),) = written
    drill = parse_drill(body)
    assert key == DRILL_KEY
    assert drill is not None
    assert (drill.scenario, drill.began_at[-1]) == ("region-loss", "Z")
    assert drill.until > datetime.now(tz=UTC)


def test_a_move_of_the_controller_is_known_by_its_actor() -> None:
    assert CONTROLLER == ACTOR


@pytest.mark.parametrize("result", journal.RESULTS)
def test_a_command_moved_users_if_the_tool_says_that_its_config_json_landed(result: journal.Result) -> None:
    event = journal.new_event(
        generation=7, command="failback", actor="a", reason="", source=FAILOVER, target=PRIMARY, now=NOW
    )
    ended = journal.end_event(event, result, now=NOW)
    command = parse_command(ended.key, json.dumps(ended.as_json()).encode())
    assert command is not None
    assert command.moved_users == (result in {"done", "incomplete", "not verified"})
