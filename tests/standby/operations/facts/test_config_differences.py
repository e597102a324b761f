"""config.json is held against the manifest: status names each difference, and `reconcile` writes what belongs there."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.deployment.manifest import ROLES, Manifest, Role
from standby.deployment.routing_config import RoutingConfig, config_for_role
from standby.operations.facts.config_differences import describe_differences, find_differences
from standby.operations.facts.journal import is_written_by_event, new_event
from standby.operations.facts.state import State
from standby.operations.plans.reconcile import plan_config, plan_documents
from standby.operations.views.verdict import assess_state
from tests.standby.helpers import EAST, MANIFEST, NOON, WEST, Run, World, both, changed, config, puts, words
from tests.standby.operations.plans.test_reconcile import reconcile_facts
from tests.standby.states import region, state

OTHER_API = "https://other.example.com/prod/"
PLAIN_SITE = changed(MANIFEST, site=changed(MANIFEST.site, api_fallback=False))
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"fallback_api_url": OTHER_API}, f"its fallbackApiUrl is not the other region's API: {OTHER_API}"),
    ({"fallback_api_url": None}, "it names no fallback API, but `site.api_fallback` is true"),
    ({"region": EAST}, f"it says region {EAST}, but the API is that of {WEST}"),
    ({"region": ""}, f'it says region "", but the API is that of {WEST}'),
    ({"role": "failover"}, f"it says role failover, but the API is that of {WEST} (primary)"),
]


def state_of(manifest: Manifest, **copies: RoutingConfig) -> State:
    found = {role: region(role, copy=copy) for role, copy in both(**copies).items()}
    return replace(state(found["primary"], found["failover"]), manifest=manifest)


@pytest.mark.parametrize("fields,difference", WRONG)
def test_status_names_what_config_json_says_otherwise_than_the_manifest(
    fields: dict[str, Any], difference: str
) -> None:
    said = replace(config("primary", 3), **fields)
    verdict = assess_state(state_of(MANIFEST, primary=said, failover=said))
    assert verdict.name == "degraded"
    assert verdict.reasons == (f"config.json in {WEST} and {EAST}: {difference}: run `standby reconcile`",)
    assert verdict.next == "`standby reconcile` brings both regions into sync"


def test_status_names_a_fallback_api_that_the_settings_have_switched_off() -> None:
    said = config("primary", 3)
    differences = describe_differences(PLAIN_SITE, both(primary=said, failover=said))
    named = "it names a fallback API, but `site.api_fallback` is false"
    assert differences == (f"config.json in {WEST} and {EAST}: {named}",)


@pytest.mark.parametrize("fields,difference", WRONG)
def test_reconcile_writes_what_belongs_there_in_the_next_generation(fields: dict[str, Any], difference: str) -> None:
    said = replace(config("primary", 4), **fields)
    plan = plan_config(reconcile_facts(state_of(MANIFEST, primary=said, failover=said)))
    assert [put.config.generation for put in puts(plan)] == [5, 5]
    assert {find_differences(MANIFEST, put.config) for put in puts(plan)} == {()}
    assert any(difference in note for note in plan.notes)


def test_reconcile_of_a_copy_that_is_right_leaves_it_unchanged() -> None:
    said = config("primary", 4)
    assert plan_config(reconcile_facts(state_of(MANIFEST, primary=said, failover=said))).steps == ()


def test_only_the_authoritative_copy_decides_whether_a_new_generation_is_written() -> None:
    stale, newest = replace(config("primary", 3), region="elsewhere"), config("primary", 4)
    plan = plan_config(reconcile_facts(state_of(MANIFEST, primary=stale, failover=newest)))
    assert [(put.seen.role, put.config) for put in puts(plan)] == [("primary", newest)]


@given(st.sampled_from([MANIFEST, PLAIN_SITE]), st.sampled_from(ROLES), st.integers(1, 99), st.text(max_size=5))
def test_what_a_command_writes_never_differs(manifest: Manifest, role: Role, generation: int, moment: str) -> None:
    written = config_for_role(manifest, role, generation=generation, updated_at=moment)
    assert find_differences(manifest, written) == ()


@pytest.mark.parametrize("said", [config("primary", None), replace(config("primary", 3), api_url=OTHER_API)])
def test_a_manual_edit_and_an_api_of_neither_region_are_not_compared(said: RoutingConfig) -> None:
    assert find_differences(MANIFEST, said) == ()


def test_text_of_config_json_is_shown_in_one_short_printable_line() -> None:
    said = replace(config("primary", 3), region="\x1b[2J" + "x" * 60_000 + "\udcf6")
    (difference,) = find_differences(MANIFEST, said)
    assert len(difference) < 400
    assert difference.isprintable()


def test_a_reconciliation_repairs_a_wrong_fallback_and_the_next_status_is_silent(run: Run, world: World) -> None:
    for role in ROLES:
        copy = world.copies()[role]
        world.put(role, copy.text.replace("apifailover", "lost"))
    assert "fallbackApiUrl is not the other region's API" in words(run("status").stdout)
    result = run("reconcile", "--yes")
    assert result.exit_code == 0, result.stderr
    assert "fallbackApiUrl is not the other region's API" in words(result.stderr)
    copies = world.copies().values()
    assert {copy.generation for copy in copies} == {5}
    assert describe_differences(world.manifest, world.copies()) == ()
    assert "fallbackApiUrl" not in run("status").stdout
    assert run("reconcile", "--dry-run").exit_code == 0


def test_the_second_plan_of_a_reconciliation_has_nothing_to_say_about_config_json() -> None:
    said = config("primary", 4)
    plan = plan_documents(reconcile_facts(state_of(MANIFEST, primary=said, failover=said)))
    assert plan.notes == ()


UNEXPLAINED = "no command wrote the generation 900 of config.json"


def test_a_generation_that_no_event_wrote_is_named_and_reconcile_writes_the_next_one(run: Run, world: World) -> None:
    assert run("failover", "--yes").exit_code == 0
    assert "no command wrote" not in run("status").stdout
    for role in ROLES:
        world.put(role, world.copies()[role].text.replace('"generation":4', '"generation":900'))
    assert f"{UNEXPLAINED}: run `standby reconcile`" in words(run("status").stdout)
    result = run("reconcile", "--yes")
    assert f"{UNEXPLAINED}: this writes the next one" in words(result.stderr)
    assert {copy.generation for copy in world.copies().values()} == {902}
    assert {event.generation for event in world.events("primary")} == {4, 902}
    assert "no command wrote" not in run("status").stdout


def test_a_journal_that_was_not_read_explains_every_generation(run: Run, world: World) -> None:
    assert run("failover", "--yes").exit_code == 0
    world.put("failover", world.copies()["failover"].text.replace('"generation":4', '"generation":900'))
    assert "no command wrote" not in run("status", dead=("primary",)).stdout


@pytest.mark.parametrize(
    "said,explained",
    [
        (config("primary", 1), True),
        (config("primary", None), True),
        (config("primary", 2, moment="2026-11-24T12:00:00.000000Z"), True),
        (config("primary", 2, moment="2026-11-24T12:00:00.000001Z"), False),
        (config("primary", 3, moment="2026-11-24T12:00:00.000000Z"), False),
        (config("primary", 2, moment="yesterday"), False),
    ],
)
def test_only_the_key_of_its_event_explains_a_generation(said: RoutingConfig, explained: bool) -> None:  # noqa: FBT001 - a case
    event = new_event(generation=2, command="failback", actor="a", reason="", source=EAST, target=WEST, now=NOON)
    assert is_written_by_event(said, [event.key]) == explained
