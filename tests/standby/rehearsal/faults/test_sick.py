"""A sick region answers nonsense through its real region proxy, to the calls that are named and to no other."""

import json
import time
from collections.abc import Callable

import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

from standby.deployment.manifest import Role
from standby.errors import BadUsageError
from standby.rehearsal.emulator.sick_region import DECLARED_BYTES, DRIP_SECONDS, PAGE
from standby.rehearsal.emulator.sickness import SICK_MODES, SickMode, Sickness
from tests.standby.rehearsal.network.helpers import SmallRehearsal

SHORT_SECONDS = 3.0
JSON_BODY = b'{"generation": 1, "bucket": "x"}'


def make_sick(small: SmallRehearsal, mode: SickMode, *calls: str, role: Role = "primary") -> None:
    small.rehearsal.faults.set("sick", role, sickness=Sickness(mode=mode, calls=calls))


def health(small: SmallRehearsal, role: Role = "primary") -> urllib3.BaseHTTPResponse:
    return small.client.request("GET", f"{small.rehearsal.deployment.regions[role].api_url}health", timeout=2)


def put_object(small: SmallRehearsal) -> str:
    return small_call(small, lambda s3: s3.put_object(Bucket=small.bucket("primary"), Key="sick.json", Body=JSON_BODY))


def list_objects(small: SmallRehearsal) -> str:
    return small_call(small, lambda s3: s3.list_objects_v2(Bucket=small.bucket("primary")))


def small_call(small: SmallRehearsal, call: Callable[..., dict[str, object]]) -> str:
    """Return "good" for an answer of S3 through the region proxy, else why it is none."""
    s3 = small.sessions["primary"].client(
        "s3",
        endpoint_url=small.rehearsal.network.region_proxies["us-west-2"],
        config=Config(retries={"total_max_attempts": 1}, read_timeout=SHORT_SECONDS),
    )
    try:
        answer = call(s3)
    except Exception as error:  # noqa: BLE001 - botocore fails in as many ways as there are answers
        return type(error).__name__
    return "good" if "ETag" in answer or "Contents" in answer else "empty"


@pytest.mark.parametrize(
    "mode,status,content_type,body",
    [
        ("html", 200, "text/html", PAGE),
        ("empty", 200, None, b""),
        ("redirect", 302, None, b""),
        ("json", 200, "application/json", b'{"message": "We are sorry. Try again later."}'),
        ("wrong-type", 200, "application/json", b'{"role": ["primary"]}'),
    ],
)
def test_the_api_answers_as_the_mode_says(
    small: SmallRehearsal, mode: SickMode, status: int, content_type: str | None, body: bytes
) -> None:
    make_sick(small, mode)
    answer = health(small)
    assert (answer.status, answer.headers.get("Content-Type"), answer.data) == (status, content_type, body)
    assert health(small, "failover").status == 200
    small.rehearsal.faults.heal()
    assert json.loads(health(small).data) == {"role": "primary"}


def test_a_body_that_is_cut_ends_before_its_length(small: SmallRehearsal) -> None:
    make_sick(small, "cut")
    with pytest.raises(
        urllib3.exceptions.ProtocolError, match=f"{len(PAGE)} bytes read, {DECLARED_BYTES - len(PAGE)} more"
    ):
        health(small)


def test_a_dripping_region_sends_one_byte_a_second(small: SmallRehearsal) -> None:
    make_sick(small, "drip")
    url = f"{small.rehearsal.urls.primary_api}health"
    began = time.monotonic()
    answer = urllib3.request("GET", url, preload_content=False, retries=False, timeout=SHORT_SECONDS)
    assert [answer.read(1), answer.read(1), answer.read(1)] == [PAGE[:1], PAGE[1:2], PAGE[2:3]]
    assert time.monotonic() - began >= 2 * DRIP_SECONDS * 0.9
    answer.close()


@pytest.mark.parametrize("mode", [mode for mode in SICK_MODES if mode != "drip"])
def test_s3_gives_no_good_answer_and_a_write_has_no_effect(small: SmallRehearsal, mode: SickMode) -> None:
    make_sick(small, mode, "s3")
    assert "good" not in {list_objects(small), put_object(small)}
    assert health(small).status == 200
    with pytest.raises(ClientError, match="404"):
        small.s3["primary"].head_object(Bucket=small.bucket("primary"), Key="sick.json")


def test_only_the_named_call_is_affected(small: SmallRehearsal) -> None:
    make_sick(small, "html", "s3:PutObject")
    assert (list_objects(small), put_object(small)) == ("good", "ClientError")
    assert health(small).status == 200
    make_sick(small, "html", "api", "s3:ListBucket")
    assert (list_objects(small) == "good", put_object(small)) == (False, "good")
    assert health(small).data == PAGE
    small.s3["primary"].delete_object(Bucket=small.bucket("primary"), Key="sick.json")


def test_a_region_changes_its_mode_and_stays_sick_since_the_first(small: SmallRehearsal) -> None:
    make_sick(small, "html")
    since = small.rehearsal.faults.active()[0].since
    make_sick(small, "redirect", "api")
    (fault,) = small.rehearsal.faults.active()
    assert (fault.mode, fault.calls, fault.since) == ("redirect", ("api",), since)
    assert "sick (redirect for api) in the primary region" in str(fault)
    assert health(small).status == 302


def test_another_fault_keeps_a_region_sick(small: SmallRehearsal) -> None:
    make_sick(small, "empty", "api")
    small.rehearsal.faults.set("s3-errors", "primary")
    assert (health(small).data, list_objects(small)) == (b"", "ClientError")


def test_an_upload_by_a_presigned_form_is_s3(small: SmallRehearsal) -> None:
    bucket = "documents-us-west-2"
    make_sick(small, "html", "s3:PutObject")
    form = small.s3["primary"].generate_presigned_post(bucket, "form.txt")
    url = f"https://{bucket}.s3.us-west-2.amazonaws.com/"
    answer = small.client.request("POST", url, fields={**form["fields"], "file": ("form.txt", b"text", "text/plain")})
    assert (answer.status, answer.data) == (200, PAGE)


def test_sick_needs_a_mode_and_known_calls_and_no_other_fault_has_them(small: SmallRehearsal) -> None:
    faults = small.rehearsal.faults
    with pytest.raises(BadUsageError, match="--mode"):
        faults.set("sick", "primary")
    with pytest.raises(BadUsageError, match="no --mode"):
        faults.set("slow", "primary", milliseconds=1, sickness=Sickness(mode="html"))
    with pytest.raises(BadUsageError, match="no --milliseconds"):
        faults.set("sick", "primary", milliseconds=1, sickness=Sickness(mode="html"))
    with pytest.raises(BadUsageError, match="Not a call: s4"):
        make_sick(small, "html", "s4")
    assert faults.active() == ()


@pytest.mark.parametrize("mode,status,body", [("html", 200, PAGE), ("empty", 200, b""), ("redirect", 302, b"")])
def test_the_edge_serves_what_a_sick_bucket_answers_unless_it_has_the_page(
    small: SmallRehearsal, mode: SickMode, status: int, body: bytes
) -> None:
    small.put("primary", "kept.html", b"kept", CacheControl="max-age=600")
    page = small.get("/kept.html", cold=False).data
    make_sick(small, mode, "pages")
    answer = small.get("/kept.html")
    assert (answer.status, answer.data, answer.headers["X-Rehearsal-Served-By"]) == (status, body, "primary")
    assert small.get("/kept.html", cold=False).data == page == b"kept"
    assert json.loads(small.get("/config.json").data)["bucket"] == "failover"


def test_a_page_that_breaks_off_reaches_the_viewer_as_it_is(small: SmallRehearsal) -> None:
    make_sick(small, "cut", "pages")
    missing = DECLARED_BYTES - len(PAGE)
    with pytest.raises(urllib3.exceptions.ProtocolError, match=f"{len(PAGE)} bytes read, {missing} more"):
        small.get("/")
    small.rehearsal.faults.heal()
    assert small.get("/").status == 200
