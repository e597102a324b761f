"""What `status` says to type next: it names a command that the facts allow, users first."""

from dataclasses import replace

import pytest

from standby.deployment.concurrency import Unavailable
from standby.operations.facts.collect import Status
from standby.operations.facts.journal import new_event
from standby.operations.facts.state import State
from standby.operations.views.advice import NEITHER, next_command
from standby.operations.views.status_json import status_json
from standby.operations.views.status_table import status_view
from standby.operations.views.verdict import judge_state
from tests.standby.helpers import EAST, NOON, WEST, config, copy_of
from tests.standby.states import BEHIND, SICK, dead, left, missing, moved, region, state

FAILOVER = f"`standby failover` has {EAST} serve"
FAILBACK = f"`standby failback` has {WEST} serve again, when you want it to"
RECONCILE = "`standby reconcile` brings both regions into step"
AGAIN = "`standby failover` again, from any machine: it finishes what was begun"
RUNNING = replace(BEHIND, running=True)
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
            NEITHER,
        ),
        (
            state(primary=dead("primary"), failover=region("failover", copy=Unavailable("answers AccessDenied"))),
            NEITHER,
        ),
        (state(failover=dead("failover")), f"nothing now; when {EAST} is back: `standby reconcile`"),
        (state(failover=region("failover", health=SICK)), ""),
        (moved(), FAILBACK),
        (
            replace(moved(), regions={"primary": dead("primary"), "failover": region("failover", "failover", 4)}),
            f"nothing now; when {WEST} is back: `standby reconcile`",
        ),
        (
            moved(failover={"health": SICK}),
            f"`standby failback` has {WEST} serve; with `--force` where the documents are not in step",
        ),
        (moved(primary={"copy": copy_of("primary", config("primary", 3))}), RECONCILE),
        (moved(primary={"knowledge": BEHIND}), RECONCILE),
        (moved(primary={"knowledge": RUNNING}), FAILBACK),
        (moved(failover={"replication": left(missing("failed"), source="failover")}), RECONCILE),
        (state(primary=region("primary", replication=left(missing("pending")))), ""),
        (replace(state(), events=(UNENDED,)), AGAIN),
        (replace(state(), events=(replace(UNENDED, result="incomplete"),)), RECONCILE),
        (state(region("primary", "primary", None), region("failover", "primary", None)), RECONCILE),
    ],
)
def test_each_state_names_the_command_that_helps(found: State, said: str) -> None:
    assert next_command(found, judge_state(found)) == said


def test_it_is_the_last_line_for_a_person_and_a_field_for_a_program() -> None:
    found = state(primary=dead("primary"))
    status = Status(state=found, verdict=judge_state(found))
    assert str(status_view(status).renderables[-1]) == f"next: {FAILOVER}"
    assert status_json(status)["next"] == FAILOVER
    well = Status(state=state(), verdict=judge_state(state()))
    assert str(status_view(well).renderables[-1]).startswith("verdict: ready")
    assert status_json(well)["next"] is None
