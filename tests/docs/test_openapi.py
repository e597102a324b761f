"""docs/openapi.json is written from the code, is valid, and names every error of the functions."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from jsonschema import Draft202012Validator, ValidationError
from openapi_spec_validator import OpenAPIV31SpecValidator

from docs.openapi import ERRORS, FILE, OPERATIONS, OWN_ERRORS, document, error_codes, text
from health.checks import NotReadyError
from health.report import make_report
from shared.api import Response, serve
from shared.errors import THROTTLING, TRANSIENT
from shared.logs import Log
from tests.constructs.plan import ROOT
from tests.lambdas.helpers import SITE_ORIGIN, Context
from warm_standby.api.definition import GATEWAY_RESPONSES, ROUTES

CREATORS = {"bad_request": (400, 0), "_temporary": (None, 1), "_permanent": (502, 0)}
"""The functions of `lambda_src` that make an `ApiError`: the status, and the place of the code."""


def raised(package: str) -> set[tuple[int, str]]:
    """Return the status and the code of each error that a package creates."""
    paths = (ROOT / "lambda_src" / package).glob("*.py")
    return {error for path in paths for error in errors_in(path)}


def errors_in(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        named = {word.arg: word.value for word in node.keywords}
        if node.func.id == "ApiError" and isinstance(named["code"], ast.Constant):
            yield ast.literal_eval(named["status"]), ast.literal_eval(named["code"])
        elif node.func.id in CREATORS:
            status, place = CREATORS[node.func.id]
            yield status or ast.literal_eval(node.args[0]), ast.literal_eval(node.args[place])


def documented(function: str) -> set[tuple[int, str]]:
    return {(status, code) for errors in ERRORS[function] for status, codes in errors.items() for code in codes}


def test_the_file_is_the_one_that_the_code_writes() -> None:
    assert FILE.read_text("utf-8") == text(), "make docs"


def test_the_document_is_valid() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(document()).iter_errors()] == []


def test_every_error_of_the_functions_is_documented_and_no_other() -> None:
    packages = {route.function for route in ROUTES}
    found = {error for package in (*packages, "shared") for error in raised(package)}
    assert len(found) > 10
    assert {error for function in packages for error in documented(function)} == found


@pytest.mark.parametrize("function", sorted({route.function for route in ROUTES}))
def test_a_route_documents_the_errors_of_its_own_function(function: str) -> None:
    assert raised(function) <= documented(function)
    of_others = {error for route in ROUTES if route.function != function for error in raised(route.function)}
    assert documented(function).isdisjoint(of_others - raised(function) - raised("shared"))


def test_the_operations_of_one_function_have_its_own_errors_together() -> None:
    own = {code for codes in OWN_ERRORS.values() for code in codes}
    assert own == {code for _, code in raised("documents")}
    for path, operation in OPERATIONS.items():
        (found,) = document()["paths"][f"/{path}"].values()
        schemas = [answer["content"]["application/json"]["schema"] for answer in found["responses"].values()]
        errors = [
            schema["properties"]["error"]["properties"]["code"]["enum"] for schema in schemas if "$ref" not in schema
        ]
        assert {code for codes in errors for code in codes} & own == OWN_ERRORS[operation]


def test_the_errors_of_api_gateway_are_documented() -> None:
    codes = {
        route.function: {code for named in error_codes(route.function).values() for code in named} for route in ROUTES
    }
    for response in GATEWAY_RESPONSES:
        if response.response_type == "MISSING_AUTHENTICATION_TOKEN":
            assert f"404 `{response.code}`" in document()["info"]["description"]
        else:
            routes = [route for route in ROUTES if route.schema or response.response_type != "BAD_REQUEST_BODY"]
            assert all(response.code in codes[route.function] for route in routes), response


def test_the_requests_are_those_that_api_gateway_checks() -> None:
    schemas = json.loads(FILE.read_text("utf-8"))["components"]["schemas"]
    for route in ROUTES:
        if route.schema:
            assert {"$schema": route.schema["$schema"], **schemas[route.schema["title"]]} == json.loads(
                json.dumps(route.schema)
            )


def response_schema(function: str, status: int) -> dict[str, Any]:
    (path,) = [route.path for route in ROUTES if route.function == function]
    (operation,) = document()["paths"][f"/{path}"].values()
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    return {**schema, "components": document()["components"]}


@pytest.mark.parametrize("code", sorted({*THROTTLING, *TRANSIENT, "AccessDeniedException", "ConflictException", "Odd"}))
def test_a_failed_call_of_aws_becomes_a_documented_error(code: str) -> None:
    def fail(_event: object, _log: Log) -> Response:
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "Converse")

    answer = serve({}, Context(), site_origin=SITE_ORIGIN, log=Log(), route=fail)
    schema = response_schema("query", int(str(answer["statusCode"])))
    Draft202012Validator(schema).validate(json.loads(str(answer["body"])))


def test_the_report_of_an_unhealthy_region_is_documented() -> None:
    def fail() -> None:
        raise NotReadyError("KnowledgeBaseNotActive")

    report = make_report({"good": lambda: None, "bad": fail}, region="us-west-2", deadline_seconds=5)
    schema = response_schema("health", report.response.status)
    body = json.loads(json.dumps(report.response.body))
    Draft202012Validator(schema).validate(body)
    assert (report.response.status, body["checks"]["bad"]["status"]) == (503, "failed")
    del body["checks"]["bad"]["status"]
    with pytest.raises(ValidationError):
        Draft202012Validator(schema).validate(body)
