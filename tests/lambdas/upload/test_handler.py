import base64
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import urllib3

from tests.lambdas.helpers import NOWHERE, Context, Handler, World, api_event, body_of, error_of

GOOD = {"fileName": "notes.txt", "fileType": "text/plain", "fileSize": 5}


@pytest.fixture
def upload(world: World, cold_start: Callable[..., Handler], variables: Callable[[World], dict[str, str]]) -> Handler:
    return cold_start("upload", variables(world))


@pytest.fixture
def offline(cold_start: Callable[..., Handler], variables: Callable[[World], dict[str, str]]) -> Handler:
    """The function without any AWS: presigning and refusing need none."""
    return cold_start("upload", variables(NOWHERE))


def presign(upload: Handler, **changes: object) -> dict[str, Any]:
    response = upload(api_event({**GOOD, **changes}), Context())
    assert response["statusCode"] == 200
    return body_of(response)


def post_form(world: World, url: str, fields: Mapping[str, str], content: bytes) -> int:
    """Send a form as a browser does, but to where the bucket's host name is served here; S3 wants the file last."""
    form: dict[str, str | tuple[str, bytes]] = {**fields, "file": ("f", content)}
    parts = urlsplit(url)
    sent = {"Host": parts.netloc}
    return urllib3.request("POST", world.url + parts.path, fields=form, headers=sent, timeout=5, retries=False).status


def test_a_presigned_upload_arrives_in_the_bucket(upload: Handler, world: World) -> None:
    answer = presign(upload)
    assert post_form(world, answer["uploadUrl"], answer["fields"], b"hello") == 204
    found = boto3.client("s3", region_name=world.region).get_object(Bucket=world.bucket, Key=answer["key"])
    assert found["Body"].read() == b"hello"
    assert found["ContentType"] == "text/plain"


def test_an_upload_larger_than_the_limit_is_refused_by_s3(upload: Handler, world: World) -> None:
    answer = presign(upload)
    assert post_form(world, answer["uploadUrl"], answer["fields"], b"x" * 1001) == 400


def test_an_upload_at_the_limit_is_taken_by_s3(upload: Handler, world: World) -> None:
    answer = presign(upload)
    assert post_form(world, answer["uploadUrl"], answer["fields"], b"x" * 1000) == 204


def test_an_empty_upload_is_refused_by_s3(upload: Handler, world: World) -> None:
    answer = presign(upload)
    assert post_form(world, answer["uploadUrl"], answer["fields"], b"") == 400


@pytest.mark.parametrize("field,value", [("Content-Type", "application/x-sh"), ("key", "uploads/other.txt")])
def test_an_upload_with_another_type_or_key_is_refused_by_s3(
    upload: Handler, world: World, field: str, value: str
) -> None:
    answer = presign(upload)
    assert post_form(world, answer["uploadUrl"], {**answer["fields"], field: value}, b"hello") == 403


def test_an_upload_under_a_name_with_a_form_variable_keeps_its_key(upload: Handler, world: World) -> None:
    answer = presign(upload, fileName="${filename}.txt")
    assert post_form(world, answer["uploadUrl"], answer["fields"], b"hello") == 204
    boto3.client("s3", region_name=world.region).head_object(Bucket=world.bucket, Key=answer["key"])


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
def test_on_aws_the_form_goes_to_the_buckets_own_region(
    region: str, cold_start: Callable[..., Handler], variables: Callable[[World], dict[str, str]]
) -> None:
    upload = cold_start("upload", {**variables(NOWHERE), "AWS_REGION": region})
    assert presign(upload)["uploadUrl"] == f"https://documents-nowhere.s3.{region}.amazonaws.com/"


def test_the_form_goes_to_the_bucket_whatever_endpoint_the_functions_own_calls_have(
    cold_start: Callable[..., Handler],
    variables: Callable[[World], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    upload = cold_start("upload", variables(NOWHERE))
    assert presign(upload)["uploadUrl"] == "https://documents-nowhere.s3.us-west-2.amazonaws.com/"


@pytest.mark.parametrize(
    "changes,expected",
    [
        ({"fileName": ""}, (400, "invalid_request")),
        ({"fileName": None}, (400, "invalid_request")),
        ({"fileName": ["a.txt"]}, (400, "invalid_request")),
        ({"fileName": "\ud800.txt"}, (400, "invalid_request")),
        ({"fileName": ".txt"}, (400, "invalid_request")),
        ({"fileName": "notes"}, (400, "invalid_request")),
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


def test_a_metadata_file_is_refused_even_where_json_is_allowed(
    cold_start: Callable[..., Handler], variables: Callable[[World], dict[str, str]]
) -> None:
    upload = cold_start("upload", {**variables(NOWHERE), "UPLOAD_TYPES": '{".json": "application/json"}'})
    request = {"fileName": "a.METADATA.json", "fileType": "application/json"}
    assert error_of(upload(api_event(request), Context())) == (400, "unsupported_type")


def test_the_file_size_may_be_left_out(offline: Handler) -> None:
    request = {"fileName": "notes.md", "fileType": "Text/Markdown"}
    assert offline(api_event(request), Context())["statusCode"] == 200
