"""The alert topic: only the region's alarms publish, and every address is subscribed."""

import pytest

from tests.constructs.helpers import ACCOUNT, render, without_hash
from tests.constructs.plan import ROLES, Plan, Synthesize, in_region, only, resources, statements
from tests.constructs.variants import CHANGED


@pytest.mark.parametrize("role", ROLES)
def test_only_the_region_s_alarms_may_publish_to_its_topic(plan: Plan, role: str) -> None:
    topic = only(in_region(plan, "aws_sns_topic", role))
    policy = statements(only(in_region(plan, "aws_sns_topic_policy", role))["policy"])
    allow = only(statement for statement in policy if statement["Effect"] == "Allow")
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allow["Action"] == ["sns:Publish"]
    assert [render(plan, arn) for arn in allow["Resource"]] == [
        f"arn:aws:sns:{plan.region(role)}:{ACCOUNT}:{topic['name']}"
    ]


def test_every_alert_address_is_subscribed_in_both_regions(synthesize: Synthesize, plan: Plan) -> None:
    assert resources(plan, "aws_sns_topic_subscription") == {}
    emails = {"a@example.com", "b@example.com"}
    subscribed = synthesize(CHANGED)
    for role in ROLES:
        found = in_region(subscribed, "aws_sns_topic_subscription", role)
        assert {(body["protocol"], body["endpoint"]) for body in found} == {("email", email) for email in emails}
        assert {without_hash(body["topic_arn"]) for body in found} == {f"${{aws_sns_topic.{role}_alerts_topic.arn}}"}
