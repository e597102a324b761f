"""`python -m docs.openapi`: write docs/openapi.json, the OpenAPI document of the REST API.

Routes, request schemas and API Gateway's own errors are those of `warm_standby.api.definition`. The schemas of the
responses and the functions' errors are here: tests compare them with the functions' code and with the running API.
Source: spec.openapis.org/oas/v3.1.0. Its schemas are JSON Schema 2020-12, which reads the API's draft 4 alike.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from warm_standby.api.definition import GATEWAY_RESPONSES, OPEN_PATHS, ROUTES, SIGN_IN_RESPONSES, STAGE, Route

ROOT: Final = Path(__file__).resolve().parents[1]
FILE: Final = ROOT / "docs" / "openapi.json"

Json = dict[str, Any]

_TEXT: Final[Json] = {"type": "string"}
_TIME: Final[Json] = {"type": "string", "format": "date-time"}
_REGION: Final[Json] = {"type": "string", "description": "the region that answered"}

OF_EVERY_FUNCTION: Final[Mapping[int, tuple[str, ...]]] = {500: ("internal",), 503: ("upstream_unavailable",)}
OF_BODIES: Final[Mapping[int, tuple[str, ...]]] = {400: ("invalid_json", "invalid_request"), 413: ("too_large",)}
OF_AWS_CALLS: Final[Mapping[int, tuple[str, ...]]] = {
    429: ("throttled",),
    502: ("upstream_denied", "upstream_missing", "upstream_rejected"),
}
ERRORS: Final[Mapping[str, tuple[Mapping[int, tuple[str, ...]], ...]]] = {
    "query": (OF_EVERY_FUNCTION, OF_BODIES, OF_AWS_CALLS, {400: ("model_not_allowed",), 503: ("model_not_ready",)}),
    "upload": (
        OF_EVERY_FUNCTION,
        OF_BODIES,
        {400: ("type_mismatch", "unsupported_type", "unusable_name")},
    ),
    "ingestion_status": (OF_EVERY_FUNCTION, OF_AWS_CALLS),
    "documents": (
        OF_EVERY_FUNCTION,
        OF_AWS_CALLS,
        {400: ("invalid_request",), 403: ("not_allowed",), 404: ("unknown_document",), 409: ("not_deletable",)},
    ),
    "health": (OF_EVERY_FUNCTION, OF_AWS_CALLS, {401: ("unauthorized",), 403: ("forbidden",)}),
}
"""The errors of each function. Those of API Gateway come on top."""

OPERATIONS: Final[Mapping[str, str]] = {
    "documents": "documents",
    "documents/{id}": "delete_document",
    "documents/{id}/content": "document_content",
}
"""The ids of operations whose function has several routes, by their path. Else the id is the function's name."""
OWN_ERRORS: Final[Mapping[str, frozenset[str]]] = {
    "documents": frozenset({"invalid_request"}),
    "delete_document": frozenset({"not_allowed", "unknown_document", "not_deletable"}),
    "document_content": frozenset({"unknown_document"}),
}
"""Which of the function's own errors each of these operations returns."""

SUMMARIES: Final[Mapping[str, str]] = {
    "query": "Answer a question from the documents, with citations",
    "upload": "Return a form with which a browser posts one document to S3",
    "ingestion_status": "List the last ten ingestion jobs, newest first",
    "documents": "List the documents of the region, 50 on a page",
    "delete_document": "Delete a document here, and in the other region as soon as the deletion is replicated",
    "document_content": "Return a link to the document, valid for a minute",
    "health": "Check what the API needs in its region",
}
RESULTS: Final[Mapping[str, str]] = {
    "query": "Answer",
    "upload": "UploadForm",
    "ingestion_status": "IngestionStatus",
    "documents": "DocumentPage",
    "delete_document": "DeletedDocument",
    "document_content": "ContentLink",
    "health": "HealthReport",
}


def _object(properties: Mapping[str, Json], *, optional: tuple[str, ...] = (), description: str = "") -> Json:
    required = [name for name in properties if name not in optional]
    described = {"description": description} if description else {}
    return {"type": "object", **described, "required": required, "properties": dict(properties)}


def _described(schema: Json, description: str) -> Json:
    return {**schema, "description": description}


def _list(items: Json, description: str) -> Json:
    return {"type": "array", "items": items, "description": description}


_MILLISECONDS: Final[Json] = {"type": "integer", "minimum": 0, "description": "milliseconds"}
_CHECK: Final = _object(
    {
        "status": {"enum": ["ok", "failed"]},
        "responseTimeMs": _MILLISECONDS,
        "error": _described(_TEXT, "why the check failed: the name of an error of AWS, or TimedOut"),
    },
    optional=("error",),
)
# Source of the statuses: docs.aws.amazon.com, Amazon Bedrock API Reference, IngestionJob.
_JOB: Final = _object(
    {
        "jobId": _TEXT,
        "status": {"enum": ["STARTING", "IN_PROGRESS", "COMPLETE", "FAILED", "STOPPING", "STOPPED"]},
        "startedAt": _TIME,
        "updatedAt": _TIME,
        "statistics": {
            "type": "object",
            "additionalProperties": {"type": "integer"},
            "description": "the numbers of documents, with the names of AWS",
        },
        "failureReasons": _list(_TEXT, "at most 20 reasons, of a job with failures"),
    }
)
_DOCUMENT: Final = _object(
    {
        "id": _described(_TEXT, "the same in both regions"),
        "name": _TEXT,
        "size": {"type": "integer", "minimum": 0, "description": "bytes"},
        "uploadedAt": _TIME,
        "state": _described(
            {"enum": ["processing", "ready", "failed", "unknown"]},
            "whether questions find it in this region; unknown: Bedrock did not answer",
        ),
        "reason": _described(_TEXT, "why processing failed, in Bedrock's words"),
    },
    optional=("reason",),
)
RESULT_SCHEMAS: Final[Mapping[str, Json]] = {
    "Answer": _object(
        {
            "response": _described(_TEXT, "the answer, as Markdown; [1] is the first of the citations"),
            "citation": _described(_TEXT, "the first citation's uri, or an empty string"),
            "citations": _list(
                _object(
                    {
                        "uri": _described(_TEXT, "the document, as s3://BUCKET/KEY"),
                        "text": _described(_TEXT, "the passage"),
                        "score": {"type": "number", "description": "how well the passage fits the question"},
                    }
                ),
                "the passages that the answer cites; none if no document was found or a filter intervened",
            ),
            "sessionId": _described(_TEXT, "requestSessionId, or a new id"),
            "region": _REGION,
        }
    ),
    "UploadForm": _object(
        {
            "uploadUrl": _described(_TEXT, "where the form is posted, as multipart/form-data"),
            "fields": {
                "type": "object",
                "additionalProperties": _TEXT,
                "description": "the fields of the form; the document follows them in the field `file`",
            },
            "key": _described(_TEXT, "the key of the document in the bucket"),
            "expiresIn": {"type": "integer", "minimum": 1, "description": "seconds"},
        }
    ),
    "IngestionStatus": _object({"jobs": {"type": "array", "maxItems": 10, "items": _JOB}, "region": _REGION}),
    "DocumentPage": _object(
        {
            "documents": {"type": "array", "maxItems": 50, "items": _DOCUMENT},
            "next": _described(_TEXT, "the token of the next page; absent on the last one"),
            "region": _REGION,
        },
        optional=("next",),
    ),
    "DeletedDocument": _object({"id": _TEXT, "region": _REGION}),
    "ContentLink": _object(
        {
            "url": _described(_TEXT, "a presigned URL of S3: for GET, without headers of the caller"),
            "expiresIn": {"type": "integer", "minimum": 1, "description": "seconds"},
            "region": _REGION,
        }
    ),
    "HealthReport": _object(
        {
            "status": {"enum": ["healthy", "degraded"]},
            "region": _REGION,
            "timestamp": _described(_TIME, "when the checks ran; a report is used again for a few seconds"),
            "checks": {"type": "object", "minProperties": 1, "additionalProperties": _CHECK},
            "totalResponseTimeMs": _MILLISECONDS,
        }
    ),
}
_RETRY_AFTER: Final[Json] = {
    "Retry-After": {"schema": {"type": "integer"}, "description": "seconds; absent if API Gateway itself refuses"}
}
_ACCESS_TOKEN: Final[Json] = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": 'only with access.mode = "oidc": an access token of the issuer for the audience of the settings',
}
_INFO: Final = (
    "The API of one region of a warm standby deployment. Both regions have the same API: the site's config.json names"
    " the one that serves. A path or a method that is not here gets 404 `not_found`."
    " CORS allows the site's own origins. Each error has a stable `code` and a `message` for people."
)


OPEN_FUNCTIONS: Final = frozenset(route.function for route in ROUTES if route.path in OPEN_PATHS)


def document() -> Json:
    """Return the OpenAPI document."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requests = {str(route.schema["title"]): _request_schema(route) for route in ROUTES if route.schema}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Warm standby", "version": project["version"], "description": _INFO},
        "servers": [
            {
                "url": f"https://{{apiId}}.execute-api.{{region}}.amazonaws.com/{STAGE}",
                "description": "primary_api_gateway_url or failover_api_gateway_url of the outputs",
                "variables": {"apiId": {"default": "a1b2c3d4e5"}, "region": {"default": "us-west-2"}},
            }
        ],
        "paths": {f"/{route.path}": {route.method.lower(): _operation(route)} for route in ROUTES},
        "components": {"schemas": {**requests, **RESULT_SCHEMAS}, "securitySchemes": {"accessToken": _ACCESS_TOKEN}},
    }


def error_codes(function: str) -> dict[str, list[str]]:
    """Return the codes of each status of a function's route, with those of API Gateway for any request.

    API Gateway's default responses have statuses of their own, and may also come with a status of the function.
    """
    codes: dict[str, list[str]] = {"429": ["throttled"]}
    for errors in ERRORS[function]:
        for number, named in errors.items():
            codes[str(number)] = sorted({*codes.get(str(number), ()), *named})
    if function not in OPEN_FUNCTIONS:
        for response in SIGN_IN_RESPONSES:
            status = str(response.status_code)
            codes[status] = sorted({*codes.get(status, ()), response.code})
    for kind in ("4", "5"):
        (default,) = [one.code for one in GATEWAY_RESPONSES if one.response_type == f"DEFAULT_{kind}XX"]
        for status in (*(status for status in list(codes) if status.startswith(kind)), f"{kind}XX"):
            codes[status] = sorted({*codes.get(status, ()), default})
    return codes


def _request_schema(route: Route) -> Json:
    return {name: value for name, value in (route.schema or {}).items() if name != "$schema"}


def operation_id(route: Route) -> str:
    """Return the id of a route's operation."""
    return OPERATIONS.get(route.path, route.function)


def _errors_of(route: Route) -> dict[str, list[str]]:
    """Return the codes of each status of one route: without those of the function's other routes."""
    others = {code for codes in OWN_ERRORS.values() for code in codes} - OWN_ERRORS.get(
        operation_id(route), frozenset()
    )
    if route.path not in OPERATIONS:
        return error_codes(route.function)
    found = {
        status: [code for code in codes if code not in others] for status, codes in error_codes(route.function).items()
    }
    return {status: codes for status, codes in found.items() if codes}


def _parameters(route: Route) -> list[Json]:
    found = [_ID] if "{id}" in route.path else []
    return [*found, *{"health": [_DEEP], "documents": [_NEXT]}.get(operation_id(route), [])]


def _operation(route: Route) -> Json:
    name = operation_id(route)
    result = _content({"$ref": f"#/components/schemas/{RESULTS[name]}"})
    done = "202" if route.method == "DELETE" else "200"
    responses: Json = {done: {"description": "done" if done == "200" else "accepted", "content": result}}
    for status, codes in sorted(_errors_of(route).items()):
        temporary = {"headers": _RETRY_AFTER} if status in {"429", "503"} else {}
        responses[status] = {"description": " or ".join(codes), **temporary, "content": _content(_error(codes))}
    operation: Json = {"operationId": name, "summary": SUMMARIES[name]}
    operation["security"] = [] if route.path in OPEN_PATHS else [{"accessToken": []}, {}]
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if route.schema:
        title = route.schema["title"]
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{title}"}}}
        operation["requestBody"] = {"required": True, "content": content}
    if route.function == "health":
        unhealthy = [{"$ref": "#/components/schemas/HealthReport"}, _error(error_codes("health")["503"])]
        responses["503"] = {"description": "a check failed", "content": _content({"oneOf": unhealthy})}
    return {**operation, "responses": dict(sorted(responses.items()))}


_DEEP: Final[Json] = {
    "name": "deep",
    "in": "query",
    "description": "true: also retrieve a passage and ask the answer model; where users sign in, with a token",
    "schema": {"type": "string"},
}
_ID: Final[Json] = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "the id of a document",
    "schema": {"type": "string"},
}
_NEXT: Final[Json] = {
    "name": "next",
    "in": "query",
    "description": "the token of the page; without it, the first one",
    "schema": {"type": "string"},
}


def _content(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _error(codes: list[str]) -> Json:
    return _object({"error": _object({"code": {"enum": codes}, "message": _TEXT})})


def text() -> str:
    """Return the document as the file has it."""
    return json.dumps(document(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
