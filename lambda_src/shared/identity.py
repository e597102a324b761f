"""The caller of a request, as the API's authorizer names it.

The authorizer returns a flat context: `sub`, and `claims` as JSON text. (Source: docs.aws.amazon.com, API Gateway,
"Output from an API Gateway Lambda authorizer": values are strings, numbers or booleans.) Without an authorizer there is
no caller.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A signed-in caller: the token's subject, and the other claims."""

    subject: str
    claims: Mapping[str, Any] = field(default_factory=dict)


def read_caller(event: Mapping[str, object]) -> Caller | None:
    """Return the caller of a proxy event; None if the API has no authorizer."""
    context = event.get("requestContext")
    authorizer = context.get("authorizer") if isinstance(context, Mapping) else None
    subject = authorizer.get("sub") if isinstance(authorizer, Mapping) else None
    if not isinstance(authorizer, Mapping) or not isinstance(subject, str) or not subject:
        return None
    return Caller(subject=subject, claims=_parse_claims(authorizer.get("claims")))


def _parse_claims(text: object) -> Mapping[str, Any]:
    try:
        claims: object = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
