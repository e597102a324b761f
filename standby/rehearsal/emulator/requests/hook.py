"""The check of every request, put in front of MiniStack's services: after IAM, before the service acts.

A request that cannot be read is passed on and logged, because a check that fails would be an answer that AWS never
gives. `tests/e2e` proves that nothing of an apply is unread.
"""

import importlib
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from types import ModuleType
from typing import Any, Final

from standby.rehearsal.emulator.requests.call import SERVICES, Call, RawRequest, read_call
from standby.rehearsal.emulator.requests.model_check import describe_violations, model_violations
from standby.rehearsal.emulator.requests.prerequisites import (
    START_SECONDS,
    Account,
    StartLimit,
    deployment_refusal,
    event_source_refusal,
    notification_refusal,
    role_refusal,
)
from standby.rehearsal.emulator.requests.refusal import Refusal, validation_refusal
from standby.rehearsal.emulator.requests.rules import RULES

LOG: Final = logging.getLogger("requests")
UNREAD: Final = "unread request"
"""The start of the log line of a request that could not be read."""

DATA_PARAMETERS: Final = frozenset({"delete", "partNumber", "uploadId", "uploads", "versionId", "x-id"})
"""The parameters of S3's calls for objects. The others name a subresource, such as `policy` or `tagging`."""

Handler = Callable[..., Awaitable[tuple[int, Mapping[str, str], bytes]]]
_STARTS: Final = StartLimit(float(os.environ.get("REHEARSAL_START_SECONDS", START_SECONDS)))


def refusal_of(call: Call, account: Account) -> Refusal | None:
    """Return AWS's refusal of a call, None if AWS would carry it out."""
    if violations := model_violations(call):
        return validation_refusal(call.service, describe_violations(violations))
    for rule in RULES:
        if rule.service == call.service and call.operation in rule.operations:
            refused = rule.check(call.parameters)
            if refused:
                return refused
    checks = (role_refusal, event_source_refusal, notification_refusal, deployment_refusal, _STARTS.refusal)
    return next((refused for check in checks if (refused := check(call, account))), None)


def moves_data(raw: RawRequest) -> bool:
    """Return whether a request to S3 reads, or moves an object without tags. AWS's limits are on the other ones.

    These are most requests of a rehearsal. To read each as a call would take longer than to answer it.
    """
    if raw.method in {"GET", "HEAD"}:
        return True
    if "x-amz-tagging" in raw.headers or any(_is_subresource(name) for name in raw.query):
        return False
    in_host = ".s3." in raw.headers.get("host", "")
    return in_host or raw.path.strip("/").count("/") > 0


def _is_subresource(name: str) -> bool:
    return name not in DATA_PARAMETERS and not name.lower().startswith("x-amz-")


class MinistackAccount:
    """The account of the present request, in MiniStack's records."""

    def __init__(self, access_key: str) -> None:
        self._access_key = access_key
        self._evaluator = importlib.import_module("ministack.core.iam_evaluator")
        self._responses = importlib.import_module("ministack.core.responses")

    def denies_passing(self, role_arn: str) -> str:
        """Return the ARN of the caller if it may not pass the role; "" if it may."""
        region = self._responses.get_region()
        denied = self._evaluator.enforce(self._access_key, "iam:PassRole", "iam", region, role_arn)
        return str(getattr(denied, "principal_arn", "") or self._evaluator.caller_arn()) if denied else ""

    def role_allows(self, role_arn: str, action: str, resource: str) -> bool:
        """Return whether the policies of a role allow an action."""
        name, account = role_arn.rpartition("/")[2], self._responses.get_account_id()
        policies = vars(self._evaluator)["_gather_role_policies"](name, account)
        decision = self._evaluator.evaluate(self._context(action, resource, role_arn, {}), policies).decision
        return bool(decision == "Allow")

    def queue_attributes(self, arn: str) -> Mapping[str, str] | None:
        """Return the attributes of a queue, None if there is none."""
        queue = vars(_service("sqs"))["_queue_by_arn"](arn)
        return None if queue is None else dict(queue["attributes"])

    def queue_accepts(self, arn: str, *, service: str, source: str) -> bool:
        """Return whether a queue's policy lets a service send messages on behalf of a resource."""
        policy = (self.queue_attributes(arn) or {}).get("Policy")
        return self.policy_allows(policy, "sqs:SendMessage", arn, service=service, source=source)

    def policy_allows(self, policy: object, action: str, resource: str, *, service: str, source: str) -> bool:
        """Return whether a resource's policy lets a service act on behalf of a resource of this account."""
        keys = {"aws:sourcearn": source, "aws:sourceaccount": self._responses.get_account_id()}
        context = self._context(action, resource, f"service:{service}", keys)
        return bool(self._evaluator.evaluate_resource_policy(policy, context, service).decision == "Allow")

    def function(self, name: str) -> Mapping[str, Any] | None:
        """Return the configuration of a function, None if there is none."""
        functions = _service("lambda_svc")
        record = vars(functions)["_get_func_record_for_ref"](name)[1]
        return dict(record) if record else None

    def methods(self, api: str) -> list[Mapping[str, Any]]:
        """Return the methods of a REST API."""
        resources = vars(_service("apigateway_v1"))["_resources"].get(api, {}).values()
        return [method for resource in resources for method in resource.get("resourceMethods", {}).values()]

    def scope(self) -> str:
        """Return the account and the region of the request."""
        return f"{self._responses.get_account_id()} {self._responses.get_region()}"

    def _context(self, action: str, resource: str, principal: str, keys: Mapping[str, str]) -> object:
        return self._evaluator.EvalContext(
            principal_arn=principal,
            principal_type="AssumedRole",
            principal_account=self._responses.get_account_id(),
            action=action,
            resource_arn=resource,
            region=self._responses.get_region(),
            service_context=dict(keys),
        )


def check_requests(application: ModuleType) -> None:
    """Check each request before the services of MiniStack's application get it."""
    handlers: dict[str, Handler] = vars(application)["SERVICE_HANDLERS"]
    for service in set(SERVICES) - {"s3"}:
        handlers[service] = _checked(service, handlers[service])
    # Requests by a bucket's own host name do not pass the table of handlers.
    s3 = _service("s3")
    vars(s3)["handle_request"] = _checked("s3", s3.handle_request)


def _checked(service: str, handle: Handler) -> Handler:
    router = importlib.import_module("ministack.core.router")

    async def check_and_handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any], **named: object
    ) -> tuple[int, Mapping[str, str], bytes]:
        raw = RawRequest(method=method, path=path, headers=headers, body=body, query=query)
        call = None if service == "s3" and moves_data(raw) else _read(service, raw)
        if call is not None:
            refused = refusal_of(call, MinistackAccount(router.extract_access_key_id(headers, query)))
            if refused:
                LOG.warning("refused %s: %s: %s", call, refused.code, refused.message)
                return refused.response(call.service, call.protocol)
        return await handle(method, path, headers, body, query, **named)

    return check_and_handle


def _read(service: str, raw: RawRequest) -> Call | None:
    try:
        call = read_call(service, raw)
    except Exception:  # a parser that fails is no refusal of AWS
        LOG.exception("%s: %s %s %s", UNREAD, service, raw.method, raw.path)
        return None
    if call is None:
        LOG.warning("%s: %s %s %s", UNREAD, service, raw.method, raw.path)
    return call


def _service(name: str) -> ModuleType:
    return importlib.import_module(f"ministack.services.{name}")
