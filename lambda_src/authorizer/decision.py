"""API Gateway's decision on one request, as the response of an authorizer function.

A caller without a valid token is unauthorized (401): API Gateway takes that from an exception with this very message. A
caller whose token lacks a required claim is denied by a policy (403).
Source: docs.aws.amazon.com, API Gateway, "Output from an API Gateway Lambda authorizer".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authorizer.errors import RefusedError
from authorizer.token import Expected, FindKey, bearer_token, verify
from shared.claims import Accepted, satisfies
from shared.logs import Log

UNAUTHORIZED = "Unauthorized"
MAX_CLAIMS_CHARACTERS = 4_000


class UnauthorizedError(Exception):
    """The only error that API Gateway answers with 401. Its message must be `Unauthorized`."""

    def __init__(self) -> None:
        super().__init__(UNAUTHORIZED)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a token must say, the claims that let a caller in, and the claims that the functions get to see."""

    expected: Expected
    required: Accepted
    reported: frozenset[str]


def decide(event: Mapping[str, Any], rules: Rules, find_key: FindKey, log: Log) -> dict[str, object]:
    """Return the policy for the caller of a request. Raises `UnauthorizedError`.

    API Gateway caches the policy by token, so it names the whole stage and not one method.
    """
    try:
        claims = verify(bearer_token(_authorization(event)), rules.expected, find_key)
    except RefusedError as error:
        log.warning("unauthorized", reason=str(error))
        raise UnauthorizedError from None
    allowed = satisfies(claims, rules.required)
    subject = claims["sub"]
    if allowed:
        log.info("authorized", sub=subject)
    else:
        log.warning("forbidden", sub=subject)
    reported = {name: claims[name] for name in sorted(rules.reported & claims.keys())}
    return _response(event, subject, reported, allowed=allowed)


def _authorization(event: Mapping[str, Any]) -> object:
    """Return the only `Authorization` header; HTTP/2 clients send its name in lower case. Raises `RefusedError`."""
    headers = event.get("multiValueHeaders") or {name: [value] for name, value in (event.get("headers") or {}).items()}
    values = [value for name, found in headers.items() if name.lower() == "authorization" for value in found]
    if len(values) > 1:
        raise RefusedError("two_tokens")
    return values[0] if values else None


def _response(
    event: Mapping[str, Any], subject: str, claims: Mapping[str, object], *, allowed: bool
) -> dict[str, object]:
    stage = "/".join(str(event["methodArn"]).split("/")[:2])
    text = json.dumps(claims)
    return {
        "principalId": subject,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow" if allowed else "Deny",
                    "Resource": f"{stage}/*",
                }
            ],
        },
        "context": {"sub": subject, "claims": text if len(text) <= MAX_CLAIMS_CHARACTERS else "{}"},
    }
