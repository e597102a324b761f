"""Twins: what one region gets and the other does not, and what uses the other region."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.review.findings import Finding
from standby.review.plan import Plan, read_plan
from standby.review.report import find_all
from standby.review.rules.rule import Surroundings
from standby.review.twins import twin_texts
from tests.standby.review.helpers import change_document, document_of

FUNCTION, ALARM = "aws_lambda_function", "aws_cloudwatch_metric_alarm"
REGIONS = {"regions.primary": "us-west-2", "regions.failover": "us-east-1", "account": "1"}
MODEL = "us.anthropic.claude-haiku-4-5-{}-v1:0"


def plan_in_regions(*changes: dict[str, Any], **more: object) -> Plan:
    """Return the plan of a deployment in us-west-2 and us-east-1."""
    document = document_of(*changes, **more)
    document["resource_changes"][0]["change"].update(before={"input": REGIONS}, after={"input": REGIONS})
    return read_plan(document)


def twins(type_: str, *sides: tuple[object, object], **more: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    roles = ("primary", "failover")
    return [
        change_document(type_, f"{role}_a_00000000", *side, **more) for role, side in zip(roles, sides, strict=True)
    ]


def found(*changes: dict[str, Any], **more: object) -> list[Finding]:
    return find_all(plan_in_regions(*changes, **more), Surroundings())


def of_rule(findings: list[Finding], rule: str) -> list[str]:
    return [one.address.rpartition(".")[2].partition("_")[0] for one in findings if one.rule == rule]


def test_a_model_of_another_date_in_one_region_is_found() -> None:
    old, new = ({"model": MODEL.format(date)} for date in (20251001, 20240307))
    assert of_rule(found(*twins(FUNCTION, (old, new), (old, old))), "one-region-only") == ["primary"]
    assert of_rule(found(*twins(FUNCTION, (old, new), (old, new))), "one-region-only") == []


@pytest.mark.parametrize(
    "own, other",
    [
        ("docs-us-west-2", "docs-us-east-1"),
        ("role/primary/x", "role/failover/x"),
        ("KBECDA4C83", "KB6BDFAE29"),
        ({"a": ["arn:aws:sqs:us-west-2:1:q"]}, {"a": ["arn:aws:sqs:us-east-1:1:q"]}),
    ],
    ids=str,
)
def test_a_resource_that_uses_the_other_region_is_blocked_in_one_region_and_in_both(own: object, other: object) -> None:
    ids = [
        change_document(FUNCTION, f"{role}_kb", {"id": id_}, {"id": id_})
        for role, id_ in (("primary", "KBECDA4C83"), ("failover", "KB6BDFAE29"))
    ]
    before, after = {"x": own}, {"x": other}
    one = found(*ids, *twins(FUNCTION, (before, after), (after, after)))
    assert of_rule(one, "other-region") == ["primary"]
    both = found(*ids, *twins(FUNCTION, (before, after), (after, before)))
    assert of_rule(both, "other-region") == ["primary", "failover"]
    assert of_rule(found(*ids, *twins(FUNCTION, (after, before), (before, after))), "other-region") == []


TEXTS = st.lists(st.sampled_from(["us-west-2", "us-east-1", "primary", "failover", "KBECDA4C83", "x"]), max_size=4)
SWAPPED = {"us-west-2": "us-east-1", "primary": "failover"} | {"us-east-1": "us-west-2", "failover": "primary"}


@given(TEXTS)
def test_a_text_and_its_mirror_image_in_the_other_region_are_the_same_and_no_other_one_is(words: list[str]) -> None:
    texts = twin_texts(plan_in_regions())
    text, mirrored = ("/".join(SWAPPED.get(word, word) if swap else word for word in words) for swap in (False, True))
    assert texts.are_same(text, "primary", mirrored, "failover")
    assert texts.are_same(mirrored, "failover", text, "primary")
    assert not texts.are_same(text, "primary", f"{mirrored}y", "failover")
    assert not texts.is_crossed(text, text, "primary")


def test_a_resource_that_is_created_again_beside_its_twin_is_no_change_of_one_region() -> None:
    alarm = {"period": 60, "arn": "a"}
    new = {"period": 60}
    assert of_rule(found(*twins(ALARM, (None, new), (alarm, alarm))), "one-region-only") == []
    assert of_rule(found(*twins(ALARM, (None, {"period": 61}), (alarm, alarm))), "one-region-only") == ["primary"]


@pytest.mark.parametrize("actions", [["delete"], ["forget"]], ids=str)
def test_a_resource_that_only_one_region_keeps_is_blocked(actions: list[str]) -> None:
    gone = change_document(ALARM, "primary_a_00000000", {"period": 60}, None, actions=actions)
    kept = change_document(ALARM, "failover_a_00000000", {"period": 60}, {"period": 60})
    assert of_rule(found(gone, kept), "one-region-only") == ["primary"]


def test_what_has_no_twin_by_design_may_change_and_is_new_only_in_a_first_deployment() -> None:
    changed, created = (
        change_document("aws_s3_bucket_replication_configuration", "replication_from_primary_a", before, {"x": 2})
        for before in ({"x": 1}, None)
    )
    assert of_rule(found(changed), "one-region-only") == []
    assert of_rule(found(created), "one-region-only") == ["replication"]
    first = document_of(created, prior_state={})
    first["resource_changes"][0]["change"].update(actions=["create"], before=None)
    assert "one-region-only" not in {one.rule for one in find_all(read_plan(first), Surroundings())}


def test_what_was_destroyed_outside_of_terraform_in_one_region_is_a_warning() -> None:
    created = twins(ALARM, (None, {"period": 60}), (None, {"period": 60}))
    lost = twins(ALARM, ({"period": 60}, None), ({"period": 60}, None))
    assert of_rule(found(*created, resource_drift=lost[:1]), "drift-in-one-region") == ["primary"]
    assert of_rule(found(*created, resource_drift=lost), "drift-in-one-region") == []
