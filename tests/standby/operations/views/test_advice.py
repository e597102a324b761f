"""The next command in `status`: the facts allow it, and it helps users first."""

from dataclasses import replace

import pytest

from standby.cli.status_view import render_status
from standby.deployment.concurrency import Unavailable
from standby.operations.facts.journal import new_event
from standby.operations.facts.state import State
from standby.operations.views.status_json import status_json
from standby.operations.views.verdict import NEITHER_REGION, assess_state
from tests.standby.helpers import EAST, NOON, WEST, changed, config, copy_of, invalid_copy
from tests.standby.states import BEHIND, SICK, dead, left, missing, moved, region, state

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
        (state(failover=region("failover", health=SICK)), ""),
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
