"""What a service delivers to another one needs the policy of the resource that receives it. MiniStack asks none.

EventBridge drops an event that the policy of a function, a queue or a topic does not accept. API Gateway answers 500.
Sources: docs.aws.amazon.com, EventBridge, "Using resource-based policies"; API Gateway, "Set up Lambda proxy
integrations": the permission lambda:InvokeFunction for apigateway.amazonaws.com.
"""

import importlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from types import ModuleType
from typing import Any, Final

from standby.rehearsal.emulator.requests.hook import MinistackAccount

LOG: Final = logging.getLogger("deliveries")
EVENTS: Final = "events.amazonaws.com"
GATEWAY: Final = "apigateway.amazonaws.com"
ACTIONS: Final[Mapping[str, str]] = {"lambda": "lambda:InvokeFunction", "sqs": "sqs:SendMessage", "sns": "sns:Publish"}
NO_PERMISSION: Final = "Execution failed due to configuration error: Invalid permissions on Lambda function"
"""The words of API Gateway's execution log. The caller gets 500 and "Internal server error"."""

Event = Mapping[str, Any]


def check_deliveries() -> None:
    """Ask the policies of functions, queues and topics before EventBridge and API Gateway deliver to them."""
    events, gateway = _service("eventbridge"), _service("apigateway_v1")
    vars(events)["_invoke_target"] = _checked_target(vars(events)["_invoke_target"])
    vars(gateway)["_call_lambda_raw"] = _checked_integration(vars(gateway)["_call_lambda_raw"])
    vars(gateway)["_invoke_authorizer_lambda"] = _checked_authorizer(
        vars(gateway)["_invoke_authorizer_lambda"], vars(gateway)["_extract_lambda_ref_from_integration_uri"]
    )


def _checked_target(invoke: Callable[..., None]) -> Callable[..., None]:
    def invoke_if_accepted(target: Event, event: Event, rule: Event, *rest: object, **named: object) -> None:
        arn = str(target.get("Arn", ""))
        service = arn.split(":")[2] if arn.count(":") > 1 else ""
        if service in ACTIONS and not _accepts(arn, service, EVENTS, str(rule.get("Arn", ""))):
            LOG.warning("EventBridge: the policy of %s does not accept rule %s", arn, rule.get("Arn"))
            return
        invoke(target, event, rule, *rest, **named)

    return invoke_if_accepted


def _checked_integration(call: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    async def call_if_accepted(function: str, event: Event, *rest: object, **named: object) -> object:
        if not _accepts(function, "lambda", GATEWAY, _method_arn(event)):
            LOG.warning("API Gateway: the policy of %s does not accept %s", function, _method_arn(event))
            return None, NO_PERMISSION
        return await call(function, event, *rest, **named)

    return call_if_accepted


def _checked_authorizer(
    invoke: Callable[..., Awaitable[object]], function_of: Callable[[str], str]
) -> Callable[..., Awaitable[object]]:
    async def invoke_if_accepted(authorizer: Event, event: Event, *rest: object, **named: object) -> object:
        function = function_of(str(authorizer.get("authorizerUri", "")))
        api = str(event.get("methodArn", "")).partition("/")[0]
        if not _accepts(function, "lambda", GATEWAY, f"{api}/authorizers/{authorizer.get('id')}"):
            LOG.warning("API Gateway: the policy of %s does not accept authorizer %s", function, authorizer.get("id"))
            return None
        return await invoke(authorizer, event, *rest, **named)

    return invoke_if_accepted


def _method_arn(event: Event) -> str:
    """Return the ARN of the method of a proxy event."""
    context = event.get("requestContext") or {}
    responses = importlib.import_module("ministack.core.responses")
    api, stage, method = (context.get(name, "") for name in ("apiId", "stage", "httpMethod"))
    place = f"{responses.get_region()}:{responses.get_account_id()}"
    return f"arn:aws:execute-api:{place}:{api}/{stage}/{method}{context.get('resourcePath', '')}"


def _accepts(arn: str, service: str, principal: str, source: str) -> bool:
    policy = _policy(arn, service)
    return MinistackAccount("").policy_allows(policy, ACTIONS[service], arn, service=principal, source=source)


def _policy(arn: str, service: str) -> object:
    if service == "lambda":
        record = vars(_service("lambda_svc"))["_get_func_record_for_ref"](arn)[0]
        return (record or {}).get("policy")
    if service == "sqs":
        queue = vars(_service("sqs"))["_queue_by_arn"](arn)
        return ((queue or {}).get("attributes") or {}).get("Policy")
    topic = vars(_service("sns"))["_topics"].get(arn)
    return ((topic or {}).get("attributes") or {}).get("Policy")


def _service(name: str) -> ModuleType:
    return importlib.import_module(f"ministack.services.{name}")
