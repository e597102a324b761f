"""Rules about the account, the state, the age of the plan, and the moment at which it is applied."""

from datetime import UTC, datetime
from typing import Any

import pytest

from standby.review.findings import Finding
from standby.review.plan import Plan, read_plan
from standby.review.report import find_all
from standby.review.rules.rule import Surroundings
from tests.standby.review.helpers import change_document, document_of, plan_of

FUNCTION = "aws_lambda_function"
CHANGED = [
    change_document(FUNCTION, f"{role}_functions_a_0000000{number}", {"description": "1"}, {"description": "2"})
    for number, role in enumerate(("primary", "failover"))
]
LATER, EARLIER = datetime(2026, 11, 28, 13, tzinfo=UTC), datetime(2026, 11, 28, 11, tzinfo=UTC)
MANIFEST = change_document("aws_ssm_parameter", "manifest_parameter_primary_00000000", {"a": 1}, {"a": 2})


def found(plan: Plan, **surroundings: Any) -> list[Finding]:  # noqa: ANN401 - each has its own type
    return find_all(plan, Surroundings(**surroundings))


def names(plan: Plan, **surroundings: Any) -> list[str]:  # noqa: ANN401 - each has its own type
    return [finding.rule for finding in found(plan, **surroundings)]


def providers(*accounts: str) -> dict[str, object]:
    provider = {"expressions": {"allowed_account_ids": {"constant_value": list(accounts)}}}
    return {"provider_config": {"aws.primary": provider}}


@pytest.mark.parametrize(
    "accounts, expected", [(("1",), []), ((), []), (("1", "2"), []), (("2",), ["other-account"])], ids=str
)
def test_a_plan_for_another_account_than_the_deployment_s_is_blocked(
    accounts: tuple[str, ...], expected: list[str]
) -> None:
    assert names(plan_of(configuration=providers(*accounts))) == expected


def test_a_plan_that_forgets_what_its_state_belongs_to_is_blocked() -> None:
    document = document_of()
    document["resource_changes"][0]["change"]["actions"] = ["delete"]
    assert "other-account" in names(read_plan(document))


LOCAL = {"terraform": {"backend": {"local": {"path": "../terraform.chatbot.tfstate"}}}}
S3 = {"terraform": {"backend": {"s3": {"bucket": "b", "key": "k", "region": "us-west-2", "use_lockfile": True}}}}


@pytest.mark.parametrize(
    "stack, known, expected",
    [
        (LOCAL, None, []),
        (LOCAL, {"type": "local", "config": {"path": "../terraform.chatbot.tfstate"}}, []),
        (LOCAL, {"type": "local", "config": {"path": "other"}}, ["other-backend"]),
        (LOCAL, {"type": "s3", "config": {"bucket": "b"}}, ["other-backend"]),
        (S3, {"type": "s3", "config": {"bucket": "b", "key": "k", "region": "us-west-2"}}, []),
        (S3, {"type": "s3", "config": {"bucket": "b", "key": "other", "region": "us-west-2"}}, ["other-backend"]),
        (None, {"type": "s3", "config": {}}, []),
        ({"resource": {}}, {"type": "s3", "config": {"bucket": "b"}}, ["other-backend"]),
        ({"terraform": {"backend": {"s3": None}}}, {"type": "s3", "config": {}}, []),
    ],
)
def test_another_backend_than_that_of_the_last_init_is_blocked(
    stack: object, known: object, expected: list[str]
) -> None:
    assert names(plan_of(), stack=stack, initialized_backend=known) == expected


def test_a_plan_that_is_older_than_the_state_is_a_warning_with_both_times() -> None:
    assert names(plan_of(), state_written_at=EARLIER) == []
    [finding] = found(plan_of(), state_written_at=LATER)
    assert (finding.rule, finding.severity) == ("plan-old", "warned")
    assert (finding.before, finding.after) == ("state of 2026-11-28 13:00:00 UTC", "plan of 2026-11-28 12:00:00 UTC")


def test_a_plan_of_the_second_in_which_the_state_was_written_is_not_older() -> None:
    assert names(plan_of(), state_written_at=datetime(2026, 11, 28, 12, microsecond=900_000, tzinfo=UTC)) == []


@pytest.mark.parametrize(
    "more",
    [{"complete": False}, {"deferred_changes": [{"reason": "provider_config_unknown"}]}, {"action_invocations": [{}]}],
)
def test_a_plan_that_says_less_than_what_the_apply_does_is_a_warning(more: dict[str, Any]) -> None:
    assert [(one.rule, one.severity) for one in found(plan_of(**more))] == [("plan-incomplete", "warned")]


def test_a_plan_without_its_time_is_a_warning() -> None:
    assert names(plan_of(timestamp=None)) == ["plan-old"]


def test_a_plan_of_terraform_that_stopped_with_an_error_is_blocked() -> None:
    assert names(plan_of(errored=True)) == ["plan-incomplete"]


def test_a_change_while_failed_over_or_without_a_region_is_a_warning() -> None:
    assert names(plan_of(*CHANGED), serving="primary") == []
    assert names(plan_of(*CHANGED), serving="failover") == ["bad-moment"]
    [finding] = found(plan_of(*CHANGED), unavailable={"us-east-1": "does not answer (time-out)"})
    assert (finding.rule, finding.argument) == ("bad-moment", "us-east-1")


def test_a_plan_that_changes_nothing_may_be_made_at_any_moment() -> None:
    assert names(plan_of(), serving="failover", unavailable={"us-east-1": "does not answer"}) == []


def test_outputs_that_the_manifest_carries_are_a_warning_when_they_change() -> None:
    outputs = {"primary_api_gateway_url": {"actions": ["update"]}, "cloudfront_url": {"actions": ["no-op"]}}
    warned = [one for one in found(plan_of(MANIFEST, output_changes=outputs)) if one.rule == "outputs-change"]
    assert [finding.argument for finding in warned] == ["primary_api_gateway_url"]
    assert "outputs-change" not in names(plan_of(output_changes=outputs))


def drifted(role: str, before: object, after: object) -> dict[str, Any]:
    return change_document(FUNCTION, f"{role}_functions_a_0000000{int(role == 'failover')}", before, after)


def test_a_drift_of_one_region_alone_is_a_warning() -> None:
    one = [drifted("primary", {"timeout": 1}, {"timeout": 9})]
    plan = plan_of(*CHANGED, resource_drift=one)
    [finding] = [one for one in found(plan) if one.rule == "drift-in-one-region"]
    assert (finding.argument, finding.before, finding.after) == ("timeout", "1", "9")
    both = [*one, drifted("failover", {"timeout": 1}, {"timeout": 9})]
    assert "drift-in-one-region" not in names(plan_of(*CHANGED, resource_drift=both))


def test_a_drift_that_the_plan_leaves_alone_is_no_finding() -> None:
    drift = [drifted("primary", {"timeout": 1}, {"timeout": 9})]
    assert names(plan_of(resource_drift=drift)) == []


def test_a_guarded_argument_that_is_known_only_after_the_apply_is_a_warning_and_not_safe() -> None:
    change = change_document(
        "aws_s3_bucket_versioning",
        "primary_documents_00000000",
        {"versioning_configuration": [{"status": "Enabled"}]},
        {"versioning_configuration": [{}]},
        after_unknown={"versioning_configuration": [{"status": True}]},
    )
    [finding] = [one for one in found(plan_of(change)) if one.rule == "versioning-off"]
    assert (finding.severity, finding.after) == ("warned", "(known after apply)")


def test_a_policy_that_is_known_only_after_the_apply_is_a_warning() -> None:
    before = {"policy": '{"Statement": []}'}
    change = change_document("aws_iam_role_policy", "primary_role_00000000", before, {}, after_unknown={"policy": True})
    assert [(one.rule, one.severity) for one in found(plan_of(change)) if one.rule == "policy-unknown"] == [
        ("policy-unknown", "warned")
    ]


def test_a_sensitive_value_is_not_in_the_findings() -> None:
    change = change_document(
        "aws_sqs_queue",
        "primary_queue_00000000",
        {"message_retention_seconds": 99999},
        {"message_retention_seconds": 12345},
        before_sensitive={"message_retention_seconds": True},
        after_sensitive={"message_retention_seconds": True},
    )
    findings = found(plan_of(change))
    assert [one for one in findings if one.rule == "retention-shorter"]
    assert "99999" not in repr(findings)
    assert "12345" not in repr(findings)
