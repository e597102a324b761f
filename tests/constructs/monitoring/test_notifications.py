"""Notifications: off by default, and with least privilege in each region, which needs nothing of the other one."""

import json
from zipfile import ZipFile

import pytest

from notifications.messages import SOURCE
from notifications.read import STATE_KEY
from notifications.run import PATIENCE
from notifications.settings import Settings as FunctionSettings
from shared.environment import Environment
from standby_protocol.automatic import DRILL_KEY
from standby_protocol.journal import PREFIX
from standby_protocol.routing_config import KEY
from tests.constructs.helpers import ACCOUNT, render
from tests.constructs.plan import (
    FUNCTIONS,
    ROLES,
    Json,
    Plan,
    Synthesize,
    functions,
    in_region,
    only,
    resources,
    role_statements,
    statements,
)
from tests.constructs.variants import NOTIFIED
from warm_standby.notifications import notifications
from warm_standby.settings.automatic import Automatic
from warm_standby.settings.model import Notifications as NotificationSettings

OTHER = {"primary": "failover", "failover": "primary"}


@pytest.fixture(scope="module")
def notified(synthesize: Synthesize) -> Plan:
    return synthesize(NOTIFIED)


def function(plan: Plan, role: str) -> Json:
    return functions(plan, role)["notifications"]


def permissions(plan: Plan, role: str) -> dict[str, Json]:
    found = role_statements(plan)[f"chatbot-notifications-{plan.region(role)}"]
    return {statement["Sid"]: statement for statement in found}


def bucket_arn(plan: Plan, role: str) -> str:
    return f"arn:aws:s3:::chatbot-frontend-{ACCOUNT}-{plan.region(role)}"


def test_nothing_of_it_is_there_by_default(plan: Plan) -> None:
    assert [name for named in plan.document["resource"].values() for name in named if "notifications" in name] == []
    assert not any("notification_topic" in name for name in plan.document["output"])


def test_it_changes_nothing_but_what_it_adds(plan: Plan, notified: Plan) -> None:
    assert set(functions(notified, "primary")) == {*FUNCTIONS, "notifications"}
    for type_, named in plan.document["resource"].items():
        for name, body in named.items():
            if type_ != "aws_ssm_parameter":  # the manifest has the number of alarms
                assert notified.document["resource"][type_][name] == body


@pytest.mark.parametrize("role", ROLES)
def test_its_archive_has_all_that_it_imports_and_no_other_function(notified: Plan, role: str) -> None:
    with ZipFile(notified.directory / function(notified, role)["filename"]) as archive:
        packages = {name.partition("/")[0] for name in archive.namelist()}
    assert packages == {"notifications", "shared", "standby_protocol"}


@pytest.mark.parametrize("role", ROLES)
def test_its_environment_is_what_the_function_reads(notified: Plan, role: str) -> None:
    variables = {
        name: render(notified, value) for name, value in function(notified, role)["environment"]["variables"].items()
    }
    region, other = notified.region(role), notified.region(OTHER[role])
    read = FunctionSettings.read(Environment(variables={**variables, "AWS_REGION": region}))
    assert (read.bucket, read.other_bucket) == (
        bucket_arn(notified, role).rpartition(":")[2],
        bucket_arn(notified, OTHER[role]).rpartition(":")[2],
    )
    assert region in read.api_url
    assert other in read.other_api_url
    assert read.read_order == ("us-east-1", "us-west-2")
    assert region in read.topic_arn


@pytest.mark.parametrize("role", ROLES)
def test_the_alarms_that_it_reads_exist_in_its_region(notified: Plan, role: str) -> None:
    names = {body["alarm_name"] for body in in_region(notified, "aws_cloudwatch_metric_alarm", role)}
    assert set(json.loads(function(notified, role)["environment"]["variables"]["ALARMS"])) <= names


@pytest.mark.parametrize("role", ROLES)
def test_its_role_reads_both_regions_and_writes_one_object(notified: Plan, role: str) -> None:
    own, other = bucket_arn(notified, role), bucket_arn(notified, OTHER[role])
    found = permissions(notified, role)
    granted = {
        sid: ({*body["Action"]}, {render(notified, arn) for arn in body["Resource"]}) for sid, body in found.items()
    }
    region = notified.region(role)
    assert granted["ReadFacts"] == (
        {"s3:GetObject"},
        {f"{bucket}/{key}" for bucket in (own, other) for key in (KEY, f"{PREFIX}*", STATE_KEY, DRILL_KEY)},
    )
    assert granted["ListJournal"] == ({"s3:ListBucket"}, {own, other})
    assert granted["WriteState"] == ({"s3:PutObject"}, {f"{own}/{STATE_KEY}"})
    assert granted["ReadAlarms"] == (
        {"cloudwatch:DescribeAlarms"},
        {f"arn:aws:cloudwatch:{region}:{ACCOUNT}:alarm:*"},
    )
    assert granted["PublishToTopic"] == ({"sns:Publish"}, {f"arn:aws:sns:{region}:{ACCOUNT}:chatbot-notifications"})
    assert granted["PublishToBus"] == ({"events:PutEvents"}, {f"arn:aws:events:{region}:{ACCOUNT}:event-bus/default"})
    assert found["PublishToBus"]["Condition"] == {"StringEquals": {"events:source": SOURCE}}
    assert set(granted) == {
        "ReadFacts",
        "ListJournal",
        "WriteState",
        "ReadAlarms",
        "PublishToTopic",
        "PublishToBus",
        "WriteLogs",
        "WriteTraces",
    }


@pytest.mark.parametrize("role", ROLES)
def test_writes_of_config_json_and_of_the_journal_invoke_it_and_its_own_state_does_not(
    notified: Plan, role: str
) -> None:
    event = only(
        in_region(notified, "aws_s3_bucket_notification", role)[i] for i in range(2) if _invokes(notified, role, i)
    )
    prefixes = {one["filter_prefix"] for one in event["lambda_function"]}
    assert prefixes == {KEY, PREFIX}
    assert not any(STATE_KEY.startswith(prefix) for prefix in prefixes)
    assert event["depends_on"] == [f"aws_lambda_permission.{_permission(notified, role, 's3.amazonaws.com')}"]
    granted = resources(notified, "aws_lambda_permission")[_permission(notified, role, "s3.amazonaws.com")]
    assert render(notified, granted["source_arn"]) == bucket_arn(notified, role)


def _invokes(plan: Plan, role: str, index: int) -> bool:
    return "lambda_function" in in_region(plan, "aws_s3_bucket_notification", role)[index]


def _permission(plan: Plan, role: str, principal: str) -> str:
    return only(
        name
        for name, body in resources(plan, "aws_lambda_permission").items()
        if name.startswith(f"notifications_{role}_") and body["principal"] == principal
    )


@pytest.mark.parametrize("role", ROLES)
def test_a_schedule_invokes_it_each_minute(notified: Plan, role: str) -> None:
    rule = only(
        body
        for name, body in resources(notified, "aws_cloudwatch_event_rule").items()
        if name.startswith(f"notifications_{role}_")
    )
    assert rule["schedule_expression"] == "rate(1 minute)"
    assert rule["provider"] == f"aws.{role}"
    assert _permission(notified, role, "events.amazonaws.com")


def test_a_run_has_ended_before_another_one_tells_what_it_has_claimed(notified: Plan) -> None:
    assert all(function(notified, role)["timeout"] < PATIENCE.total_seconds() for role in ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_the_topic_is_encrypted_and_refuses_plain_http(notified: Plan, role: str) -> None:
    topic = only(one for one in in_region(notified, "aws_sns_topic", role) if one["name"] == "chatbot-notifications")
    assert topic["kms_master_key_id"] == "alias/aws/sns"
    policy = only(
        statements(body["policy"])
        for name, body in resources(notified, "aws_sns_topic_policy").items()
        if name.startswith(f"notifications_{role}_")
    )
    assert [(one["Effect"], one["Condition"]) for one in policy] == [
        ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    ]


def test_each_address_is_subscribed_in_both_regions(notified: Plan) -> None:
    for role in ROLES:
        found = in_region(notified, "aws_sns_topic_subscription", role)
        assert [(body["protocol"], body["endpoint"]) for body in found] == [("email", "oncall@example.com")]


@pytest.mark.parametrize("role", ROLES)
def test_old_versions_of_the_state_expire_and_those_of_nothing_else(notified: Plan, role: str) -> None:
    lifecycle = only(
        body
        for name, body in resources(notified, "aws_s3_bucket_lifecycle_configuration").items()
        if name.startswith(f"notifications_{role}_")
    )
    rule = only(rule for rule in lifecycle["rule"] if "noncurrent_version_expiration" in rule)
    assert rule["filter"] == [{"prefix": "standby/notifications/"}]
    assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 1}]
    assert [rule["id"] for rule in lifecycle["rule"] if "expiration" in rule] == []


@pytest.mark.parametrize("role", ROLES)
def test_its_own_errors_raise_an_alarm(notified: Plan, role: str) -> None:
    names = [body["alarm_name"] for body in in_region(notified, "aws_cloudwatch_metric_alarm", role)]
    assert "chatbot-notifications-errors" in names


def test_the_failover_region_reads_the_state_of_the_controller_where_there_is_one(synthesize: Synthesize) -> None:
    plan = synthesize(NOTIFIED.model_copy(update={"automatic": Automatic(enabled=True)}))
    name = function(plan, "failover")["environment"]["variables"]["CONTROLLER_PARAMETER"]
    assert name in [body["name"] for body in in_region(plan, "aws_ssm_parameter", "failover")]
    granted = permissions(plan, "failover")["ReadController"]
    assert granted["Action"] == ["ssm:GetParameter"]
    region = plan.region("failover")
    assert [render(plan, arn) for arn in granted["Resource"]] == [f"arn:aws:ssm:{region}:{ACCOUNT}:parameter{name}"]
    assert "ReadController" not in permissions(plan, "primary")
    assert "CONTROLLER_PARAMETER" not in function(plan, "primary")["environment"]["variables"]


def test_the_topics_are_outputs(notified: Plan) -> None:
    assert {f"{role}_notification_topic_arn" for role in ROLES} <= set(notified.document["output"])


def test_the_keys_are_those_that_the_function_uses() -> None:
    keys = (notifications.JOURNAL_PREFIX, notifications.STATE_KEY, notifications.DRILL_KEY)
    assert keys == (PREFIX, STATE_KEY, DRILL_KEY)
    assert notifications.SOURCE == SOURCE


def test_addresses_have_no_effect_without_notifications() -> None:
    with pytest.raises(ValueError, match=r"no effect while notifications\.enabled = false"):
        NotificationSettings(emails=("oncall@example.com",))
