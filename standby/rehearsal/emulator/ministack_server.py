"""The emulator's process: MiniStack, with corrections where it responds differently from AWS.

Three headers of the region proxies and the edge are obeyed: one delays the response, one makes the region sick
(`sick_region`), and one reads an object from a bucket as CloudFront does.

Buckets that refuse plain HTTP (`aws:SecureTransport`) refuse every request to a MiniStack without TLS, and TLS would
require every tool on this machine to trust another certificate. MiniStack trusts the header of a TLS proxy, so it is
added here to a request without one. A request with `X-Forwarded-Proto: http` is refused by those buckets, as on AWS.

It runs as a file, so that only a few other modules of this package are loaded. Written for MiniStack 1.5.33.
"""

import asyncio
import importlib
import json
import os
import re
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Container, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope

from standby.rehearsal.emulator.answer_model.guarded_content import read_guarded_content
from standby.rehearsal.emulator.answer_model.service import PREFIX, URL_VARIABLE, AnswerModelMiddleware
from standby.rehearsal.emulator.batching_window import keep_batching_windows
from standby.rehearsal.emulator.cloud_control_corrections import check_index_access, connect_cloud_control
from standby.rehearsal.emulator.complete_reads import complete_reads
from standby.rehearsal.emulator.domains.custom_domains import (
    ProxyRegionMiddleware,
    accept_empty_base_paths,
    serve_both_regions,
)
from standby.rehearsal.emulator.domains.health_checks import correct_health_checks
from standby.rehearsal.emulator.domains.hosted_zones import choose_zone_ids
from standby.rehearsal.emulator.fast_minutes import MINUTE_VARIABLE, shorten_minutes
from standby.rehearsal.emulator.functions.runtime import corrected_detection
from standby.rehearsal.emulator.functions.starts import limit_starts
from standby.rehearsal.emulator.knowledge_base_documents import correct_documents
from standby.rehearsal.emulator.replica_events import send_replica_events
from standby.rehearsal.emulator.request_resources import (
    corrected_context,
    corrected_operation,
    delivery_resource,
    named_resource,
)
from standby.rehearsal.emulator.requests.deliveries import check_deliveries
from standby.rehearsal.emulator.requests.hook import check_requests
from standby.rehearsal.emulator.requests.identifiers import correct_deliveries, correct_guardrails
from standby.rehearsal.emulator.sick_region import SickMiddleware, read_body
from standby.rehearsal.emulator.sickness import API, PAGE_READS

FORWARDED_PROTOCOL_HEADER: Final = b"x-forwarded-proto"
IAM_ACTIONS: Final = {
    "bedrock:Converse": "bedrock:InvokeModel",
    "bedrock:ConverseStream": "bedrock:InvokeModelWithResponseStream",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
"""MiniStack uses the name of the operation as the IAM action. Sources: docs.aws.amazon.com, Bedrock API, "Converse":
"This operation requires permission for the bedrock:InvokeModel action"; SQS API, "AddPermission": each of the three
"also grants permissions for the corresponding batch versions"."""

IAM_ACTIONS_OF_READS: Final = {"lambda:PutFunctionConcurrency": "lambda:GetFunctionConcurrency"}
"""MiniStack does not look at the method of this request. Source: docs.aws.amazon.com, Service Authorization Reference,
"Actions, resources, and condition keys for AWS Lambda"."""

_RULE: Final = re.compile(rb'"Rule":\s*"([^"]+)"')
"""The rule of `ListTargetsByRule`, for which MiniStack names no resource."""

PROFILE_GEOGRAPHIES: Final = frozenset({"us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"})
"""The first part of the id of a cross-region inference profile. MiniStack treats a profile as a foundation model.
Source: docs.aws.amazon.com, Bedrock, "Prerequisites for inference profiles"."""


_GUARDRAIL: Final[ContextVar[str]] = ContextVar("guardrail", default="")
"""The ARN of the guardrail of the request that is being authorized; "" if it has none."""

INVOCATION_ID_HEADER: Final = b"amz-sdk-invocation-id"
SUCCESS_STATUSES: Final = range(200, 300)
REPLAY_CAPACITY: Final = 256
"""The number of responses that are kept. A repeated call comes within seconds, after few other calls."""

DELAY_HEADER: Final = b"x-rehearsal-delay-milliseconds"
DISTRIBUTION_HEADER: Final = b"x-rehearsal-distribution"
BUCKET_HOST: Final = re.compile(r"^(?P<bucket>[a-z0-9.-]+)\.s3\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?::\d+)?$")
READ_METHODS: Final = frozenset({"GET", "HEAD"})
API_PATH: Final = "/_aws/execute-api/"
MILLISECONDS_PER_SECOND: Final = 1000


class LatencyMiddleware:
    """An ASGI application that delays a request whose header asks for it."""

    def __init__(self, application: ASGIFramework) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Pass one request on."""
        delay = _headers(scope).get(DELAY_HEADER, b"")
        if delay.isdigit():
            await asyncio.sleep(int(delay) / MILLISECONDS_PER_SECOND)
        await self._application(scope, receive, send)


class IdempotentReplay:
    """An ASGI application that sends the first response again when an SDK repeats a call.

    An SDK repeats a call whose response it missed. Terraform's provider does so on a busy machine, because it closes
    the connection at the moment of the response. MiniStack would execute the call twice and then report that the
    resource exists already. AWS may do the same for a call without a client token, but here only a busy machine loses
    responses.
    All attempts of one call have the same invocation id, and every call has its own. Sources: botocore's `endpoint.py`
    and `handlers.py`; the provider 5.100.0, whose attempts were logged.
    """

    def __init__(self, application: ASGIFramework) -> None:
        self._application = application
        self._responses: OrderedDict[bytes, list[ASGISendEvent]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Send the earlier response, or pass one request on."""
        invocation = _headers(scope).get(INVOCATION_ID_HEADER)
        if scope["type"] != "http" or invocation is None or scope["method"] in READ_METHODS:
            await self._application(scope, receive, send)
        elif invocation in self._responses:
            await read_body(receive)
            for message in self._responses[invocation]:
                await send(message)
        else:
            await self._execute(invocation, scope, receive, send)

    async def _execute(
        self, invocation: bytes, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        response: list[ASGISendEvent] = []

        async def record_and_send(message: ASGISendEvent) -> None:
            response.append(message)
            await send(message)

        await self._application(scope, receive, record_and_send)
        if any(
            message["type"] == "http.response.start" and message["status"] in SUCCESS_STATUSES for message in response
        ):
            self._responses[invocation] = response
        while len(self._responses) > REPLAY_CAPACITY:
            self._responses.popitem(last=False)


class OriginAccessMiddleware:
    """An ASGI application that serves the requests of a distribution to a bucket, if the bucket policy allows them.

    MiniStack's own CloudFront reads from its S3 in the same way, but within one process.
    """

    def __init__(self, application: ASGIFramework) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve the request of a distribution; pass on every other request."""
        headers = _headers(scope)
        bucket = BUCKET_HOST.match(headers.get(b"host", b"").decode("latin-1"))
        if (
            scope["type"] != "http"
            or DISTRIBUTION_HEADER not in headers
            or not bucket
            or scope["method"] not in READ_METHODS
        ):
            await self._application(scope, receive, send)
            return
        plain = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
        distribution = headers[DISTRIBUTION_HEADER].decode("latin-1")
        status, found, body = await asyncio.to_thread(
            _fetch, bucket["bucket"], bucket["region"], scope["path"].lstrip("/"), plain, distribution
        )
        pairs = [(name.lower().encode(), str(value).encode("latin-1")) for name, value in found.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body, "more_body": False})


class AssumeTlsMiddleware:
    """An ASGI application that passes requests on as if they had come over TLS."""

    def __init__(self, application: ASGIFramework) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Pass one request on."""
        if scope["type"] == "http" and FORWARDED_PROTOCOL_HEADER not in _headers(scope):
            scope["headers"] = [*scope["headers"], (FORWARDED_PROTOCOL_HEADER, b"https")]
        await self._application(scope, receive, send)


def corrected_action(extract: Callable[..., str | None]) -> Callable[..., str | None]:
    """Return MiniStack's function that names the IAM action of a request, corrected to AWS's names."""

    def extract_iam_action(*request: object) -> str | None:
        _, method, path, *_ = request
        found = extract(*request)
        if found is None:
            return None
        action = corrected_operation(found, str(method), str(path))
        corrections = IAM_ACTIONS_OF_READS if method == "GET" else IAM_ACTIONS
        return corrections.get(action, action)

    return extract_iam_action


def corrected_resource(extract: Callable[..., str]) -> Callable[..., str]:
    """Return MiniStack's function that names the resource of a request, corrected for some services.

    The ARN of a rule on the default event bus does not name the bus, and a simulation is of one principal. Source:
    docs.aws.amazon.com, Service Authorization Reference, Amazon EventBridge and AWS Identity and Access Management.
    """

    def extract_resource_arn(*request: object) -> str:
        service, _, path, *_, body, parameters, region, account = request
        if delivery := delivery_resource(request[3], body, region=str(region), account=str(account)):
            return delivery
        arn = extract(*request)
        named = named_resource(str(service), str(path), body, parameters, region=str(region), account=str(account))
        if named and (arn == "*" or ":event-bus/" in arn):
            return named
        if service == "events":
            rule = _RULE.search(body) if isinstance(body, bytes) and arn == "*" else None
            return f"arn:aws:events:{region}:{account}:rule/{rule[1].decode()}" if rule else _without_bus(arn)
        if service == "iam" and isinstance(parameters, Mapping) and "PolicySourceArn" in parameters:
            return str(parameters["PolicySourceArn"][0])
        model = arn.partition(":foundation-model/")[2]
        if service == "bedrock-runtime":
            guardrail = _guardrail(body)
            guardrail_arn = (
                guardrail
                if guardrail.startswith("arn:")
                else f"arn:aws:bedrock:{region}:{account}:guardrail/{guardrail}"
            )
            _GUARDRAIL.set(guardrail_arn if guardrail else "")
        if service != "bedrock-runtime" or model.partition(".")[0] not in PROFILE_GEOGRAPHIES:
            return arn
        return f"arn:aws:bedrock:{region}:{account}:inference-profile/{model}"

    return extract_resource_arn


def corrected_authorization(enforce: Callable[..., object]) -> Callable[..., object]:
    """Return MiniStack's function that authorizes a request, with the other two permissions that asking a model needs.

    Through an inference profile the caller also needs the permission on the model (here in the caller's region alone,
    on AWS in every region that the profile routes to). With a guardrail it needs bedrock:ApplyGuardrail. Sources:
    docs.aws.amazon.com, Bedrock, "Prerequisites for inference profiles" and "Set up permissions to use Guardrails".
    """

    def enforce_all(
        key: str, action: str, service: str, region: str, resource_arn: str = "*", **named: object
    ) -> object:
        needed = [(action, resource_arn)]
        if service == "bedrock-runtime" and action in IAM_ACTIONS.values():
            model = resource_arn.partition(":inference-profile/")[2].partition(".")[2]
            needed += [(action, f"arn:aws:bedrock:{region}::foundation-model/{model}")] if model else []
            needed += [("bedrock:ApplyGuardrail", _GUARDRAIL.get())] if _GUARDRAIL.get() else []
        denials = (enforce(key, one, service, region, resource_arn=arn, **named) for one, arn in needed)
        return next((denied for denied in denials if denied), None)

    return enforce_all


def _guardrail(body: object) -> str:
    """Return the id or ARN of the guardrail that the body of a `Converse` names, or "" if it names none."""
    try:
        config = json.loads(body)["guardrailConfig"] if isinstance(body, bytes) else {}
        return str(config.get("guardrailIdentifier", ""))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""


def _without_bus(arn: str) -> str:
    return arn.replace(":rule/default/", ":rule/", 1)


def corrected_logs(write: Callable[..., None], log_groups: Container[str]) -> Callable[..., None]:
    """Return MiniStack's function that logs an invocation, changed so that it never creates a log group.

    On AWS that needs the permission logs:CreateLogGroup, which none of our functions has. If an invocation that
    outlasts `destroy` created its log group, the next apply would fail because the group exists.
    Source: docs.aws.amazon.com, Lambda, "Sending Lambda function logs to CloudWatch Logs".
    """

    def emit_lambda_logs(function: Mapping[str, Any], *arguments: object, **named: object) -> None:
        config = function.get("config") or function
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        if group in log_groups:
            write(function, *arguments, **named)

    return emit_lambda_logs


def identify_call(scope: Scope, body: bytes) -> str:
    """Return the name of a request's call, as `sickness.CALLS` has it; "" if it is none of AWS."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in _headers(scope).items()}
    if scope["type"] != "http" or scope["path"].startswith(API_PATH):
        return API
    if DISTRIBUTION_HEADER.decode() in headers:
        return PAGE_READS
    router, iam = (importlib.import_module(f"ministack.core.{name}") for name in ("router", "iam_actions"))
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    path, bucket = scope["path"], BUCKET_HOST.match(headers.get("host", ""))
    if bucket:
        service, path = "s3", f"/{bucket['bucket']}{path}"
    else:
        service = router.detect_service(scope["method"], path, headers, query)
    return corrected_action(iam.extract_iam_action)(service, scope["method"], path, headers, body, query) or ""


def _headers(scope: Scope) -> Mapping[bytes, bytes]:
    return {name.lower(): value for name, value in scope["headers"]} if scope["type"] == "http" else {}


def _fetch(
    bucket: str, region: str, key: str, headers: Mapping[str, str], distribution: str
) -> tuple[int, Mapping[str, object], bytes]:
    responses = importlib.import_module("ministack.core.responses")
    s3 = importlib.import_module("ministack.services.s3")
    evaluator = importlib.import_module("ministack.core.iam_evaluator")
    # CloudFront reads from S3 with the protocol of its viewers: TLS.
    evaluator.pin_request_origin("127.0.0.1", secure_transport=True)
    with responses.request_scope(distribution.split(":")[4], region):
        response: tuple[int, Mapping[str, object], bytes] = s3.serve_cloudfront_origin_fetch(
            bucket, key, "GET", headers, source_arn=distribution
        )
        return response


def main() -> None:
    """Serve until a signal ends the process, on the address in MiniStack's own variables."""
    address = f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"
    os.environ[URL_VARIABLE] = f"http://{address}{PREFIX}"
    read_guarded_content(importlib.import_module("ministack.services.bedrock_runtime"))
    iam = importlib.import_module("ministack.core.iam_actions")
    vars(iam)["extract_iam_action"] = corrected_action(iam.extract_iam_action)
    vars(iam)["extract_resource_arn"] = corrected_resource(iam.extract_resource_arn)
    vars(iam)["request_tag_context"] = corrected_context(iam.request_tag_context)
    evaluator = importlib.import_module("ministack.core.iam_evaluator")
    vars(evaluator)["enforce"] = corrected_authorization(evaluator.enforce)
    functions, logs = (
        importlib.import_module(f"ministack.services.{name}") for name in ("lambda_svc", "cloudwatch_logs")
    )
    vars(functions)["_emit_lambda_logs"] = corrected_logs(
        vars(functions)["_emit_lambda_logs"], vars(logs)["_log_groups"]
    )
    runtimes = importlib.import_module("ministack.core.lambda_runtime")
    vars(runtimes)["_detect_runtime_binary"] = corrected_detection(
        vars(runtimes)["_detect_runtime_binary"], Path(tempfile.gettempdir())
    )
    limit_starts(functions, runtimes)
    connect_cloud_control()
    check_index_access(vars(evaluator)["caller_arn"])
    application = importlib.import_module("ministack.app")
    if os.environ.get("REHEARSAL_REQUEST_CHECKS") != "off":
        check_requests(application)
    check_deliveries()
    keep_batching_windows(functions, importlib.import_module("ministack.services.sqs"))
    if MINUTE_VARIABLE in os.environ:
        shorten_minutes(importlib.import_module("ministack.services.eventbridge"), os.environ[MINUTE_VARIABLE])
    s3 = importlib.import_module("ministack.services.s3")
    send_replica_events(s3)
    correct_documents(importlib.import_module("ministack.services.bedrock_agent"), s3)
    correct_deliveries(importlib.import_module("ministack.services.cloudwatch_logs"))
    bedrock = importlib.import_module("ministack.services.bedrock")
    correct_guardrails(bedrock)
    complete_reads(
        cloudwatch=importlib.import_module("ministack.services.cloudwatch"),
        cloudfront=importlib.import_module("ministack.services.cloudfront"),
        bedrock=bedrock,
    )
    route53 = importlib.import_module("ministack.services.route53")
    choose_zone_ids(route53)
    correct_health_checks(route53, importlib.import_module("ministack.services.cloudwatch"))
    responses = importlib.import_module("ministack.core.responses")
    api_gateway = importlib.import_module("ministack.services.apigateway_v1")
    serve_both_regions(api_gateway, responses.get_account_id)
    accept_empty_base_paths(api_gateway)
    emulator = ProxyRegionMiddleware(AssumeTlsMiddleware(application.app))
    replay = IdempotentReplay(OriginAccessMiddleware(emulator))
    served = AnswerModelMiddleware(LatencyMiddleware(SickMiddleware(replay, identify_call)))
    config = Config()
    config.bind = [address]
    config.keep_alive_timeout = 75  # MiniStack's own value: the AWS SDKs keep connections longer than hypercorn's 5 s
    asyncio.run(serve(served, config))


if __name__ == "__main__":
    main()
