"""The requests that the API and S3 refuse, and their error responses."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import Document, call, send
from warm_standby.api.definition import ROUTES

if TYPE_CHECKING:
    from standby.rehearsal.network.network import FormField

ORIGIN = "Access-Control-Allow-Origin"


@pytest.mark.parametrize(
    "path,body,status,code",
    [
        ("docs", "{", 400, "invalid_json"),
        ("docs", "[]", 400, "invalid_json"),
        ("docs", "{}", 400, "invalid_request"),
        ("docs", '{"question": "   "}', 400, "invalid_request"),
        ("docs", json.dumps({"question": "x" * 1001}), 400, "invalid_request"),
        ("docs", '{"question": "x", "history": [{"role": "system", "text": "x"}]}', 400, "invalid_request"),
        ("docs", '{"question": "x", "modelId": "meta.llama3-8b-instruct-v1:0"}', 400, "model_not_allowed"),
        ("upload", "not json", 400, "invalid_json"),
        ("upload", '{"fileName": "a.txt"}', 400, "invalid_request"),
        ("upload", '{"fileName": "a.exe", "fileType": "application/x-msdownload"}', 400, "unsupported_type"),
        ("upload", '{"fileName": "a.txt", "fileType": "application/pdf"}', 400, "type_mismatch"),
        ("upload", '{"fileName": "a.txt", "fileType": "text/plain", "fileSize": 1048577}', 413, "too_large"),
    ],
)
def test_a_bad_request_is_refused_with_its_code(
    rehearsal: Rehearsal, path: str, body: str, status: int, code: str
) -> None:
    response = call(rehearsal, "primary", "POST", path, body=body.encode())
    error = json.loads(response.data)["error"]
    assert (response.status, error["code"]) == (status, code)
    assert error["message"]
    assert response.headers[ORIGIN] == rehearsal.outputs["cloudfront_url"]


def test_an_unknown_path_is_not_found_and_the_site_may_read_the_error(rehearsal: Rehearsal) -> None:
    response = call(rehearsal, "primary", "GET", "nothing")
    assert (response.status, json.loads(response.data)["error"]["code"]) == (404, "not_found")
    assert response.headers[ORIGIN] == rehearsal.outputs["cloudfront_url"]


@pytest.mark.parametrize("path,method", [(route.path, route.method) for route in ROUTES])
def test_the_preflight_allows_only_the_site(rehearsal: Rehearsal, path: str, method: str) -> None:
    response = call(rehearsal, "failover", "OPTIONS", path)
    assert response.status == 204
    assert response.headers[ORIGIN] == rehearsal.outputs["cloudfront_url"]
    assert method in response.headers["Access-Control-Allow-Methods"]


def test_a_request_may_name_a_model_that_the_settings_allow(rehearsal: Rehearsal) -> None:
    body = {"question": "Anything?", "modelId": "us.anthropic.claude-sonnet-4-6"}
    assert call(rehearsal, "primary", "POST", "docs", body=json.dumps(body).encode()).status == 200


def _presigned(rehearsal: Rehearsal) -> dict[str, Any]:
    presigned = rehearsal.api("primary").post("upload", {"fileName": Document().name, "fileType": "text/plain"})
    return dict(presigned)


def _post(rehearsal: Rehearsal, presigned: dict[str, Any], *, content: bytes, **changed: str) -> int:
    file: FormField = ("a.txt", content, "text/plain")
    fields = {**presigned["fields"], **changed, "file": file}
    return send("POST", presigned["uploadUrl"], endpoint=rehearsal.endpoint, fields=fields).status


def _exists(rehearsal: Rehearsal, key: str) -> bool:
    bucket = rehearsal.deployment.regions["primary"].documents_bucket
    s3 = rehearsal.session("primary").client("s3")
    return bool(s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents"))


def test_s3_accepts_an_upload_of_the_maximum_size(rehearsal: Rehearsal) -> None:
    presigned = _presigned(rehearsal)
    assert _post(rehearsal, presigned, content=b"x" * 1024 * 1024) in {200, 201, 204}
    assert _exists(rehearsal, presigned["key"])


def test_an_upload_larger_than_the_limit_is_refused_by_s3(rehearsal: Rehearsal) -> None:
    presigned = _presigned(rehearsal)
    assert _post(rehearsal, presigned, content=b"x" * (1024 * 1024 + 1)) == 400
    assert not _exists(rehearsal, presigned["key"])


def test_an_empty_upload_is_refused_by_s3(rehearsal: Rehearsal) -> None:
    presigned = _presigned(rehearsal)
    assert _post(rehearsal, presigned, content=b"") == 400
    assert not _exists(rehearsal, presigned["key"])


def test_an_upload_of_another_content_type_is_refused_by_s3(rehearsal: Rehearsal) -> None:
    presigned = _presigned(rehearsal)
    assert _post(rehearsal, presigned, content=b"x", **{"Content-Type": "text/html"}) == 403
    assert not _exists(rehearsal, presigned["key"])


def test_an_upload_under_another_key_is_refused_by_s3(rehearsal: Rehearsal) -> None:
    presigned = _presigned(rehearsal)
    assert _post(rehearsal, presigned, content=b"x", key="uploads/other.txt") == 403
    assert not _exists(rehearsal, "uploads/other.txt")


def test_a_bucket_refuses_requests_without_tls(rehearsal: Rehearsal) -> None:
    bucket = rehearsal.deployment.regions["primary"].documents_bucket
    url = f"{rehearsal.endpoint}/{bucket}?list-type=2"
    assert send("GET", url, endpoint=rehearsal.endpoint, headers={"X-Forwarded-Proto": "http"}).status == 403
