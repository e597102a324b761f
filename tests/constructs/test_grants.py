"""Every grant is taken away by an end-to-end case, or is listed with the reason why none takes it."""

import pytest

from tests.constructs.grants import grants, unnoticed
from tests.constructs.plan import ROLES, Plan, Synthesize, default_settings
from tests.constructs.variants import NOTIFIED
from tests.e2e.helpers import SETTINGS
from tests.e2e.notifications.grants import PUBLISHING, READS, STATE, UNNOTICED
from tests.e2e.permissions import CASES
from warm_standby.settings import Settings

TAKEN = {case.grant for case in CASES}


@pytest.fixture
def rehearsed(synthesize: Synthesize) -> Plan:
    """The stack of the end-to-end tests."""
    return synthesize(Settings.load(SETTINGS))


@pytest.fixture
def opensearch(synthesize: Synthesize) -> Plan:
    return synthesize(default_settings(knowledge_base={"vector_store": "opensearch-serverless"}))


def test_the_removal_of_each_grant_is_noticed_or_listed_with_its_reason(rehearsed: Plan, opensearch: Plan) -> None:
    granted = {grant for plan in (rehearsed, opensearch) for role in ROLES for grant in grants(plan, role)}
    assert len(granted) > 70
    assert sorted(granted - TAKEN - set(unnoticed())) == []
    assert sorted((TAKEN | set(unnoticed())) - granted) == []


def test_each_grant_that_notifications_add_is_taken_away_or_listed_with_its_reason(
    synthesize: Synthesize, plan: Plan
) -> None:
    for role in ROLES:
        added = grants(synthesize(NOTIFIED), role) - grants(plan, role)
        assert added == {*READS, *STATE, *PUBLISHING, *UNNOTICED}


def test_a_grant_is_taken_by_one_case_or_listed_not_both() -> None:
    assert len(TAKEN) == len(CASES)
    assert TAKEN & set(unnoticed()) == set()


def test_every_case_takes_a_grant_of_the_rehearsed_stack(rehearsed: Plan) -> None:
    assert grants(rehearsed, "primary") >= TAKEN


def test_every_reason_says_something() -> None:
    assert all(len(reason.split()) >= 5 for reason in unnoticed().values())
