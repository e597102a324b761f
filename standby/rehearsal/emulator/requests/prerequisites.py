"""What must be there before a call: permissions to pass a role, a role that a service can assume, a start that is due.

A rule looks at the call and at the account. `Account` reads MiniStack's records.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol

from standby.rehearsal.emulator.requests.call import Call
from standby.rehearsal.emulator.requests.refusal import Refusal

START_SECONDS: Final = 10.0
"""One start of an ingestion job in ten seconds, for an account and a region.
Source: docs.aws.amazon.com, AWS General Reference, "Amazon Bedrock endpoints and quotas"."""


class Account(Protocol):
    """What the rules read of the account of a call."""

    def denies_passing(self, role_arn: str) -> str:
        """Return the ARN of the caller if it may not pass the role; "" if it may."""

    def role_allows(self, role_arn: str, action: str, resource: str) -> bool:
        """Return whether the policies of a role allow an action."""

    def queue_attributes(self, arn: str) -> Mapping[str, str] | None:
        """Return the attributes of a queue, None if there is none."""

    def queue_accepts(self, arn: str, *, service: str, source: str) -> bool:
        """Return whether a queue's policy lets a service send messages on behalf of a resource."""

    def function(self, name: str) -> Mapping[str, Any] | None:
        """Return the configuration of a function, None if there is none."""

    def methods(self, api: str) -> list[Mapping[str, Any]]:
        """Return the methods of a REST API."""

    def scope(self) -> str:
        """Return the account and the region of the request."""


def role_refusal(call: Call, account: Account) -> Refusal | None:
    """Refuse to pass a role without `iam:PassRole`.

    Source: docs.aws.amazon.com, IAM, "Grant a user permissions to pass a role to an AWS service".
    """
    for role in _passed_roles(call):
        if caller := account.denies_passing(role):
            message = f"User: {caller} is not authorized to perform: iam:PassRole on resource: {role}"
            code = "AccessDenied" if call.service in {"s3", "iam"} else "AccessDeniedException"
            return Refusal(code=code, message=message, status=403)
    return None


def event_source_refusal(call: Call, account: Account) -> Refusal | None:
    """Refuse an event source mapping whose function cannot read the queue, or needs longer than it may hold a message.

    Source: docs.aws.amazon.com, Lambda, "Creating and configuring an Amazon SQS event source mapping".
    """
    if str(call) != "lambda:CreateEventSourceMapping":
        return None
    arn = str(call.parameters.get("EventSourceArn", ""))
    queue, function = account.queue_attributes(arn), account.function(str(call.parameters["FunctionName"]))
    if queue is None or function is None:
        return None
    for verb in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
        if not account.role_allows(function["Role"], f"sqs:{verb}", arn):
            message = f"The provided execution role does not have permissions to call {verb} on SQS"
            return Refusal(code="InvalidParameterValueException", message=message)
    visible, timeout = int(queue.get("VisibilityTimeout", 30)), int(function.get("Timeout", 3))
    if visible < timeout:
        message = f"Queue visibility timeout: {visible} seconds is less than Function timeout: {timeout} seconds"
        return Refusal(code="InvalidParameterValueException", message=message)
    return None


def notification_refusal(call: Call, account: Account) -> Refusal | None:
    """Refuse a bucket's notification to a queue whose policy does not accept it.

    Source: docs.aws.amazon.com, S3, "Granting permissions to publish event notification messages to a destination".
    """
    if str(call) != "s3:PutBucketNotificationConfiguration":
        return None
    configuration = call.parameters.get("NotificationConfiguration") or {}
    source = f"arn:aws:s3:::{call.parameters['Bucket']}"
    for queue in configuration.get("QueueConfigurations") or []:
        if not account.queue_accepts(queue["QueueArn"], service="s3.amazonaws.com", source=source):
            return Refusal(
                code="InvalidArgument", message="Unable to validate the following destination configurations"
            )
    return None


def deployment_refusal(call: Call, account: Account) -> Refusal | None:
    """Refuse the deployment of an API without methods, or with one that has no integration.

    Source: docs.aws.amazon.com, API Gateway, "Deploy REST APIs"; hashicorp/terraform-provider-aws, issue 1153.
    """
    if str(call) != "apigateway:CreateDeployment":
        return None
    methods = account.methods(str(call.parameters["restApiId"]))
    if not methods:
        return Refusal(code="BadRequestException", message="The REST API doesn't contain any methods")
    if not all(method.get("methodIntegration") for method in methods):
        return Refusal(code="BadRequestException", message="No integration defined for method")
    return None


class StartLimit:
    """The starts of ingestion jobs: one in ten seconds, for each account and region."""

    def __init__(self, seconds: float = START_SECONDS, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._last: dict[str, float] = {}

    def refusal(self, call: Call, account: Account) -> Refusal | None:
        """Refuse a start that comes too soon. The functions try again later, and Terraform starts no job."""
        if str(call) != "bedrock-agent:StartIngestionJob":
            return None
        now, scope = self._clock(), account.scope()
        if now - self._last.get(scope, now - self._seconds) < self._seconds:
            message = "Your request rate is too high. Reduce the frequency of requests."
            return Refusal(code="ThrottlingException", message=message, status=429)
        self._last[scope] = now
        return None


def _passed_roles(call: Call) -> Iterator[str]:
    given = call.parameters
    match str(call):
        case "lambda:CreateFunction" | "lambda:UpdateFunctionConfiguration":
            yield from _present(given.get("Role"))
        case "bedrock-agent:CreateKnowledgeBase" | "bedrock-agent:UpdateKnowledgeBase":
            yield from _present(given.get("roleArn"))
        case "events:PutTargets":
            yield from (role for target in given.get("Targets", []) for role in _present(target.get("RoleArn")))
        case "apigateway:UpdateAccount":
            patches = given.get("patchOperations", [])
            found = (patch.get("value") for patch in patches if patch.get("path") == "/cloudwatchRoleArn")
            yield from (role for value in found for role in _present(value))
        case "s3:PutBucketReplication":
            yield from _present((given.get("ReplicationConfiguration") or {}).get("Role"))
        case "cloudcontrol:CreateResource":
            yield from _present(_desired_state(given).get("RoleArn"))


def _present(role: object) -> list[str]:
    return [str(role)] if role else []


def _desired_state(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        state = json.loads(parameters.get("DesiredState", "{}"))
    except ValueError:
        return {}
    return state if isinstance(state, Mapping) else {}
