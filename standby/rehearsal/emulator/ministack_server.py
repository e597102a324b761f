"""The emulator's process: MiniStack behind what stands in for a TLS front, with its known wrong answers set right.

Two headers of the rehearsal's own fronts and edge are obeyed: wait before the answer, and read a bucket's object as
CloudFront.

Buckets that refuse plain HTTP (`aws:SecureTransport`) refuse every request to a MiniStack without TLS, and TLS would
ask every tool on this machine to trust another certificate. MiniStack believes the header that a front sets; this
sets it where a request has none. A request with `X-Forwarded-Proto: http` is refused by those buckets, as on AWS.

Run as a file, so that nothing else of this package is loaded. Written against MiniStack 1.5.33.
"""

import asyncio
import importlib
import os
import re
from collections import OrderedDict
from collections.abc import Callable, Container, Mapping
from typing import Any, Final

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope

FORWARDED_PROTOCOL: Final = b"x-forwarded-proto"
IAM_ACTIONS: Final = {
    "bedrock:Converse": "bedrock:InvokeModel",
    "bedrock:ConverseStream": "bedrock:InvokeModelWithResponseStream",
}
"""MiniStack asks IAM for the operation's name. Source: docs.aws.amazon.com, Bedrock API, "Converse": "This operation
requires permission for the bedrock:InvokeModel action"."""

PROFILE_GEOGRAPHIES: Final = frozenset({"us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"})
"""How the id of a cross-region inference profile begins. MiniStack takes a profile for a foundation model of that name.
Source: docs.aws.amazon.com, Bedrock, "Prerequisites for inference profiles"."""


INVOCATION: Final = b"amz-sdk-invocation-id"
SUCCESS: Final = range(200, 300)
REMEMBERED: Final = 256
"""How many answers are kept. A repetition comes within seconds, and few calls come between."""

DELAY: Final = b"x-rehearsal-delay-milliseconds"
DISTRIBUTION: Final = b"x-rehearsal-distribution"
BUCKET_HOST: Final = re.compile(r"^(?P<bucket>[a-z0-9.-]+)\.s3\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?::\d+)?$")
READS: Final = frozenset({"GET", "HEAD"})
MILLISECONDS: Final = 1000


class LatencyMiddleware:
    """An ASGI application that waits before it hands a request on, where the request says so."""

    def __init__(self, application: ASGIFramework) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Hand one request on."""
        delay = _headers(scope).get(DELAY, b"")
        if delay.isdigit():
            await asyncio.sleep(int(delay) / MILLISECONDS)
        await self._application(scope, receive, send)


class IdempotentReplay:
    """An ASGI application that answers a call which an SDK repeats as it answered it the first time.

    An SDK repeats a call whose answer it missed. Terraform's provider does on a busy machine: it closes the connection
    in the very moment of the answer. MiniStack would carry the call out twice, and say of what it has just made that it
    exists already, as AWS may where a call has no client token; but here it is only this machine that loses answers.
    All attempts of one call carry one invocation id, and another call has another. Sources: botocore's `endpoint.py`
    and `handlers.py`; the provider 5.100.0, whose attempts were logged.
    """

    def __init__(self, application: ASGIFramework) -> None:
        self._application = application
        self._answers: OrderedDict[bytes, list[ASGISendEvent]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer as before, or hand one request on."""
        invocation = _headers(scope).get(INVOCATION)
        if scope["type"] != "http" or invocation is None or scope["method"] in READS:
            await self._application(scope, receive, send)
        elif invocation in self._answers:
            await _received(receive)
            for message in self._answers[invocation]:
                await send(message)
        else:
            await self._answered(invocation, scope, receive, send)

    async def _answered(
        self, invocation: bytes, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        answer: list[ASGISendEvent] = []

        async def sending(message: ASGISendEvent) -> None:
            answer.append(message)
            await send(message)

        await self._application(scope, receive, sending)
        if any(message["type"] == "http.response.start" and message["status"] in SUCCESS for message in answer):
            self._answers[invocation] = answer
        while len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)


class OriginAccessMiddleware:
    """An ASGI application that answers a distribution's own requests to a bucket: its policy decides.

    MiniStack's CloudFront asks its S3 in the same way, but within one process.
    """

    def __init__(self, application: ASGIFramework) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer, or hand on a request that is no distribution's."""
        headers = _headers(scope)
        bucket = BUCKET_HOST.match(headers.get(b"host", b"").decode("latin-1"))
        if scope["type"] != "http" or DISTRIBUTION not in headers or not bucket or scope["method"] not in READS:
            await self._application(scope, receive, send)
            return
        plain = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
        distribution = headers[DISTRIBUTION].decode("latin-1")
        status, found, body = await asyncio.to_thread(
            _fetch, bucket["bucket"], bucket["region"], scope["path"].lstrip("/"), plain, distribution
        )
        pairs = [(name.lower().encode(), str(value).encode("latin-1")) for name, value in found.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body, "more_body": False})


class AssumeTlsMiddleware:
    """An ASGI application that hands requests on as if they had come over TLS."""

    def __init__(self, application: ASGIFramework) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Hand one request on."""
        if scope["type"] == "http" and FORWARDED_PROTOCOL not in _headers(scope):
            scope["headers"] = [*scope["headers"], (FORWARDED_PROTOCOL, b"https")]
        await self._application(scope, receive, send)


def corrected_action(extract: Callable[..., str | None]) -> Callable[..., str | None]:
    """Return MiniStack's function that names the IAM action of a request, with the names that AWS uses."""

    def extract_iam_action(*request: object) -> str | None:
        action = extract(*request)
        return None if action is None else IAM_ACTIONS.get(action, action)

    return extract_iam_action


def corrected_resource(extract: Callable[..., str]) -> Callable[..., str]:
    """Return MiniStack's function that names the resource of a request, with an inference profile as what it is."""

    def extract_resource_arn(*request: object) -> str:
        service, *_, region, account = request
        arn = extract(*request)
        model = arn.partition(":foundation-model/")[2]
        if service != "bedrock-runtime" or model.partition(".")[0] not in PROFILE_GEOGRAPHIES:
            return arn
        return f"arn:aws:bedrock:{region}:{account}:inference-profile/{model}"

    return extract_resource_arn


def corrected_logs(write: Callable[..., None], log_groups: Container[str]) -> Callable[..., None]:
    """Return MiniStack's function that logs an invocation, without what would make a missing log group.

    On AWS that takes the permission logs:CreateLogGroup, which none of our functions has: a function whose invocation
    outlasts `destroy` must not leave a log group behind, for the next apply would find it in its way.
    Source: docs.aws.amazon.com, Lambda, "Sending Lambda function logs to CloudWatch Logs".
    """

    def emit_lambda_logs(function: Mapping[str, Any], *arguments: object, **named: object) -> None:
        config = function.get("config") or function
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        if group in log_groups:
            write(function, *arguments, **named)

    return emit_lambda_logs


def _headers(scope: Scope) -> Mapping[bytes, bytes]:
    return {name.lower(): value for name, value in scope["headers"]} if scope["type"] == "http" else {}


def _fetch(
    bucket: str, region: str, key: str, headers: Mapping[str, str], distribution: str
) -> tuple[int, Mapping[str, object], bytes]:
    responses = importlib.import_module("ministack.core.responses")
    s3 = importlib.import_module("ministack.services.s3")
    evaluator = importlib.import_module("ministack.core.iam_evaluator")
    # CloudFront asks S3 as its viewers asked it: over TLS.
    evaluator.pin_request_origin("127.0.0.1", secure_transport=True)
    with responses.request_scope(distribution.split(":")[4], region):
        answer: tuple[int, Mapping[str, object], bytes] = s3.serve_cloudfront_origin_fetch(
            bucket, key, "GET", headers, source_arn=distribution
        )
        return answer


async def _received(receive: ASGIReceiveCallable) -> None:
    message = await receive()
    while message["type"] == "http.request" and message["more_body"]:
        message = await receive()


def main() -> None:
    """Serve until a signal ends it, on the address that MiniStack's own variables give."""
    iam = importlib.import_module("ministack.core.iam_actions")
    vars(iam)["extract_iam_action"] = corrected_action(iam.extract_iam_action)
    vars(iam)["extract_resource_arn"] = corrected_resource(iam.extract_resource_arn)
    functions, logs = (
        importlib.import_module(f"ministack.services.{name}") for name in ("lambda_svc", "cloudwatch_logs")
    )
    vars(functions)["_emit_lambda_logs"] = corrected_logs(
        vars(functions)["_emit_lambda_logs"], vars(logs)["_log_groups"]
    )
    application = LatencyMiddleware(
        IdempotentReplay(OriginAccessMiddleware(AssumeTlsMiddleware(importlib.import_module("ministack.app").app)))
    )
    config = Config()
    config.bind = [f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"]
    config.keep_alive_timeout = 75  # MiniStack's own: the AWS SDKs keep connections longer than hypercorn's 5 s
    asyncio.run(serve(application, config))


if __name__ == "__main__":
    main()
