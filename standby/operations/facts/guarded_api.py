"""Requests to an API that asks for an access token, which an operator does not have.

The API must refuse a false token: then API Gateway and the authorizer work. The function behind the API is invoked with
the operator's own permission, by an event without the request context that API Gateway adds.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from standby.deployment.concurrency import NoAnswerError
from standby.deployment.connection import Connection
from standby.deployment.http_client import HttpResponse
from standby.deployment.manifest import Region

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

FALSE_TOKEN: Final = "standby.false.token"  # noqa: S105 - no secret: the authorizer must refuse it


def check_refusal(connection: Connection, url: str, body: Mapping[str, str], *, seconds: float) -> str:
    """Return what is wrong if an API does not refuse a false token; "" if it does. Raises `NoAnswerError`."""
    encoded = json.dumps(body).encode()
    answer = connection.request("POST", url, body=encoded, seconds=seconds, token=FALSE_TOKEN)
    return "" if answer.status == HTTPStatus.UNAUTHORIZED else f"answers {answer.status} to a false token"


def invoke_route(
    client: "LambdaClient",
    region: Region,
    purpose: str,
    *,
    body: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Invoke a route's function as API Gateway does, without a caller. Raises `NoAnswerError` and botocore's errors."""
    event = {
        "httpMethod": "GET" if body is None else "POST",
        "body": None if body is None else json.dumps(body),
        "queryStringParameters": query,
    }
    name = region.function(purpose)
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    try:
        document = json.loads(answer["Payload"].read())
        return HttpResponse(status=int(document["statusCode"]), body=str(document["body"]).encode())
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise NoAnswerError(f"{name} answers, but not as a function of the API does") from error
