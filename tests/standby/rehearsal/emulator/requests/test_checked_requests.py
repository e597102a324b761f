"""The emulator refuses what AWS refuses, in the answers that boto3 and Terraform read."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

from standby.deployment.sessions import EMULATOR_ACCOUNT, EmulatorSession
from standby.rehearsal.emulator.emulator import Emulator
from tests.e2e.helpers import wait_for
from tests.standby.rehearsal.emulator.helpers import assumed_session

REGION = "us-west-2"
UNCHECKED = Config(parameter_validation=False)  # AWS refuses, not boto3
FUNCTION = "receiver"
ROLE = f"arn:aws:iam::{EMULATOR_ACCOUNT}:role/{FUNCTION}"
TIMEOUT = 60


class Account:
    """The emulator's account, used as the root user, or as a role."""

    def __init__(self, emulator: Emulator) -> None:
        self.endpoint = emulator.endpoint
        self.session = EmulatorSession(region=REGION, endpoint=emulator.endpoint)

    def client(self, service: str) -> Any:  # noqa: ANN401 - a client's operations are made at run time
        """Return a client that lets AWS check the parameters."""
        return self.session.client(service, config=UNCHECKED)  # type: ignore[call-overload]  # any service

    def code(self, service: str, operation: str, **parameters: object) -> str:
        """Return the code with which a call is refused."""
        with pytest.raises(ClientError) as refused:
            getattr(self.client(service), operation)(**parameters)
        return str(refused.value.response["Error"]["Code"])

    def put_role_policy(self, name: str, *actions: str) -> None:
        """Replace the policy of a role."""
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.client("iam").put_role_policy(RoleName=name, PolicyName="permissions", PolicyDocument=document)

    def create_role(self, name: str, *actions: str, principal: dict[str, str]) -> None:
        """Create a role with one policy."""
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)
        self.put_role_policy(name, *actions)

    def create_function(self, *, applier: str | None = None, name: str = FUNCTION) -> None:
        """Create a function, as a role or as the root user."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as code:
            code.writestr("main.py", "def handler(event, context):\n    return {'statusCode': 200}\n")
        session = self.assumed(applier) if applier else self.session
        session.client("lambda").create_function(
            FunctionName=name,
            Role=ROLE,
            Handler="main.handler",
            Runtime="python3.13",
            Timeout=TIMEOUT,
            Code={"ZipFile": archive.getvalue()},
        )

    def assumed(self, name: str) -> EmulatorSession:
        """Return a session of a role."""
        return assumed_session(self.endpoint, name)


@pytest.fixture(scope="module")
def account(emulator: Emulator) -> Account:
    """An account with a function."""
    account = Account(emulator)
    account.create_role(FUNCTION, "logs:PutLogEvents", principal={"Service": "lambda.amazonaws.com"})
    account.create_function()
    return account


@pytest.mark.parametrize(
    "service,operation,parameters,code",
    [
        ("iam", "create_role", {"RoleName": "r" * 65, "AssumeRolePolicyDocument": "{}"}, "ValidationError"),
        (
            "sqs",
            "create_queue",
            {"QueueName": "q", "Attributes": {"VisibilityTimeout": "100000"}},
            "InvalidAttributeValue",
        ),
        ("s3", "create_bucket", {"Bucket": "docs_2026"}, "InvalidBucketName"),
        ("events", "put_rule", {"Name": "r", "ScheduleExpression": "rate(1 minutes)"}, "ValidationException"),
        ("logs", "put_retention_policy", {"logGroupName": "g", "retentionInDays": 17}, "InvalidParameterException"),
        ("sns", "create_topic", {"Name": "a topic!", "Attributes": {"Policy": "{}"}}, "InvalidParameter"),
        ("ssm", "put_parameter", {"Name": "/a", "Value": "v", "Type": "Text"}, "ValidationException"),
        (
            "apigateway",
            "create_resource",
            {"restApiId": "a", "parentId": "b", "pathPart": "a b"},
            "BadRequestException",
        ),
        ("cloudfront", "get_distribution", {"Id": "E" * 20}, "NoSuchDistribution"),
        ("bedrock-agent", "get_knowledge_base", {"knowledgeBaseId": "KB"}, "ValidationException"),
        ("lambda", "get_function", {"FunctionName": "a function"}, "ValidationException"),
        (
            "cloudwatch",
            "put_metric_alarm",
            {"AlarmName": "a", "EvaluationPeriods": 1, "Period": 45, "ComparisonOperator": "GreaterThanThreshold"},
            "ValidationError",
        ),
        ("apigateway", "create_deployment", {"restApiId": "none"}, "BadRequestException"),
    ],
)
def test_a_call_is_refused_by_aws_s_name(
    account: Account, service: str, operation: str, parameters: dict[str, object], code: str
) -> None:
    assert account.code(service, operation, **parameters) == code


def test_a_role_is_passed_with_the_permission_only(account: Account) -> None:
    root = {"AWS": f"arn:aws:iam::{EMULATOR_ACCOUNT}:root"}
    account.create_role("deployer", "lambda:CreateFunction", principal=root)
    denied = rf"assumed-role/deployer/.* not authorized to perform: iam:PassRole on resource: {ROLE}"
    with pytest.raises(ClientError, match=denied):
        account.create_function(applier="deployer", name="second")
    account.put_role_policy("deployer", "lambda:CreateFunction", "iam:PassRole")
    account.create_function(applier="deployer", name="second")


def test_an_event_source_needs_the_function_s_permissions_and_a_queue_that_hides_messages_long_enough(
    account: Account,
) -> None:
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="events", Attributes={"VisibilityTimeout": str(TIMEOUT - 1)})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = {"FunctionName": FUNCTION, "EventSourceArn": arn, "Enabled": False}
    functions = account.client("lambda")
    with pytest.raises(ClientError, match="does not have permissions to call ReceiveMessage on SQS"):
        functions.create_event_source_mapping(**mapping)
    account.put_role_policy(FUNCTION, "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
    with pytest.raises(ClientError, match="visibility timeout: 59 seconds is less than Function timeout: 60 seconds"):
        functions.create_event_source_mapping(**mapping)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(TIMEOUT)})
    functions.create_event_source_mapping(**mapping)


def test_a_bucket_notifies_a_queue_whose_policy_accepts_it(account: Account) -> None:
    sqs, s3 = account.client("sqs"), account.client("s3")
    url = sqs.create_queue(QueueName="uploads")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    s3.create_bucket(Bucket="uploads", CreateBucketConfiguration={"LocationConstraint": REGION})
    queue = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    notification = {"Bucket": "uploads", "NotificationConfiguration": {"QueueConfigurations": [queue]}}
    assert account.code("s3", "put_bucket_notification_configuration", **notification) == "InvalidArgument"
    accept = _accepted(arn, "sqs:SendMessage", "s3.amazonaws.com", "arn:aws:s3:::uploads")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": accept})
    s3.put_bucket_notification_configuration(**notification)


def _accepted(resource: str, action: str, service: str, source: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": action,
        "Resource": resource,
        "Condition": {"ArnLike": {"aws:SourceArn": source}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def api(account: Account) -> Iterator[str]:
    """The path of a deployed API with one method, which calls the function."""
    gateway = account.client("apigateway")
    api = gateway.create_rest_api(name="api")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    method = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    assert account.code("apigateway", "create_deployment", restApiId=api) == "BadRequestException"
    gateway.put_method(**method, authorizationType="NONE")
    assert account.code("apigateway", "create_deployment", restApiId=api) == "BadRequestException"
    function = f"arn:aws:lambda:{REGION}:{EMULATOR_ACCOUNT}:function:{FUNCTION}"
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
    gateway.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    gateway.create_deployment(restApiId=api, stageName="prod")
    yield api
    gateway.delete_rest_api(restApiId=api)


def test_an_api_calls_a_function_whose_policy_accepts_it(account: Account, api: str) -> None:
    url = f"{account.endpoint}/_aws/execute-api/{api}/prod/"
    assert urllib3.request("GET", url, retries=False).status >= 500
    account.client("lambda").add_permission(
        FunctionName=FUNCTION,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{EMULATOR_ACCOUNT}:{api}/*/GET/",
    )
    assert urllib3.request("GET", url, retries=False).status == 200


def test_an_event_reaches_a_queue_whose_policy_accepts_the_rule(account: Account) -> None:
    events, sqs = account.client("events"), account.client("sqs")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("closed", "open")}
    rule = events.put_rule(Name="to-queues", EventPattern='{"source": ["test"]}')["RuleArn"]
    arns = {name: f"arn:aws:sqs:{REGION}:{EMULATOR_ACCOUNT}:{name}" for name in urls}
    accept = _accepted(arns["open"], "sqs:SendMessage", "events.amazonaws.com", rule)
    sqs.set_queue_attributes(QueueUrl=urls["open"], Attributes={"Policy": accept})
    events.put_targets(Rule="to-queues", Targets=[{"Id": name, "Arn": arn} for name, arn in arns.items()])
    events.put_events(Entries=[{"Source": "test", "DetailType": "a", "Detail": "{}"}])
    wait_for(lambda: sqs.receive_message(QueueUrl=urls["open"]).get("Messages"), what="the event in the open queue")
    assert sqs.receive_message(QueueUrl=urls["closed"]).get("Messages", []) == []
