"""The next command in `status`: the facts allow it, and it helps users first."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standby.cli.output.status_view import render_status
from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import Role
from standby.deployment.routing_config import ConfigCopy
from standby.operations.facts.journal import new_event
from standby.operations.facts.readiness import REQUIREMENTS
from standby.operations.facts.state import Alarms, Queues, RegionState, State
from standby.operations.views.status_json import status_json
from standby.operations.views.verdict import HEAL, NEITHER_REGION, REPAIR, SETTLES, assess_state
from tests.standby.helpers import CONFIGS, DOWN, EAST, HEALTHY, NOON, WEST, changed, config, copy_of, invalid_copy
from tests.standby.states import BEHIND, IN_STEP, SICK, dead, left, missing, moved, region, state

OWN_NETWORK = (
    f"check your own network first: `curl -sSI https://sts.{WEST}.amazonaws.com` and "
    f"`curl -sSI https://sts.{EAST}.amazonaws.com` must print an HTTP status"
)
REPAIR_EAST = f"repair {EAST}: the reasons say what is wrong there. Users are served from {WEST}"
FAILOVER = f"`standby failover` switches traffic to {EAST}"
FAILBACK = f"when it suits you: `standby failback` switches traffic back to {WEST}"
RECONCILE = "`standby reconcile` brings both regions into sync"
CORRECT = "correct config.json in {}, or replace it by `standby reconcile --force`"
AGAIN = "`standby failover` again, from any machine: it completes the interrupted command"
RUNNING = changed(BEHIND, running=True)
UNENDED = new_event(generation=9, command="failover", actor="x", reason="", source="", target=EAST, now=NOON)


@pytest.mark.parametrize(
    "found,said",
    [
        (state(), ""),
        (state(primary=dead("primary")), FAILOVER),
        (state(primary=region("primary", health=SICK)), FAILOVER),
        (state(primary=region("primary", health=SICK, replication=left(missing("never")))), FAILOVER),
        (
            state(primary=dead("primary"), failover=region("failover", health=SICK)),
            NEITHER_REGION,
        ),
        (
            state(primary=dead("primary"), failover=region("failover", copy=Unavailable("answers AccessDenied"))),
            NEITHER_REGION,
        ),
        (state(failover=dead("failover")), f"nothing to do now; when {EAST} is back: `standby reconcile`"),
        (state(primary=dead("primary"), failover=dead("failover")), OWN_NETWORK),
        (replace(state(dead("primary"), dead("failover")), rehearsed=True), HEAL),
        (state(failover=region("failover", health=SICK)), REPAIR_EAST),
        (state(primary=region("primary", copy=DOWN)), REPAIR),
        (state(primary=region("primary", queues=Queues(waiting=0, in_flight=0, dead_letters=1))), REPAIR),
        (state(primary=region("primary", knowledge_base=RUNNING)), SETTLES),
        (
            state(primary=region("primary", copy=invalid_copy("primary"), queues=DOWN)),
            RECONCILE,
        ),
        (moved(), FAILBACK),
        (
            replace(moved(), regions={"primary": dead("primary"), "failover": region("failover", "failover", 4)}),
            f"nothing to do now; when {WEST} is back: `standby reconcile`",
        ),
        (
            moved(failover={"health": SICK}),
            f"`standby failback` switches traffic to {WEST}; use `--force` while the documents are not in sync",
        ),
        (moved(primary={"copy": copy_of("primary", config("primary", 3))}), RECONCILE),
        (moved(primary={"knowledge_base": BEHIND}), RECONCILE),
        (moved(primary={"knowledge_base": RUNNING}), FAILBACK),
        (moved(failover={"replication": left(missing("failed"), source="failover")}), RECONCILE),
        (state(primary=region("primary", replication=left(missing("pending")))), ""),
        (replace(state(), events=(UNENDED,)), AGAIN),
        (replace(state(), events=(changed(UNENDED, result="incomplete"),)), RECONCILE),
        (replace(state(), events=(changed(UNENDED, command="reconcile", target=""),)), RECONCILE),
        (state(region("primary", "primary", None), region("failover", "primary", None)), RECONCILE),
        (state(primary=region("primary", copy=copy_of("primary", None))), RECONCILE),
        (state(primary=region("primary", copy=invalid_copy("primary"))), CORRECT.format(WEST)),
        (
            state(region("primary", copy=invalid_copy("primary")), region("failover", copy=invalid_copy("failover"))),
            CORRECT.format(f"{WEST} and {EAST}"),
        ),
    ],
)
def test_each_state_names_the_command_that_helps(found: State, said: str) -> None:
    assert assess_state(found).next == said


def test_the_next_command_is_the_last_line_of_the_text_and_a_field_of_the_json() -> None:
    found = state(primary=dead("primary"))
    verdict = assess_state(found)
    assert str(render_status(found, verdict).renderables[-1]) == f"next: {FAILOVER}"
    assert status_json(found, verdict).as_json()["next"] == FAILOVER
    ready = assess_state(state())
    assert str(render_status(state(), ready).renderables[-1]).startswith("verdict: ready")
    assert status_json(state(), ready).as_json()["next"] is None


UNAVAILABLE = st.sampled_from(
    [DOWN, Unavailable("answers AccessDenied"), Unavailable("is still running after 2 s", is_running=True)]
)


def regions(role: Role) -> st.SearchStrategy[RegionState]:
    """Return any state of a region."""
    foreign = replace(config("primary", 9), api_url="https://other.example.com/prod/")
    read = st.just(invalid_copy(role)) | st.builds(copy_of, st.just(role), st.none() | CONFIGS | st.just(foreign))
    return st.just(dead(role)) | st.builds(
        region,
        st.just(role),
        copy=UNAVAILABLE | read,
        health=UNAVAILABLE | st.sampled_from([HEALTHY, SICK]),
        knowledge_base=UNAVAILABLE | st.sampled_from([IN_STEP, BEHIND, RUNNING]),
        replication=UNAVAILABLE | st.sampled_from([left(source=role), left(missing("never"), source=role)]),
        queues=UNAVAILABLE | st.sampled_from([Queues(waiting=0, in_flight=0, dead_letters=of) for of in (0, 1)]),
        alarms=UNAVAILABLE | st.sampled_from([Alarms(in_alarm=of, total=8) for of in ((), ("chatbot-health",))]),
        requirements=st.dictionaries(
            st.sampled_from(REQUIREMENTS), UNAVAILABLE | st.sampled_from(["", "it is missing"]), max_size=3
        ),
    )


STATES = st.builds(
    lambda primary, failover, events: replace(state(primary, failover), events=events),
    regions("primary"),
    regions("failover"),
    st.sampled_from([(), (UNENDED,), (changed(UNENDED, result="incomplete"),)]),
)


@settings(max_examples=500)
@given(STATES)
def test_every_verdict_but_ready_has_a_next_and_it_is_true(found: State) -> None:
    verdict = assess_state(found)
    assert (verdict.name == "ready") == (verdict.next == "")
    silent = all(one.down for one in found.regions.values())
    assert verdict.next.startswith("check your own network first") == silent
    if verdict.next.startswith("`standby failover` switches"):
        target = found.regions["failover"]
        assert found.serving == "primary"
        assert isinstance(target.copy, ConfigCopy)
        assert target.health == HEALTHY
    if "reconcile --force" in verdict.next:
        assert any(not found.regions[copy.role].is_sick for copy in found.invalid_copies)
    if "Users are served" in verdict.next:
        assert found.serving is not None
        assert found.regions[found.serving].health == HEALTHY
    if "no valid config.json is known" in " ".join(verdict.reasons):
        assert all(isinstance(copy, ConfigCopy) for copy in found.copies.values())
