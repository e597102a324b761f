"""The rules of `standby review` about the automatic failover, over the stack that has it."""

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final

import pytest

from standby.review.plan import read_plan
from standby.review.report import find_all
from standby.review.rules.automatic import ALARM, FILTER, FUNCTION, GONE_KINDS, SCHEDULE, Looks
from standby.review.rules.rule import Surroundings
from standby_protocol.automatic import Facts, Look, Rules, is_lost
from tests.constructs.plan import Plan, Synthesize
from tests.constructs.variants import AUTOMATIC, UNATTENDED
from tests.e2e.review.mutation import Body, PlanMutation, add_statement, set_value
from tests.standby.review.helpers import plan_document

CONTROLLER: Final = "automatic_function_"
LOOKED: Final = "failover_alarms_automatic_look"
NOW: Final = datetime(2026, 11, 28, 12, tzinfo=UTC)
PUT: Final = {
    "Sid": "More",
    "Effect": "Allow",
    "Action": ["s3:PutObject"],
    "Resource": ["arn:aws:s3:::other/config.json"],
}


def set_rules(**values: object) -> Callable[[Body], None]:
    """Return a function that changes the controller's settings in its environment."""

    def change(body: Body) -> None:
        rules = json.loads(body["environment"]["variables"]["RULES"])
        assert rules != rules | values
        body["environment"]["variables"]["RULES"] = json.dumps(rules | values)

    return change


def without_checkers(body: Body) -> None:
    """Remove the id of the health check from the controller's environment."""
    del body["environment"]["variables"]["HEALTH_CHECK_ID"]


def without_statement(sid: str) -> Callable[[Body], None]:
    """Return a function that removes a statement from a role's policy."""

    def change(body: Body) -> None:
        policy = json.loads(body["policy"])
        rest = [statement for statement in policy["Statement"] if statement["Sid"] != sid]
        assert len(rest) == len(policy["Statement"]) - 1
        body["policy"] = json.dumps({**policy, "Statement": rest})

    return change


def of_function(name: str, rule: str, change: Callable[[Body], None]) -> PlanMutation:
    return PlanMutation(name=name, rule=rule, type_=FUNCTION, id_=CONTROLLER, change=change)


MUTATIONS: Final = (
    of_function("3 of 5 looks", "automatic-looks-looser", set_rules(failed_looks=3)),
    of_function("4 of 10 looks", "automatic-looks-looser", set_rules(of_looks=10)),
    of_function("5 of 5 looks", "automatic-slower-looks", set_rules(failed_looks=5)),
    of_function("4 of 4 looks", "automatic-slower-looks", set_rules(of_looks=4)),
    of_function("a shorter dwell", "automatic-looser", set_rules(dwell_minutes=10)),
    of_function("a longer dwell", "automatic-slower", set_rules(dwell_minutes=600)),
    of_function("behind is no reason to wait", "automatic-looser", set_rules(when_behind="move")),
    of_function("a longer lag", "automatic-looser", set_rules(lag_seconds=86400)),
    of_function("a shorter lag", "automatic-slower", set_rules(lag_seconds=1)),
    of_function(
        "a rehearsal's minute",
        "automatic-looser",
        set_value("3", "environment", "variables", "REHEARSAL_MINUTE_SECONDS"),
    ),
    of_function("a shorter time", "automatic-off", set_value(3, "timeout")),
    of_function("another handler", "automatic-off", set_value("query.handler.handler", "handler")),
    *(
        PlanMutation(
            name=f"{argument} of the schedule", rule="automatic-off", type_=SCHEDULE, id_="automatic_", change=change
        )
        for argument, change in (
            ("rate", set_value("rate(1 day)", "schedule_expression")),
            ("state", set_value("DISABLED", "state")),
        )
    ),
    *(
        PlanMutation(
            name=f"{argument} of the alarm",
            rule="automatic-alarm-weaker",
            type_=ALARM,
            id_=LOOKED,
            change=set_value(value, argument),
        )
        for argument, value in (
            ("evaluation_periods", 60),
            ("period", 3600),
            ("threshold", 0),
            ("metric_name", "other"),
            ("comparison_operator", "GreaterThanThreshold"),
        )
    ),
    PlanMutation(
        name="another pattern",
        rule="automatic-alarm-weaker",
        type_=FILTER,
        id_=f"{LOOKED}_filter",
        change=set_value("{ $.other = * }", "pattern"),
    ),
    PlanMutation(
        name="it may write in the primary region",
        rule="automatic-permission-added",
        type_="aws_iam_role_policy",
        id_=CONTROLLER,
        change=add_statement(PUT),
    ),
)


CHECK: Final = "aws_route53_health_check"
ASKED: Final = "api_domain_checks_primary_health_"
WITH_CHECKERS: Final = (
    of_function(
        "it follows another check",
        "automatic-checkers",
        set_value("${aws_route53_health_check.serving.id}", "environment", "variables", "HEALTH_CHECK_ID"),
    ),
    of_function("it follows none", "automatic-checkers", without_checkers),
    *(
        PlanMutation(
            name=f"a lower {argument}",
            rule="automatic-checkers",
            type_=CHECK,
            id_=ASKED,
            change=set_value(1, argument),
        )
        for argument in ("failure_threshold", "request_interval")
    ),
    PlanMutation(
        name="it may not read the checkers' metric",
        rule="automatic-permission-removed",
        type_="aws_iam_role_policy",
        id_=CONTROLLER,
        change=without_statement("ReadCheckers"),
    ),
)


@pytest.fixture(scope="module")
def unattended(synthesize: Synthesize) -> Plan:
    return synthesize(UNATTENDED)


@pytest.mark.parametrize("mutation", WITH_CHECKERS, ids=lambda mutation: mutation.name)
def test_a_mutation_of_the_second_vantage_point_is_blocked(unattended: Plan, mutation: PlanMutation) -> None:
    stack = copy.deepcopy(unattended.document)
    address = mutation.apply(stack["resource"])
    assert findings(unattended.document, stack)[mutation.rule, address] == "blocked"


def test_a_controller_that_gets_a_second_vantage_point_has_one_permission_more(
    automatic: Plan, unattended: Plan
) -> None:
    found = {rule for rule, _ in findings(automatic.document, unattended.document) if rule.startswith("automatic-")}
    assert found == {"automatic-permission-added"}


@pytest.fixture(scope="module")
def automatic(synthesize: Synthesize) -> Plan:
    return synthesize(AUTOMATIC)


def findings(before: Any, after: Any) -> dict[tuple[str, str], str]:  # noqa: ANN401 - JSON
    found = find_all(read_plan(plan_document(before, after)), Surroundings(stack=after))
    return {(finding.rule, finding.address): finding.severity for finding in found}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_of_the_controller_is_noticed(automatic: Plan, mutation: PlanMutation) -> None:
    stack = copy.deepcopy(automatic.document)
    address = mutation.apply(stack["resource"])
    severity = findings(automatic.document, stack)[mutation.rule, address]
    assert severity == ("warned" if "slower" in mutation.rule else "blocked")


def test_each_part_of_the_controller_that_is_removed_is_blocked(automatic: Plan) -> None:
    parts = [
        (type_, name)
        for type_ in GONE_KINDS
        for name in automatic.document["resource"][type_]
        if name.startswith("automatic_") or "_automatic_" in name
    ]
    assert {type_ for type_, _ in parts} == set(GONE_KINDS)
    for type_, name in parts:
        stack = copy.deepcopy(automatic.document)
        del stack["resource"][type_][name]
        assert findings(automatic.document, stack)["automatic-removed", f"{type_}.{name}"] == "blocked"


def test_turning_the_automatic_failover_off_is_blocked(plan: Plan, automatic: Plan) -> None:
    assert "automatic-removed" in {rule for rule, _ in findings(automatic.document, plan.document)}


def test_the_stack_with_a_controller_itself_and_turning_it_on_have_no_finding(plan: Plan, automatic: Plan) -> None:
    assert findings(automatic.document, automatic.document) == {}
    assert not {rule for rule, _ in findings(plan.document, automatic.document) if rule.startswith("automatic-")}


def test_settings_that_terraform_knows_only_after_the_apply_are_a_warning(automatic: Plan) -> None:
    stack = copy.deepcopy(automatic.document)
    mutation = of_function("unknown", "", set_value("${local.rules}", "environment", "variables", "RULES"))
    address = mutation.apply(stack["resource"])
    assert findings(automatic.document, stack)["automatic-looser", address] == "warned"


@pytest.mark.parametrize("new", [(2, 2), (3, 5), (4, 6), (5, 6), (4, 5)])
@pytest.mark.parametrize("old", [(2, 3), (3, 4), (4, 5), (2, 5)])
def test_looks_are_looser_if_and_only_if_the_controller_calls_more_records_a_lost_region(
    old: tuple[int, int], new: tuple[int, int]
) -> None:
    lost = {
        pair: {record for record in product((True, False), repeat=6) if loses(record, *pair)} for pair in (old, new)
    }
    assert Looks(*new).is_looser_than(Looks(*old)) == bool(lost[new] - lost[old])
    assert Looks(*new).is_slower_than(Looks(*old)) == bool(lost[old] - lost[new])


def loses(record: tuple[bool, ...], failed: int, of: int) -> bool:
    """Return whether the controller's own function calls the region lost after these looks, one a minute."""
    looks = [
        Look(at=NOW - timedelta(minutes=len(record) - 1 - number), here=verdict, there=verdict)
        for number, one in enumerate(record)
        for verdict in ("failed" if one else "healthy",)
    ]
    return is_lost(Facts(now=NOW, looks=looks, serving="primary"), Rules(failed_looks=failed, of_looks=of))
