"""The JSON of `status` shows what was not read as unknown, and never as empty."""

from dataclasses import replace

import pytest

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES, Role
from standby.operations.facts.journal import new_event
from standby.operations.facts.state import State
from standby.operations.views.status_json import StatusJson, status_json
from standby.operations.views.status_text import describe_last_switch
from standby.operations.views.verdict import assess_state
from tests.standby.helpers import EAST, NOON, WEST, changed
from tests.standby.states import region, state

LATE = Unavailable("is still running after 2 s", is_running=True)


def without_journals(*roles: Role) -> State:
    """Return a state in which these regions' journals were not read."""
    primary, failover = (region(role, requirements={"journalRead": LATE if role in roles else ""}) for role in ROLES)
    return state(primary, failover)


def shown(found: State) -> StatusJson:
    document = status_json(found, assess_state(found))
    assert StatusJson.from_json(document.as_json()) == document
    return document


def test_with_both_journals_read_no_event_is_an_empty_list() -> None:
    document = shown(without_journals())
    assert (document.unfinished, document.journals_not_read) == ((), ())
    assert describe_last_switch(without_journals()) == ("last failover", "none")


@pytest.mark.parametrize("roles, regions", [(("failover",), (EAST,)), (("primary", "failover"), (WEST, EAST))])
def test_what_an_unread_journal_may_hold_is_unknown(roles: tuple[Role, ...], regions: tuple[str, ...]) -> None:
    found = without_journals(*roles)
    document = shown(found)
    assert (document.unfinished, document.last_switch, document.journals_not_read) == (None, None, regions)
    assert "unknown" in describe_last_switch(found)[1]


def test_what_the_other_journal_holds_is_shown() -> None:
    started = new_event(generation=4, command="failover", actor="a", reason="", source=WEST, target=EAST, now=NOON)
    opened = changed(started, result="incomplete")
    found = replace(without_journals("failover"), events=(opened,))
    document = shown(found)
    assert (document.unfinished, document.journals_not_read) == ((opened,), (EAST,))
