"""A deep check where users sign in: the region's authorizer decides on the caller, as it does for the other routes.

API Gateway knows one authorization for each method, and `GET /health` needs none. So this function asks the authorizer.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3

from shared.api import api_request_id
from shared.aws_calls import client_config
from shared.errors import ApiError
from shared.logs import Log

# Seconds. With the deep check, the whole request ends before API Gateway's 29.
CONNECT_SECONDS = 1
READ_SECONDS = 3.5

_UNAUTHORIZED = "Unauthorized"


def authorizer_invocation(region: str) -> Callable[..., Any]:
    """Return boto3's `invoke` of a Lambda client of the region."""
    config = client_config(connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS)
    return boto3.client("lambda", region_name=region, config=config).invoke


def authorize(event: Mapping[str, object], log: Log, *, authorizer: str, invoke: Callable[..., Any]) -> Log:
    """Let the function `authorizer` decide on the access token of an API's event. Return the log with the user's `sub`.

    Raises `ApiError`: 401 `unauthorized` without a valid token, 403 `forbidden` without a required claim, 503
    `upstream_unavailable` if the authorizer fails. Raises boto3's errors if it cannot be invoked.
    """
    if not _has_authorization(event):
        raise _unauthorized()
    request = {
        "methodArn": "health",
        "headers": event.get("headers"),
        "multiValueHeaders": event.get("multiValueHeaders"),
        "requestContext": {"requestId": api_request_id(event)},
    }
    answer = invoke(FunctionName=authorizer, Payload=json.dumps(request))
    decision = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        if decision.get("errorMessage") == _UNAUTHORIZED:
            raise _unauthorized()
        message = "The service is not available at the moment. Try again shortly."
        raise ApiError(status=503, code="upstream_unavailable", message=message, retry_after=5)
    if decision["policyDocument"]["Statement"][0]["Effect"] != "Allow":
        raise ApiError(status=403, code="forbidden", message="Your account may not use this service.")
    return log.bind(sub=decision["context"]["sub"])


def _has_authorization(event: Mapping[str, object]) -> bool:
    """Return whether a request has the header, without which API Gateway would not ask an authorizer either."""
    headers = event.get("headers")
    return isinstance(headers, Mapping) and any(
        str(name).lower() == "authorization" and value for name, value in headers.items()
    )


def _unauthorized() -> ApiError:
    message = "A deep check needs a valid access token."
    return ApiError(status=401, code="unauthorized", message=message)
