"""The running API answers as docs/openapi.json says: statuses, bodies and error codes."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from docs.openapi import FILE
from standby.deployment.manifest import ROLES, Role
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import Document, call, cites, upload, wait_for

Json = dict[str, Any]

DOCUMENT: Final[Json] = json.loads(FILE.read_text("utf-8"))
OPERATIONS: Final = {
    operation["operationId"]: (method.upper(), path.removeprefix("/"), operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
UPLOAD: Final = {"fileName": "a.txt", "fileType": "text/plain"}
REFUSALS: Final[tuple[tuple[str, object, str], ...]] = (
    ("query", "{", "invalid_json"),
    ("query", {}, "invalid_request"),
    ("query", {"question": "\u200b"}, "invalid_request"),
    ("query", {"question": "x", "history": [{"role": "system", "text": "x"}]}, "invalid_request"),
    ("query", {"question": "x", "modelId": "meta.llama3-8b-instruct-v1:0"}, "model_not_allowed"),
    ("query", {"question": "x", "padding": "x" * 300_000}, "too_large"),
    ("upload", "{", "invalid_json"),
    ("upload", {"fileName": "a.txt"}, "invalid_request"),
    ("upload", {**UPLOAD, "fileName": ".txt"}, "unusable_name"),
    ("upload", {**UPLOAD, "fileName": "a.exe"}, "unsupported_type"),
    ("upload", {**UPLOAD, "fileType": "text/html"}, "type_mismatch"),
    ("upload", {**UPLOAD, "fileSize": 2**40}, "too_large"),
)


def closed(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Return a schema whose objects have no fields that it does not name."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    own = {"additionalProperties": False} if "properties" in schema else {}
    return {**own, **{name: closed(value) for name, value in schema.items()}}


def complaints(operation: Mapping[str, Any], status: int, body: object) -> list[str]:
    """Return how a response differs from the document: its status, or its body."""
    response = operation["responses"].get(str(status))
    if response is None:
        return [f"{status} is not documented"]
    schema = closed({**response["content"]["application/json"]["schema"], "components": DOCUMENT["components"]})
    checker = Draft202012Validator.FORMAT_CHECKER
    return [error.message for error in Draft202012Validator(schema, format_checker=checker).iter_errors(body)]


def answer(  # noqa: PLR0917 - a request in one line
    rehearsal: Rehearsal, role: Role, operation_id: str, body: object = None, query: str = "", identifier: str = ""
) -> tuple[int, Any]:
    method, path, _ = OPERATIONS[operation_id]
    path = path.replace("{id}", identifier)
    raw = body if isinstance(body, str) else json.dumps(body)
    sent = None if body is None else raw.encode()
    response = call(rehearsal, role, method, path + query, body=sent)
    return response.status, json.loads(response.data)


def assert_documented(operation_id: str, status: int, body: object) -> None:
    assert complaints(OPERATIONS[operation_id][2], status, body) == [], body


@pytest.mark.parametrize("role", ROLES)
def test_every_operation_answers_as_documented(rehearsal: Rehearsal, role: Role) -> None:
    document = Document()
    key = upload(rehearsal, role, document)
    wait_for(partial(cites, rehearsal, role, document, key), what="found")
    answers = {
        "query": answer(rehearsal, role, "query", {"question": document.question, "history": None}),
        "upload": answer(rehearsal, role, "upload", UPLOAD),
        "ingestion_status": answer(rehearsal, role, "ingestion_status"),
        "health": answer(rehearsal, role, "health", query="?deep=true"),
    }
    identifier = key.split("/")[1]
    for name in ("documents", "document_content", "delete_document"):
        answers[name] = answer(rehearsal, role, name, identifier=identifier)
    assert set(answers) == set(OPERATIONS)
    for operation_id, (status, body) in answers.items():
        assert status == (202 if operation_id == "delete_document" else 200)
        assert_documented(operation_id, status, body)
    assert answers["query"][1]["citations"]
    assert answers["ingestion_status"][1]["jobs"]


def test_an_answer_without_a_document_and_a_shallow_report_are_documented_too(rehearsal: Rehearsal) -> None:
    for operation_id, body in (("query", {"question": "xyzzyplughnothinglikethis"}), ("health", None)):
        status, answered = answer(rehearsal, "primary", operation_id, body)
        assert status == 200
        assert_documented(operation_id, status, answered)


@pytest.mark.parametrize("operation_id,body,code", REFUSALS)
def test_a_wrong_body_gets_the_documented_error(
    rehearsal: Rehearsal, operation_id: str, body: object, code: str
) -> None:
    status, refused = answer(rehearsal, "primary", operation_id, body)
    assert refused["error"]["code"] == code
    assert status == (413 if code == "too_large" else 400)
    assert_documented(operation_id, status, refused)


@pytest.mark.parametrize(
    "operation_id,identifier,query,code",
    [
        ("documents", "", "?next=!", "invalid_request"),
        ("delete_document", "none", "", "unknown_document"),
        ("delete_document", "key-eA", "", "not_deletable"),
        ("document_content", "none", "", "unknown_document"),
    ],
)
def test_a_wrong_id_or_token_gets_the_documented_error(
    rehearsal: Rehearsal, operation_id: str, identifier: str, query: str, code: str
) -> None:
    status, refused = answer(rehearsal, "primary", operation_id, query=query, identifier=identifier)
    assert refused["error"]["code"] == code
    assert_documented(operation_id, status, refused)


@pytest.mark.parametrize("operation_id", ["query", "upload"])
def test_every_documented_refusal_of_a_body_is_tried(operation_id: str) -> None:
    responses = OPERATIONS[operation_id][2]["responses"]
    schemas = [responses[status]["content"]["application/json"]["schema"] for status in ("400", "413")]
    codes = {code for schema in schemas for code in schema["properties"]["error"]["properties"]["code"]["enum"]}
    assert {case[2] for case in REFUSALS if case[0] == operation_id} == codes - {"refused"}  # API Gateway's own


@pytest.mark.parametrize(
    "status,body",
    [
        (418, {}),
        (200, {"response": "", "citation": "", "citations": [], "sessionId": "", "region": "", "more": 1}),
        (200, {"response": "", "citation": "", "citations": [{"uri": ""}], "sessionId": "", "region": ""}),
        (400, {"error": {"code": "unknown", "message": ""}}),
        (400, {"error": {"code": "refused"}}),
    ],
)
def test_what_the_document_does_not_say_is_noticed(status: int, body: object) -> None:
    assert complaints(OPERATIONS["query"][2], status, body) != []
