"""Terraform's provider reads from the emulator what it wrote: alarms, guardrails and response headers policies."""

from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
import urllib3
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.session import get_session

from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.emulator.emulator import Emulator

REGION = "us-west-2"
OF_ONE_METRIC = {
    "AlarmName": "errors",
    "AlarmDescription": 'Errors of "ask" & <others>',
    "ActionsEnabled": False,
    "AlarmActions": ["arn:aws:sns:us-west-2:000000000000:alerts"],
    "OKActions": ["arn:aws:sns:us-west-2:000000000000:alerts", "arn:aws:sns:us-west-2:000000000000:more"],
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "FunctionName", "Value": "ask"}, {"Name": "Resource", "Value": "ask:1"}],
    "Statistic": "Sum",
    "Period": 300,
    "EvaluationPeriods": 2,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "breaching",
}
ON_AN_EXPRESSION = {
    "AlarmName": "rate",
    "Metrics": [{"Id": "rate", "Expression": "1 / 2", "ReturnData": True}],
    "EvaluationPeriods": 1,
    "Threshold": 0.5,
    "ComparisonOperator": "GreaterThanThreshold",
}
FILTERS = [{"type": "HATE", "inputStrength": "HIGH", "outputStrength": "LOW"}]
HEADERS_POLICY: dict[str, Any] = {
    "Name": "headers",
    "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}},
}
CUSTOM_HEADERS = {"Quantity": 1, "Items": [{"Header": "X-One", "Value": "1", "Override": True}]}


@pytest.fixture(scope="module")
def session(emulator: Emulator) -> boto3.Session:
    return EmulatorSession(region=REGION, endpoint=emulator.endpoint)


def query(emulator: Emulator, session: boto3.Session, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Call CloudWatch by the query protocol, as the provider does: botocore itself uses a newer one."""
    description = get_session().get_component("data_loader").load_service_model("cloudwatch", "service-2")
    model = ServiceModel(description, "cloudwatch").operation_model(operation)
    request = create_serializer("query").serialize_to_request(arguments, model)
    credentials = session.get_credentials()
    assert credentials is not None
    scope = f"{credentials.access_key}/20260101/{REGION}/monitoring/aws4_request"
    response = urllib3.request(
        "POST",
        emulator.endpoint,
        body=urlencode(request["body"]),
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        },
    )
    assert response.status == 200, response.data
    parsed = {"status_code": 200, "headers": response.headers, "body": response.data}
    if model.output_shape is None:
        return {}
    found: dict[str, Any] = create_parser("query").parse(parsed, model.output_shape)
    return found


@pytest.mark.parametrize("alarm", [OF_ONE_METRIC, ON_AN_EXPRESSION], ids=["of one metric", "on an expression"])
def test_an_alarm_is_read_by_the_query_protocol_as_it_was_written(
    emulator: Emulator, session: boto3.Session, alarm: dict[str, Any]
) -> None:
    query(emulator, session, "PutMetricAlarm", alarm)
    (read,) = query(emulator, session, "DescribeAlarms", {"AlarmNames": [alarm["AlarmName"]]})["MetricAlarms"]
    kept = {name: value for name, value in alarm.items() if name != "Metrics"}
    assert {name: read.get(name) for name in kept} == kept
    assert read.keys().isdisjoint({"Statistic", "Period", "Unit"} - alarm.keys())


def test_a_guardrail_is_read_with_the_filters_that_it_was_given(session: boto3.Session) -> None:
    bedrock = session.client("bedrock")
    texts = {"blockedInputMessaging": "no", "blockedOutputsMessaging": "no"}
    made = bedrock.create_guardrail(name="guard", contentPolicyConfig={"filtersConfig": FILTERS}, **texts)
    assert bedrock.get_guardrail(guardrailIdentifier=made["guardrailId"])["contentPolicy"] == {"filters": FILTERS}


def test_a_headers_policy_has_the_blocks_that_it_was_given_and_no_other(session: boto3.Session) -> None:
    cloudfront = session.client("cloudfront")
    for custom in ({}, {"CustomHeadersConfig": CUSTOM_HEADERS}):
        given: Any = {**HEADERS_POLICY, "Name": f"headers-{len(custom)}", **custom}
        id_ = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=given)["ResponseHeadersPolicy"][
            "Id"
        ]
        read = cloudfront.get_response_headers_policy(Id=id_)["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
        assert read.keys() - {"Comment"} == given.keys()
        assert read.get("CustomHeadersConfig") == custom.get("CustomHeadersConfig")
