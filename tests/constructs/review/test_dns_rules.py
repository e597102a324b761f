"""The rules of `standby review` about the API's name in DNS, over the stack that has it."""

import copy
from typing import Any, Final

import pytest

from standby.review.plan import read_plan
from standby.review.report import find_all
from standby.review.rules.rule import Surroundings
from tests.constructs.plan import Plan, Synthesize
from tests.constructs.variants import NAMED
from tests.e2e.review.mutation import PlanMutation, set_value
from tests.standby.review.helpers import plan_document

CHECK: Final = "aws_route53_health_check"
RECORD: Final = "aws_route53_record"
CHECKS: Final = "api_domain_checks_"

MUTATIONS: Final = (
    *(
        PlanMutation(
            name=f"{purpose}: {argument} changed",
            rule="dns-check-loosened",
            type_=CHECK,
            id_=f"{CHECKS}{purpose}",
            change=set_value(value, argument),
        )
        for purpose, argument, value in (
            ("serving", "search_string", '"primary"'),
            ("serving", "resource_path", "/index.html"),
            ("serving", "enable_sni", False),
            ("primary_health", "fqdn", "example.com"),
            ("primary_health", "type", "HTTP"),
            ("primary_health", "port", 80),
            ("primary", "child_health_threshold", 1),
            ("primary", "invert_healthcheck", True),
            ("serving", "disabled", True),
        )
    ),
    PlanMutation(
        name="slower",
        rule="dns-check-slower",
        type_=CHECK,
        id_=f"{CHECKS}primary_health",
        change=set_value(10, "failure_threshold"),
    ),
    PlanMutation(
        name="longer interval",
        rule="dns-check-slower",
        type_=CHECK,
        id_=f"{CHECKS}serving",
        change=set_value(30, "request_interval"),
    ),
    PlanMutation(
        name="the record asks one check only",
        rule="dns-failover-changed",
        type_=RECORD,
        id_="api_domain_record_primary",
        change=set_value("hc-1", "health_check_id"),
    ),
    PlanMutation(
        name="the record has no check",
        rule="dns-failover-changed",
        type_=RECORD,
        id_="api_domain_record_primary",
        change=lambda body: body.pop("health_check_id"),
    ),
    PlanMutation(
        name="the secondary is taken out",
        rule="dns-failover-changed",
        type_=RECORD,
        id_="api_domain_record_failover",
        change=set_value(True, "alias", "evaluate_target_health"),  # noqa: FBT003 - the value of an argument
    ),
    PlanMutation(
        name="roles exchanged",
        rule="dns-failover-changed",
        type_=RECORD,
        id_="api_domain_record_failover",
        change=set_value("PRIMARY", "failover_routing_policy", "type"),
    ),
    PlanMutation(
        name="record removed", rule="protection-removed", type_=RECORD, id_="api_domain_record_failover", change=None
    ),
    PlanMutation(
        name="base path removed",
        rule="protection-removed",
        type_="aws_api_gateway_base_path_mapping",
        id_="api_domain_domain_failover_mapping",
        change=None,
    ),
)


@pytest.fixture(scope="module")
def named(synthesize: Synthesize) -> Plan:
    return synthesize(NAMED)


def findings(before: Any, after: Any) -> set[tuple[str, str]]:  # noqa: ANN401 - JSON
    found = find_all(read_plan(plan_document(before, after)), Surroundings(stack=after))
    return {(finding.rule, finding.address) for finding in found}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_of_dns_is_noticed(named: Plan, mutation: PlanMutation) -> None:
    stack = copy.deepcopy(named.document)
    address = mutation.apply(stack["resource"])
    assert (mutation.rule, address) in findings(named.document, stack)


def test_the_stack_with_a_name_itself_has_no_finding(named: Plan) -> None:
    assert findings(named.document, named.document) == set()
    assert findings(None, named.document) == set()


def test_giving_the_api_a_name_has_no_finding_about_dns(plan: Plan, named: Plan) -> None:
    assert not {rule for rule, _ in findings(plan.document, named.document) if rule.startswith("dns-")}


def test_taking_the_name_away_is_blocked(plan: Plan, named: Plan) -> None:
    assert "protection-removed" in {rule for rule, _ in findings(named.document, plan.document)}
