import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import urllib3

from tests.lambdas.helpers import (
    OFFLINE,
    ColdStart,
    Context,
    EmulatedRegion,
    Handler,
    Variables,
    api_event,
    body_of,
    error_of,
)

GOOD = {"fileName": "notes.txt", "fileType": "text/plain", "fileSize": 5}


@pytest.fixture
def upload(emulated: EmulatedRegion, cold_start: ColdStart, variables: Variables) -> Handler:
    return cold_start("upload", variables(emulated))


@pytest.fixture
def offline(cold_start: ColdStart, variables: Variables) -> Handler:
    """The function without AWS, which it does not need to presign or to refuse."""
    return cold_start("upload", variables(OFFLINE))


def presign(upload: Handler, **changes: object) -> dict[str, Any]:
    response = upload(api_event({**GOOD, **changes}), Context())
    assert response["statusCode"] == 200
    return body_of(response)


def post_form(emulated: EmulatedRegion, url: str, fields: Mapping[str, str], content: bytes) -> int:
    """Send a form as a browser does, but to the emulator. S3 requires the file to be the last field."""
    form: dict[str, str | tuple[str, bytes]] = {**fields, "file": ("f", content)}
    parts = urlsplit(url)
    sent = {"Host": parts.netloc}
    return urllib3.request(
        "POST", emulated.url + parts.path, fields=form, headers=sent, timeout=5, retries=False
    ).status


def test_a_presigned_upload_arrives_in_the_bucket(upload: Handler, emulated: EmulatedRegion) -> None:
    answer = presign(upload)
    assert post_form(emulated, answer["uploadUrl"], answer["fields"], b"hello") == 204
    found = boto3.client("s3", region_name=emulated.region).get_object(Bucket=emulated.bucket, Key=answer["key"])
    assert found["Body"].read() == b"hello"
    assert found["ContentType"] == "text/plain"


def test_an_upload_larger_than_the_limit_is_refused_by_s3(upload: Handler, emulated: EmulatedRegion) -> None:
    answer = presign(upload)
    assert post_form(emulated, answer["uploadUrl"], answer["fields"], b"x" * 1001) == 400


def test_an_upload_at_the_limit_is_accepted_by_s3(upload: Handler, emulated: EmulatedRegion) -> None:
    answer = presign(upload)
    assert post_form(emulated, answer["uploadUrl"], answer["fields"], b"x" * 1000) == 204


def test_an_empty_upload_is_refused_by_s3(upload: Handler, emulated: EmulatedRegion) -> None:
    answer = presign(upload)
    assert post_form(emulated, answer["uploadUrl"], answer["fields"], b"") == 400


@pytest.mark.parametrize("field,value", [("Content-Type", "application/x-sh"), ("key", "uploads/other.txt")])
def test_an_upload_with_another_type_or_key_is_refused_by_s3(
    upload: Handler, emulated: EmulatedRegion, field: str, value: str
) -> None:
    answer = presign(upload)
    assert post_form(emulated, answer["uploadUrl"], {**answer["fields"], field: value}, b"hello") == 403


def test_an_upload_under_a_name_with_a_form_variable_keeps_its_key(upload: Handler, emulated: EmulatedRegion) -> None:
    answer = presign(upload, fileName="${filename}.txt")
    assert post_form(emulated, answer["uploadUrl"], answer["fields"], b"hello") == 204
    boto3.client("s3", region_name=emulated.region).head_object(Bucket=emulated.bucket, Key=answer["key"])


def test_two_uploads_of_one_name_get_two_keys(offline: Handler) -> None:
    assert presign(offline)["key"] != presign(offline)["key"]


def test_the_answer_is_the_documented_one(offline: Handler) -> None:
    answer = presign(offline, fileName="dir/My Notes.TXT")
    assert set(answer) == {"uploadUrl", "fields", "key", "expiresIn"}
    assert answer["key"].startswith("uploads/")
    assert answer["key"].endswith("/My Notes.txt")
    assert answer["expiresIn"] == 300
    policy = json.loads(base64.b64decode(answer["fields"]["policy"]))
    assert {"key": answer["key"]} in policy["conditions"]
    assert {"Content-Type": "text/plain"} in policy["conditions"]
    assert ["content-length-range", 1, 1000] in policy["conditions"]


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2", "eu-central-1"])
def test_on_aws_the_form_is_sent_to_the_region_of_the_bucket(
    region: str, cold_start: ColdStart, variables: Variables
) -> None:
    upload = cold_start("upload", {**variables(OFFLINE), "AWS_REGION": region})
    assert presign(upload)["uploadUrl"] == f"https://documents-nowhere.s3.{region}.amazonaws.com/"


def test_the_form_is_sent_to_the_bucket_with_any_endpoint_of_the_function_s_own_calls(
    cold_start: ColdStart,
    variables: Variables,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    upload = cold_start("upload", variables(OFFLINE))
    assert presign(upload)["uploadUrl"] == "https://documents-nowhere.s3.us-west-2.amazonaws.com/"


@pytest.mark.parametrize(
    "changes,expected",
    [
        ({"fileName": ""}, (400, "unusable_name")),
        ({"fileName": None}, (400, "invalid_request")),
        ({"fileName": ["a.txt"]}, (400, "invalid_request")),
        ({"fileName": ".txt"}, (400, "unusable_name")),
        ({"fileName": "notes"}, (400, "unusable_name")),
        ({"fileName": "notes.exe"}, (400, "unsupported_type")),
        ({"fileName": "notes.txt.metadata.json", "fileType": "application/json"}, (400, "unsupported_type")),
        ({"fileType": "application/pdf"}, (400, "type_mismatch")),
        ({"fileType": ""}, (400, "type_mismatch")),
        ({"fileType": None}, (400, "invalid_request")),
        ({"fileSize": 1001}, (413, "too_large")),
        ({"fileSize": 0}, (400, "invalid_request")),
        ({"fileSize": True}, (400, "invalid_request")),
        ({"fileSize": "5"}, (400, "invalid_request")),
        ({"fileSize": 1.5}, (400, "invalid_request")),
    ],
)
def test_a_bad_upload_request_is_refused(
    offline: Handler, changes: dict[str, object], expected: tuple[int, str]
) -> None:
    assert error_of(offline(api_event({**GOOD, **changes}), Context())) == expected


def test_half_a_character_in_a_name_becomes_a_safe_one(offline: Handler) -> None:
    assert presign(offline, fileName="a\ud83d.txt")["key"].endswith("/a_.txt")


def test_a_metadata_file_is_refused_even_if_json_is_allowed(cold_start: ColdStart, variables: Variables) -> None:
    upload = cold_start("upload", {**variables(OFFLINE), "UPLOAD_TYPES": '{".json": "application/json"}'})
    request = {"fileName": "a.METADATA.json", "fileType": "application/json"}
    assert error_of(upload(api_event(request), Context())) == (400, "unsupported_type")


def test_the_file_size_is_optional(offline: Handler) -> None:
    request = {"fileName": "notes.md", "fileType": "Text/Markdown"}
    assert offline(api_event(request), Context())["statusCode"] == 200


def test_the_uploader_is_in_the_object_s_metadata_where_users_sign_in(
    upload: Handler, emulated: EmulatedRegion
) -> None:
    event = api_event({"fileName": "notes.txt", "fileType": "text/plain"})
    event["requestContext"]["authorizer"] = {"sub": "auth0|ann ü", "claims": "{}"}
    form = body_of(upload(event, Context()))
    assert post_form(emulated, form["uploadUrl"], form["fields"], b"x") in {200, 204}
    stored = boto3.client("s3", region_name=emulated.region).head_object(Bucket=emulated.bucket, Key=form["key"])
    assert stored["Metadata"] == {"uploaded-by": "auth0%7Cann%20%C3%BC"}


def test_another_uploader_than_the_caller_is_refused_by_s3(upload: Handler, emulated: EmulatedRegion) -> None:
    event = api_event({"fileName": "notes.txt", "fileType": "text/plain"})
    event["requestContext"]["authorizer"] = {"sub": "ann", "claims": "{}"}
    form = body_of(upload(event, Context()))
    forged = {**form["fields"], "x-amz-meta-uploaded-by": "bob"}
    assert post_form(emulated, form["uploadUrl"], forged, b"x") == 403


def test_without_sign_in_no_uploader_is_written(offline: Handler) -> None:
    assert not [name for name in presign(offline)["fields"] if name.startswith("x-amz-meta-")]
