"""Reading a plan: what is no plan of this project is an error, and never a clean review."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.errors import BadUsageError
from standby.review.plan import Plan, read_plan
from standby.review.report import find_all
from standby.review.rules.rule import Surroundings
from tests.standby.review.helpers import change_document, document_of, plan_of
from tests.standby.review.test_values import TREES

ALARM = "aws_cloudwatch_metric_alarm"
TYPES = st.sampled_from(
    [
        ALARM,
        "aws_cloudcontrolapi_resource",
        "aws_cloudfront_distribution",
        "aws_iam_role_policy",
        "aws_lambda_permission",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_replication_configuration",
        "aws_s3_object",
        "aws_sqs_queue",
        "aws_ssm_parameter",
        "terraform_data",
    ]
)
NAMES = st.sampled_from(["primary_a_00000000", "failover_a_11111111", "serving_config_primary_22222222", "b"])
ACTIONS = st.sampled_from([["no-op"], ["create"], ["update"], ["delete"], ["delete", "create"], ["forget"]])


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"format_version": 1},
        {"format_version": "1.2", "resource_changes": [{}]},
        {"format_version": "1.2", "resource_changes": "x"},
        document_of(timestamp="yesterday"),
        document_of(timestamp="2026-11-28T12:00:00"),
        document_of(format_version="0.2"),
        document_of(format_version="2.0"),
        document_of(format_version="1.x"),
        document_of(change_document(ALARM, "a", {}, {}, actions=["explode"])),
        document_of(change_document(ALARM, "a", {}, {}, actions=[])),
    ],
    ids=str,
)
def test_what_is_no_plan_is_refused(document: object) -> None:
    with pytest.raises(BadUsageError):
        read_plan(document)


def test_a_plan_of_another_project_is_refused_and_not_clean() -> None:
    other = {"format_version": "1.2", "resource_changes": [change_document("aws_instance", "web", {}, None)]}
    with pytest.raises(BadUsageError, match="no resource of this project, so nothing was reviewed"):
        read_plan(other)


CHANGES = st.builds(
    change_document,
    TYPES,
    NAMES,
    TREES,
    TREES,
    actions=ACTIONS,
    after_unknown=TREES,
    before_sensitive=TREES,
    after_sensitive=TREES,
)


@given(st.lists(CHANGES, max_size=4), TREES, TREES)
def test_no_values_of_a_plan_fail_a_rule(changes: list[dict[str, Any]], stack: object, backend: object) -> None:
    find_all(plan_of(*changes, resource_drift=changes), Surroundings(stack=stack, initialized_backend=backend))


@given(st.integers(0, 400))
def test_a_truncated_plan_is_refused(length: int) -> None:
    text = json.dumps(document_of(change_document(ALARM, "primary_a_00000000", {"a": 1}, {"a": 2})))
    if length < len(text):
        with pytest.raises((BadUsageError, ValueError)):
            read_plan(json.loads(text[:length]))


def roles(plan: Plan) -> list[str | None]:
    return [change.role for change in plan.changes[1:]]


def test_a_resource_belongs_to_the_region_of_its_name_or_of_its_provider() -> None:
    plan = plan_of(
        change_document(ALARM, "primary_a_00000000", {}, {}),
        change_document(ALARM, "replication_from_failover_role_00000000", {}, {}),
        change_document(ALARM, "other", {}, {}),
        change_document(ALARM, "none", {}, {}),
        configuration={
            "root_module": {"resources": [{"address": f"{ALARM}.other", "provider_config_key": "aws.failover"}]}
        },
    )
    assert roles(plan) == ["primary", "failover", "failover", None]


def test_the_distribution_belongs_to_both_regions_although_one_provider_creates_it() -> None:
    type_, name = "aws_cloudfront_distribution", "distribution_00000000"
    address = f"{type_}.{name}"
    plan = plan_of(
        change_document(type_, name, {}, {}),
        configuration={"root_module": {"resources": [{"address": address, "provider_config_key": "aws.primary"}]}},
    )
    assert roles(plan) == [None]


@pytest.mark.parametrize("actions", [["create", "forget"], ["forget", "create"]], ids=str)
def test_a_resource_that_is_forgotten_and_created_again_is_replaced(actions: list[str]) -> None:
    bucket = change_document("aws_s3_bucket", "primary_documents_00000000", {"bucket": "a"}, {"bucket": "a"})
    bucket["change"]["actions"] = actions
    assert "kept-resource-lost" in {found.rule for found in find_all(plan_of(bucket), Surroundings())}


def test_a_plan_with_resources_that_exist_is_no_first_one_though_it_does_not_show_their_state() -> None:
    assert not plan_of(change_document(ALARM, "a", {}, None), prior_state={}).is_first


def test_what_an_earlier_apply_left_to_be_destroyed_does_not_hide_the_change_of_the_resource() -> None:
    left = {**change_document(ALARM, "primary_a_00000000", {"period": 1}, None), "deposed": "ab12cd34"}
    twins = [
        change_document(ALARM, f"{role}_a_00000000", {"period": 1}, {"period": 1}) for role in ("primary", "failover")
    ]
    changed = change_document(ALARM, "primary_a_00000000", {"period": 1}, {"period": 9})
    found = find_all(plan_of(changed, twins[1], left), Surroundings())
    assert ("one-region-only", f"{ALARM}.primary_a_00000000") in {(one.rule, one.address) for one in found}


def test_each_instance_of_a_resource_has_its_own_twin() -> None:
    changes = []
    for number in range(2):
        for role in ("primary", "failover"):
            after = {"period": 9 if (number, role) == (0, "primary") else 1}
            change = change_document(ALARM, f"{role}_a_00000000", {"period": 1}, after)
            changes.append({**change, "address": f"module.m.{change['address']}[{number}]"})
    found = find_all(plan_of(*changes), Surroundings())
    assert [one.address for one in found if one.rule == "one-region-only"] == [
        f"module.m.{ALARM}.primary_a_00000000[0]"
    ]
