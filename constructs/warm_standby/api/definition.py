"""What the REST API offers, as data: routes, request schemas and the answers that API Gateway gives by itself.

The deployment is made anew when, and only when, something here or the site's origin changes.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

STAGE: Final = "prod"
# A body of any content type is validated. Source: docs.aws.amazon.com, API Gateway, "Request validation for REST APIs".
VALIDATED_CONTENT_TYPE: Final = "$default"
PREFLIGHT_STATUS: Final = "204"
PREFLIGHT_TEMPLATE: Final = json.dumps({"statusCode": int(PREFLIGHT_STATUS)})
PREFLIGHT_HEADERS: Final[Mapping[str, str]] = {
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "3600",
    "Vary": "Origin",
}
"""What every preflight answers, beside the route's method and the site's origin."""
PREFLIGHT: Final[Mapping[str, str]] = {"authorization": "NONE", "integration": "MOCK"}
VALIDATION: Final[Mapping[str, bool]] = {"validate_request_body": True}
ANSWER_HEADERS: Final[Mapping[str, str]] = {"Vary": "Origin"}
"""What API Gateway's own answers carry, beside the site's origin."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One method on one path, the function that answers it, and the JSON schema (draft 4) that its body must fit.

    `authorization` is API Gateway's word; with any other than NONE, `authorizer_id` may name an authorizer of the API.
    """

    method: str
    path: str
    function: str
    schema: Mapping[str, object] | None = None
    authorization: str = "NONE"
    authorizer_id: str | None = None
    integration: str = "AWS_PROXY"


@dataclass(frozen=True, kw_only=True)
class GatewayAnswer:
    """An error that API Gateway answers itself, in the shape of our own errors."""

    response_type: str
    status_code: str | None
    code: str
    message: str

    @property
    def template(self) -> str:
        """The body, as API Gateway's mapping template."""
        return json.dumps({"error": {"code": self.code, "message": self.message}})


# What the schemas do not say (allowed models, types that may be uploaded) the functions check, and answer 400 with why.
QUESTION: Final[Mapping[str, object]] = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "title": "Question",
    "type": "object",
    "required": ["question"],
    "properties": {
        "question": {"type": "string", "minLength": 1},
        "history": {"type": "array", "items": {"type": "object", "required": ["role", "text"]}},
        "requestSessionId": {"type": "string"},
        "modelId": {"type": "string"},
    },
}

UPLOAD: Final[Mapping[str, object]] = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "title": "Upload",
    "type": "object",
    "required": ["fileName", "fileType"],
    "properties": {
        "fileName": {"type": "string", "minLength": 1},
        "fileType": {"type": "string", "minLength": 1},
        "fileSize": {"type": "integer", "minimum": 1},
        "uploadId": {"type": "string"},
    },
}

ROUTES: Final = (
    Route(method="POST", path="docs", function="query", schema=QUESTION),
    Route(method="POST", path="upload", function="upload", schema=UPLOAD),
    Route(method="GET", path="ingestion-status", function="ingestion_status"),
    Route(method="GET", path="health", function="health"),
)

# Source: docs.aws.amazon.com, API Gateway, "Gateway response types for API Gateway".
GATEWAY_ANSWERS: Final = (
    GatewayAnswer(
        response_type="BAD_REQUEST_BODY", status_code="400", code="invalid_request", message="The body does not fit."
    ),
    GatewayAnswer(
        response_type="MISSING_AUTHENTICATION_TOKEN", status_code="404", code="not_found", message="No such resource."
    ),
    GatewayAnswer(
        response_type="THROTTLED", status_code="429", code="throttled", message="Too many requests. Try again shortly."
    ),
    GatewayAnswer(
        response_type="DEFAULT_4XX", status_code=None, code="refused", message="The request cannot be served."
    ),
    GatewayAnswer(
        response_type="DEFAULT_5XX", status_code=None, code="unavailable", message="The service is not available."
    ),
)


def definition_digest() -> str:
    """Return a digest that changes when a route, a schema, a preflight, the validation or an answer does."""
    definition = {
        "routes": [asdict(route) for route in ROUTES],
        "answers": [asdict(answer) for answer in GATEWAY_ANSWERS],
        "validated": VALIDATED_CONTENT_TYPE,
        "preflight": [PREFLIGHT_STATUS, PREFLIGHT_TEMPLATE, PREFLIGHT_HEADERS, PREFLIGHT],
        "validation": VALIDATION,
        "answer_headers": ANSWER_HEADERS,
    }
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()
