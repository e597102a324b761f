"""The rules of `standby review` over the synthesized JSON, without Terraform: each mutation, and the stack itself."""

import copy
from typing import Any

import pytest

from standby.review.plan import read_plan
from standby.review.report import find_all
from standby.review.rules.rule import Surroundings
from standby.review.summary import OTHER, purpose_of, summarize
from tests.constructs.plan import Plan
from tests.e2e.review.mutation import PlanMutation, set_value
from tests.e2e.review.mutations import IN_PLACE, REPLACING
from tests.standby.review.helpers import plan_document

# What is replaced is Terraform's decision: those mutations are for real plans alone.
IN_STACK = tuple(
    one for one in (*IN_PLACE, *REPLACING) if one.rule not in ("kept-resource-lost", "serving-resource-replaced")
)


def mutated(plan: Plan, mutation: PlanMutation) -> tuple[dict[str, Any], str]:
    """Return the stack with a mutation, and the address of the resource that has it."""
    stack = copy.deepcopy(plan.document)
    return stack, mutation.apply(stack["resource"])


@pytest.mark.parametrize("mutation", IN_STACK, ids=lambda mutation: mutation.name)
def test_a_mutation_of_the_synthesized_stack_is_noticed(plan: Plan, mutation: PlanMutation) -> None:
    if mutation.type_ not in plan.document["resource"]:
        pytest.skip("the default settings have no such resource")
    stack, address = mutated(plan, mutation)
    found = find_all(read_plan(plan_document(plan.document, stack)), Surroundings(stack=stack))
    assert (mutation.rule, address) in {(finding.rule, finding.address) for finding in found}


def test_what_a_rule_says_about_an_origin_group_is_not_said_again_as_a_change_without_a_rule(plan: Plan) -> None:
    """The provider writes the groups sorted by their names, and the synthesized stack does not."""
    stack = copy.deepcopy(plan.document)
    [distribution] = stack["resource"]["aws_cloudfront_distribution"].values()
    for group in distribution["origin_group"]:
        group["failover_criteria"]["status_codes"].remove(403)
    found = find_all(read_plan(plan_document(plan.document, stack)), Surroundings(stack=stack))
    assert [(one.rule, one.argument) for one in found] == [
        ("origin-group-worse", "origin_group failover-first: failover_criteria"),
        ("origin-group-worse", "origin_group primary-first: failover_criteria"),
    ]


def test_the_stack_itself_has_no_finding(plan: Plan) -> None:
    same = read_plan(plan_document(plan.document, plan.document))
    assert find_all(same, Surroundings(stack=plan.document)) == []


def test_a_first_deployment_has_no_finding(plan: Plan) -> None:
    first = read_plan(plan_document(None, plan.document))
    assert first.is_first
    assert find_all(first, Surroundings(stack=plan.document)) == []


def test_without_the_lifecycle_of_config_json_the_stack_itself_has_a_finding(plan: Plan) -> None:
    stack = copy.deepcopy(plan.document)
    for name, body in stack["resource"]["aws_s3_object"].items():
        if name.startswith("serving_config_primary"):
            set_value(["etag"], "lifecycle", "ignore_changes")(body)
    [finding] = find_all(read_plan(plan_document(stack, stack)), Surroundings(stack=stack))
    assert (finding.rule, finding.argument) == ("config-overwritten", "lifecycle.ignore_changes")


def test_every_resource_has_a_purpose_and_few_have_none(plan: Plan) -> None:
    first = read_plan(plan_document(None, plan.document))
    other = {change.construct for change in first.changes if purpose_of(change) == OTHER}
    assert other == {"identity_first_apply", "manifest_parameter_primary", "manifest_parameter_failover"}
    rows = summarize(first)
    assert sum(row.create for row in rows) == len(first.changes)
    for purpose in {row.purpose for row in rows} - {OTHER, "site"}:
        primary, failover = (
            next(row.create for row in rows if (row.purpose, row.role) == (purpose, role))
            for role in ("primary", "failover")
        )
        assert primary == failover, purpose
