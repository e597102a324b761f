"""Changes of the stack that AWS would refuse, each with the start of AWS's error."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """A change of one resource: its type, the start of its id, the change, and what the refusal says."""

    name: str
    type_: str
    id_: str
    change: Callable[[Body], None]
    refusal: str


def _set(**changes: object) -> Callable[[Body], None]:
    return lambda body: body.update(changes)


def _policy(**changes: object) -> str:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Principal": "*", **changes}
    present = {name: value for name, value in statement.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [present]})


def _in_desired_state(**changes: object) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        body["desired_state"] = json.dumps({**json.loads(body["desired_state"]), **changes})

    return change


def _environment(**variables: str) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        body["environment"]["variables"].update(variables)

    return change


def _eleven_tags(body: Body) -> None:
    del body["override_provider"]
    body["tags"] = {f"key{number}": "value" for number in range(11)}


def _receive_too_often(body: Body) -> None:
    body["redrive_policy"] = re.sub(r'(?<="maxReceiveCount" = )\d+', "1001", body["redrive_policy"])


MUTATIONS = (
    Mutation(
        name="an eleventh tag on an S3 object",
        type_="aws_s3_object",
        id_="primary_frontend_file_index",
        change=_eleven_tags,
        refusal="BadRequest: Object tags cannot be greater than 10",
    ),
    Mutation(
        name="a tag with a letter that Bedrock does not accept",
        type_="aws_bedrock_guardrail",
        id_="failover_guardrail",
        change=_set(tags={"owner": "Zürich"}),
        refusal="ValidationException: 1 validation error detected: Value 'Zürich' at 'tags.",
    ),
    Mutation(
        name="a tag with a character that no service accepts",
        type_="aws_lambda_function",
        id_="failover_functions_upload_function",
        change=_set(tags={"owner": "a|b"}),
        refusal="ValidationException: 1 validation error detected: Value 'a|b' at 'Tags.owner",
    ),
    Mutation(
        name="51 tags",
        type_="aws_cloudwatch_log_group",
        id_="failover_api_stage",
        change=_set(tags={f"key{number}": "value" for number in range(51)}),
        refusal="InvalidParameterException: 1 validation error detected: Value",
    ),
    Mutation(
        name="an action without its service",
        type_="aws_iam_role_policy",
        id_="failover_functions_ingest_role_policy",
        change=_set(policy=_policy(Action="GetObject", Principal=None)),
        refusal="MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor",
    ),
    Mutation(
        name="a principal in the policy of a role",
        type_="aws_iam_role_policy",
        id_="failover_functions_query_role_policy",
        change=_set(policy=_policy()),
        refusal="MalformedPolicyDocument: Policy document should not specify a principal",
    ),
    Mutation(
        name="a trust policy without a principal",
        type_="aws_iam_role",
        id_="failover_api_stage_logging_role",
        change=_set(assume_role_policy=_policy(Action="sts:AssumeRole", Principal=None, Resource=None)),
        refusal="MalformedPolicyDocument: AssumeRole policy must contain a principal",
    ),
    Mutation(
        name="a message that is received 1,001 times",
        type_="aws_sqs_queue_redrive_policy",
        id_="failover_ingestion_redrive_policy",
        change=_receive_too_often,
        refusal="InvalidParameterValue: Value for parameter RedrivePolicy is invalid",
    ),
    Mutation(
        name="rate(1 minutes)",
        type_="aws_cloudwatch_event_rule",
        id_="primary_sweep",
        change=_set(schedule_expression="rate(1 minutes)"),
        refusal="ValidationException: Parameter ScheduleExpression is not valid",
    ),
    Mutation(
        name="rate(5 minute)",
        type_="aws_cloudwatch_event_rule",
        id_="failover_sweep",
        change=_set(schedule_expression="rate(5 minute)"),
        refusal="ValidationException: Parameter ScheduleExpression is not valid",
    ),
    Mutation(
        name="an alarm over more than a day",
        type_="aws_cloudwatch_metric_alarm",
        id_="primary_alarms_health",
        change=_set(evaluation_periods=1441, datapoints_to_alarm=1, period=60),
        refusal="ValidationError: Metrics cannot be checked across more than a day",
    ),
    Mutation(
        name="an alarm with 31 dimensions",
        type_="aws_cloudwatch_metric_alarm",
        id_="failover_alarms_health",
        change=_set(dimensions={f"Name{number}": "value" for number in range(31)}),
        refusal="ValidationError: 1 validation error detected: Value",
    ),
    Mutation(
        name="a topic policy without a principal",
        type_="aws_sns_topic_policy",
        id_="primary_alerts",
        change=_set(policy=_policy(Principal=None)),
        refusal="InvalidParameter: Invalid parameter: Policy Error: PrincipalNotFound",
    ),
    Mutation(
        name="a bucket policy with an effect that does not exist",
        type_="aws_s3_bucket_policy",
        id_="failover_documents_private_policy",
        change=_set(policy=_policy(Effect="Permit")),
        refusal="MalformedPolicy: Invalid parameter: Policy statement needs an effect and an action",
    ),
    Mutation(
        name="a notification to a queue that does not accept it",
        type_="aws_s3_bucket_notification",
        id_="primary_documents_notification",
        change=_set(
            queue=[
                {
                    "events": ["s3:ObjectCreated:*"],
                    "queue_arn": "arn:aws:sqs:us-west-2:000000000000:e2e-ingest-dead-letters",
                }
            ]
        ),
        refusal="InvalidArgument: Unable to validate the following destination configurations",
    ),
    Mutation(
        name="a variable that Lambda reserves",
        type_="aws_lambda_function",
        id_="primary_functions_query_function",
        change=_environment(AWS_REGION="us-east-1"),
        refusal="InvalidParameterValueException: Lambda was unable to configure your environment variables",
    ),
    Mutation(
        name="an environment of more than 4 KB",
        type_="aws_lambda_function",
        id_="primary_functions_ingestion_status_function",
        change=_environment(NOTE="a" * 4096),
        refusal="exceeded the 4KB limit",
    ),
    Mutation(
        name="a handler with a space",
        type_="aws_lambda_function",
        id_="primary_functions_ingest_function",
        change=_set(handler="ingest handler"),
        refusal="ValidationException: 1 validation error detected: Value 'ingest handler' at 'Handler'",
    ),
    Mutation(
        name="a path with a space",
        type_="aws_api_gateway_resource",
        id_="primary_api_resource_ingestion-status",
        change=_set(path_part="ingestion status"),
        refusal="BadRequestException: Invalid path part",
    ),
    Mutation(
        name="an integration that may take longer than the gateway",
        type_="aws_api_gateway_integration",
        id_="primary_api_upload_integration",
        change=_set(timeout_milliseconds=30000),
        refusal="BadRequestException: Timeout should be between 50 ms and 29000 ms",
    ),
    Mutation(
        name="a gateway response with the status 999",
        type_="aws_api_gateway_gateway_response",
        id_="primary_api_answer_THROTTLED",
        change=_set(status_code="999"),
        refusal="BadRequestException: 1 validation error detected: Value '999' at 'statusCode'",
    ),
    Mutation(
        name="a description of a Knowledge Base with 201 characters",
        type_="aws_cloudcontrolapi_resource",
        id_="failover_knowledge_base_service_knowledge_base_resource",
        change=_in_desired_state(Description="d" * 201),
        refusal="InvalidRequest: 1 validation error detected: Value",
    ),
)
"""None is upstream of another one, so that one apply meets all of them."""

AT_PLAN = (
    Mutation(
        name="a role with a name of 65 characters",
        type_="aws_iam_role",
        id_="primary_functions_health_role",
        change=_set(name="r" * 65),
        refusal="expected length of name to be in the range (1 - 64)",
    ),
    Mutation(
        name="a function with 64 MB",
        type_="aws_lambda_function",
        id_="primary_functions_query_function",
        change=_set(memory_size=64),
        refusal="expected memory_size to be in the range (128 - 10240)",
    ),
    Mutation(
        name="a runtime that does not exist",
        type_="aws_lambda_function",
        id_="failover_functions_query_function",
        change=_set(runtime="python9"),
        refusal="expected runtime to be one of",
    ),
    Mutation(
        name="logs that are kept for 17 days",
        type_="aws_cloudwatch_log_group",
        id_="primary_functions_health_logs",
        change=_set(retention_in_days=17),
        refusal="expected retention_in_days to be one of",
    ),
    Mutation(
        name="a message that is hidden for 100,000 seconds",
        type_="aws_sqs_queue",
        id_="primary_ingestion_queue",
        change=_set(visibility_timeout_seconds=100000),
        refusal="expected visibility_timeout_seconds to be in the range (0 - 43200)",
    ),
)
"""The provider itself refuses these, before it asks AWS."""
