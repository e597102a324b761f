"""The emulator's process: MiniStack behind what stands in for a TLS front, with its known wrong answers set right.

Buckets that refuse plain HTTP (`aws:SecureTransport`) refuse every request to a MiniStack without TLS, and TLS would
ask every tool on this machine to trust another certificate. MiniStack believes the header that a front sets; this
sets it where a request has none. A request with `X-Forwarded-Proto: http` is refused by those buckets, as on AWS.

Run as a file, so that nothing else of this package is loaded. Written against MiniStack 1.5.33.
"""

import asyncio
import importlib
import os
from collections.abc import Callable
from typing import Final

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope

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


class TlsFront:
    """An ASGI application that hands requests on as if they had come over TLS."""

    def __init__(self, application: ASGIFramework) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Hand one request on."""
        if scope["type"] == "http":
            headers = list(scope["headers"])
            if not any(name.lower() == FORWARDED_PROTOCOL for name, _ in headers):
                scope["headers"] = [*headers, (FORWARDED_PROTOCOL, b"https")]
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


def main() -> None:
    """Serve until a signal ends it, on the address that MiniStack's own variables give."""
    iam = importlib.import_module("ministack.core.iam_actions")
    vars(iam)["extract_iam_action"] = corrected_action(iam.extract_iam_action)
    vars(iam)["extract_resource_arn"] = corrected_resource(iam.extract_resource_arn)
    config = Config()
    config.bind = [f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"]
    config.keep_alive_timeout = 75  # MiniStack's own: the AWS SDKs keep connections longer than hypercorn's 5 s
    asyncio.run(serve(TlsFront(importlib.import_module("ministack.app").app), config))


if __name__ == "__main__":
    main()
