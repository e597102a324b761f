"""The REST API's definition as data: routes, request schemas, CORS preflights and gateway responses.

API Gateway publishes a change only with a new deployment. `definition_digest` triggers one when this data changes.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

STAGE: Final = "prod"
# The key of a model that applies to bodies of any content type.
# Source: docs.aws.amazon.com, API Gateway, "Request validation for REST APIs".
VALIDATED_CONTENT_TYPE: Final = "$default"
PREFLIGHT_STATUS: Final = "204"
PREFLIGHT_TEMPLATE: Final = json.dumps({"statusCode": int(PREFLIGHT_STATUS)})
PREFLIGHT_HEADERS: Final[Mapping[str, str]] = {
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "3600",
    "Vary": "Origin",
}
"""The headers of every preflight response, besides the route's method and the site's origin."""
PREFLIGHT: Final[Mapping[str, str]] = {"authorization": "NONE", "integration": "MOCK"}
VALIDATION: Final[Mapping[str, bool]] = {"validate_request_body": True}
GATEWAY_RESPONSE_HEADERS: Final[Mapping[str, str]] = {"Vary": "Origin"}
"""The headers of every gateway response, besides the site's origin."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One method on one path, its function, and the JSON schema (draft 4) of its body.

    `authorization` has API Gateway's values. Unless it is NONE, `authorizer_id` may name an authorizer of the API.
    """

    method: str
    path: str
    function: str
    schema: Mapping[str, object] | None = None
    authorization: str = "NONE"
    authorizer_id: str | None = None
    integration: str = "AWS_PROXY"


@dataclass(frozen=True)
class GatewayResponse:
    """An error response from API Gateway itself, in the same format as the errors of the functions."""

    response_type: str
    status_code: str | None
    code: str
    message: str

    @property
    def template(self) -> str:
        """The body, as a mapping template of API Gateway."""
        return json.dumps({"error": {"code": self.code, "message": self.message}})


# A field that may be absent may also be null. Lengths are in code points. A text needs a visible character. The
# functions refuse as `invalid_request` exactly what these schemas refuse. They also check the remaining rules (allowed
# models, upload types, names and sizes), which have codes of their own.
# (docs/adr/0078-schemas-and-functions-agree.md)
VISIBLE: Final = (
    r"[^\u0000-\u0020\u007f-\u00a0\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u1680\u180e\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u2064\u2066-\u206f\u3000\ufeff\ufff9-\ufffb]"
)
# The maximum length of 36 ends it. A `$` of Java, unlike one of ECMA 262, is also found before a last line break.
UUID: Final = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"

TURN: Final[Mapping[str, object]] = {
    "type": "object",
    "required": ["role", "text"],
    "properties": {
        "role": {"enum": ["user", "assistant"]},
        "text": {"type": "string", "maxLength": 8_000, "pattern": VISIBLE},
    },
}

QUESTION: Final[Mapping[str, object]] = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "title": "Question",
    "type": "object",
    "required": ["question"],
    "properties": {
        "question": {"type": "string", "maxLength": 1_000, "pattern": VISIBLE},
        "history": {"type": ["array", "null"], "maxItems": 100, "items": TURN},
        "requestSessionId": {"type": ["string", "null"]},
        "modelId": {"type": ["string", "null"]},
    },
}

UPLOAD: Final[Mapping[str, object]] = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "title": "Upload",
    "type": "object",
    "required": ["fileName", "fileType"],
    "properties": {
        "fileName": {"type": "string"},
        "fileType": {"type": "string"},
        "fileSize": {"type": ["integer", "null"], "minimum": 1},
        "uploadId": {"type": ["string", "null"], "maxLength": 36, "pattern": UUID},
    },
}

ROUTES: Final = (
    Route(method="POST", path="docs", function="query", schema=QUESTION),
    Route(method="POST", path="upload", function="upload", schema=UPLOAD),
    Route(method="GET", path="ingestion-status", function="ingestion_status"),
    Route(method="GET", path="health", function="health"),
)

# Source: docs.aws.amazon.com, API Gateway, "Gateway response types for API Gateway".
GATEWAY_RESPONSES: Final = (
    GatewayResponse("BAD_REQUEST_BODY", "400", "invalid_request", "The body does not fit."),
    GatewayResponse("MISSING_AUTHENTICATION_TOKEN", "404", "not_found", "No such resource."),
    GatewayResponse("THROTTLED", "429", "throttled", "Too many requests. Try again shortly."),
    GatewayResponse("DEFAULT_4XX", None, "refused", "The request cannot be served."),
    GatewayResponse("DEFAULT_5XX", None, "unavailable", "The service is not available."),
)

OPEN_PATHS: Final = frozenset({"health"})
"""What needs no token where users sign in: health checkers have none."""
SIGN_IN_RESPONSES: Final = (
    GatewayResponse("UNAUTHORIZED", "401", "unauthorized", "A valid access token is needed. Sign in, and try again."),
    GatewayResponse("ACCESS_DENIED", "403", "forbidden", "Your account may not use this service."),
)
"""The gateway responses that only an API with an authorizer gives."""
UNAUTHORIZED_HEADERS: Final[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}
"""A header of every 401. Source: RFC 9110, section 15.5.2."""


def routes(*, sign_in: bool) -> tuple[Route, ...]:
    """Return the routes, with the authorization that each has."""
    if not sign_in:
        return ROUTES
    return tuple(route if route.path in OPEN_PATHS else replace(route, authorization="CUSTOM") for route in ROUTES)


def gateway_responses(*, sign_in: bool) -> tuple[GatewayResponse, ...]:
    """Return the gateway responses."""
    return (*GATEWAY_RESPONSES, *SIGN_IN_RESPONSES) if sign_in else GATEWAY_RESPONSES


def preflight_headers(*, sign_in: bool) -> Mapping[str, str]:
    """Return the headers of every preflight response, besides the route's method and the site's origin."""
    if not sign_in:
        return PREFLIGHT_HEADERS
    return {**PREFLIGHT_HEADERS, "Access-Control-Allow-Headers": "Authorization,Content-Type"}


def definition_digest(*, sign_in: bool) -> str:
    """Return a digest that changes with every route, schema, preflight, validation rule and gateway response."""
    # A renamed key or field changes the digest, and so deploys every API again.
    definition = {
        "routes": [asdict(route) for route in routes(sign_in=sign_in)],
        "answers": [asdict(response) for response in gateway_responses(sign_in=sign_in)],
        "validated": VALIDATED_CONTENT_TYPE,
        "preflight": [PREFLIGHT_STATUS, PREFLIGHT_TEMPLATE, preflight_headers(sign_in=sign_in), PREFLIGHT],
        "validation": VALIDATION,
        "answer_headers": GATEWAY_RESPONSE_HEADERS,
    }
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()
