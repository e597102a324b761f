"""A finding of a linter needs a reason, and a reason needs a finding."""

import pytest

from tests.constructs.plan import Plan
from tests.linters.findings import Finding, read_exceptions, unexplained
from tests.linters.stacks import policies, template

OPEN = Finding("checkov", "CKV_1", "aws_s3_bucket.primary_frontend", "a bucket")
EXCEPTION = {"checkov": {"CKV_1": {"reason": "It is right as it is.", "places": "aws_s3_bucket\\..*", "texts": "a .*"}}}


def test_a_finding_without_a_reason_is_named() -> None:
    assert unexplained([OPEN, OPEN], {}) == ["checkov CKV_1 aws_s3_bucket.primary_frontend: a bucket"]
    assert unexplained([OPEN], EXCEPTION) == []


@pytest.mark.parametrize(
    "change", [{"linter": "cfn-lint"}, {"code": "CKV_2"}, {"place": "aws_sqs_queue.a"}, {"text": "x"}]
)
def test_an_exception_covers_its_own_linter_code_and_places_only(change: dict[str, str]) -> None:
    lines = unexplained([OPEN._replace(**change)], EXCEPTION)
    assert len(lines) == 2
    assert "matches no finding any more" in lines[1]


def test_a_reason_without_a_finding_is_named() -> None:
    assert unexplained([], EXCEPTION) == ["exceptions.toml: checkov.CKV_1 matches no finding any more"]


def test_every_exception_has_a_reason() -> None:
    entries = [entry for codes in read_exceptions().values() for entry in codes.values()]
    assert len(entries) > 20
    assert all(len(entry["reason"].split()) >= 4 for entry in entries)


def test_every_policy_and_every_type_of_cloud_control_is_linted(plan: Plan) -> None:
    names = [name for name, _ in policies(plan)]
    assert len([name for name in names if name.startswith("role ")]) == 18
    assert {name.partition(" ")[0] for name in names} == {
        "role",
        "aws_s3_bucket_policy",
        "aws_sqs_queue",
        "aws_sns_topic_policy",
        "deployer",
        "runbook",
    }
    types = {resource["Type"] for resource in template(plan)["Resources"].values()}
    assert len(types) == 5  # of Cloud Control, and the roles with their trust policies
    assert "${" not in str(template(plan)) + str(dict(policies(plan)))
