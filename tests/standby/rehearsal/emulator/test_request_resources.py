"""The resources that AWS checks, where MiniStack names none, so that a policy limited to names can be enforced."""

import json

import pytest

from standby.rehearsal.emulator.ministack_server import corrected_action, corrected_resource
from standby.rehearsal.emulator.request_resources import (
    corrected_context,
    corrected_operation,
    delivery_resource,
    named_resource,
)

REGION, ACCOUNT = "us-west-2", "000000000000"
ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:a"
GUARDRAIL = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:guardrail/x"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:t"
DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/r"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
PARAMETER = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/warm-standby/chatbot"
CLOUDFRONT = "/2020-05-31"


def body(**members: object) -> bytes:
    return json.dumps(members).encode()


CASES = [
    ("monitoring", "/", body(AlarmNames=["a"]), {}, ALARM),
    ("monitoring", "/", b"AlarmNames.member.1=a", {"AlarmNames.member.1": ["a"]}, ALARM),
    ("monitoring", "/", b"", {"ResourceARN": [ALARM]}, ALARM),
    ("monitoring", "/", body(DashboardName="d"), {}, f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/d"),
    ("bedrock", "/listTagsForResource", body(resourceARN=GUARDRAIL), {}, GUARDRAIL),
    ("sns", "/", b"", {"ResourceArn": TOPIC}, TOPIC),
    ("cloudfront", f"{CLOUDFRONT}/tagging", b"", {"Resource": [DISTRIBUTION]}, DISTRIBUTION),
    (
        "cloudfront",
        f"{CLOUDFRONT}/origin-access-control/E2",
        b"",
        {},
        f"arn:aws:cloudfront::{ACCOUNT}:origin-access-control/E2",
    ),
    (
        "cloudfront",
        f"{CLOUDFRONT}/response-headers-policy/E3",
        b"",
        {},
        f"arn:aws:cloudfront::{ACCOUNT}:response-headers-policy/E3",
    ),
    ("route53", "/2013-04-01/healthcheck/h", b"", {}, "arn:aws:route53:::healthcheck/h"),
    ("route53", "/2013-04-01/tags/healthcheck/h", b"", {}, "arn:aws:route53:::healthcheck/h"),
    ("route53", "/2013-04-01/change/C1", b"", {}, "arn:aws:route53:::change/C1"),
    ("route53", "/2013-04-01/healthcheck", b"", {}, ""),
    ("events", "/", body(Rule="r", Targets=[]), {}, RULE),
    ("lambda", "/2015-03-31/functions", body(FunctionName="f"), {}, FUNCTION),
    ("lambda", "/2015-03-31/event-source-mappings", body(FunctionName="f"), {}, ""),
    ("opensearchserverless", "/", body(id="c"), {}, f"arn:aws:aoss:{REGION}:{ACCOUNT}:collection/c"),
    ("ssm", "/", body(Path="/warm-standby/chatbot"), {}, PARAMETER),
    ("ssm", "/", body(Path={"a": 1}), {}, ""),
    ("ssm", "/", b"\xff{", {}, ""),
    ("events", "/", body(Rule="{region}"), {}, ""),
    ("s3", "/bucket", b"<x/>", {}, ""),
]


@pytest.mark.parametrize("service,path,sent,query,resource", CASES)
def test_the_resource_that_a_request_names(
    service: str, path: str, sent: bytes, query: dict[str, object], resource: str
) -> None:
    assert named_resource(service, path, sent, query, region=REGION, account=ACCOUNT) == resource


@pytest.mark.parametrize(
    "operation,sent,resource",
    [
        ("PutDeliverySource", body(name="s", resourceArn=DISTRIBUTION), "delivery-source:s"),
        ("GetDeliverySource", body(name="s"), "delivery-source:s"),
        ("PutDeliveryDestination", body(name="d"), "delivery-destination:d"),
        ("CreateDelivery", body(deliverySourceName="s"), "delivery:*"),
        ("DeleteDelivery", body(id="abc"), "delivery:abc"),
        ("UpdateDeliveryConfiguration", body(id="abc"), "delivery:abc"),
    ],
)
def test_a_delivery_of_logs_is_authorized_on_its_own_resource(operation: str, sent: bytes, resource: str) -> None:
    headers = {"x-amz-target": f"Logs_20140328.{operation}"}
    extract = corrected_resource(lambda *_: DISTRIBUTION)
    named = extract("logs", "POST", "/", headers, sent, {}, REGION, ACCOUNT)
    assert named == f"arn:aws:logs:{REGION}:{ACCOUNT}:{resource}"


def test_another_call_of_logs_is_no_delivery() -> None:
    headers = {"x-amz-target": "Logs_20140328.PutRetentionPolicy"}
    assert delivery_resource(headers, body(name="s"), region=REGION, account=ACCOUNT) == ""


@pytest.mark.parametrize(
    "named,corrected", [("*", RULE), (f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default", RULE)]
)
def test_a_resource_that_ministack_does_not_name_is_corrected(named: str, corrected: str) -> None:
    extract = corrected_resource(lambda *_: named)
    assert extract("events", "POST", "/", {}, body(Rule="r"), {}, REGION, ACCOUNT) == corrected


def test_a_resource_that_ministack_names_stays() -> None:
    extract = corrected_resource(lambda *_: FUNCTION)
    path = "/2015-03-31/functions"
    assert extract("lambda", "POST", path, {}, body(FunctionName="other"), {}, REGION, ACCOUNT) == FUNCTION


def test_the_read_of_one_mapping_and_a_distribution_with_tags_have_the_actions_of_aws() -> None:
    one, every = "/2015-03-31/event-source-mappings/1", "/2015-03-31/event-source-mappings"
    listed = "lambda:ListEventSourceMappings"
    assert corrected_operation(listed, "GET", one) == "lambda:GetEventSourceMapping"
    assert corrected_operation(listed, "GET", every) == listed
    extract = corrected_action(lambda *_: "cloudfront:CreateDistributionWithTags")
    assert extract("cloudfront", "POST", CLOUDFRONT) == "cloudfront:CreateDistribution"


@pytest.mark.parametrize(
    "sources, named",
    [(["warm-standby"], {"events:source": "warm-standby"}), (["a", "a"], {"events:source": "a"}), (["a", "b"], {})],
)
def test_the_source_of_events_is_a_condition_key_if_there_is_one_source(
    sources: list[str], named: dict[str, str]
) -> None:
    context = corrected_context(lambda *_: {"aws:TagKeys": ["a"]})
    body = json.dumps({"Entries": [{"Source": source} for source in sources]}).encode()
    assert context("events", "events:PutEvents", body, {}) == {"aws:TagKeys": ["a"], **named}
    assert context("events", "events:PutRule", body, {}) == {"aws:TagKeys": ["a"]}
