"""The answers of a sick region, without a server: which calls get them, and what has other types in them."""

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.rehearsal.emulator.sick_region import SickMiddleware, with_wrong_types
from standby.rehearsal.emulator.sickness import CALLS, SICK_MODES, Sickness, known_calls

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable, ASGIReceiveEvent, ASGISendCallable, ASGISendEvent, Scope

RUNBOOK = Path(__file__).resolve().parents[4] / "docs" / "runbook.md"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, min_size=1) | st.dictionaries(st.text(), inner, min_size=1),
)
UNCHANGED = b'{"size": 7}'
WRONG = b'{"message": ["We are sorry. Try again later."]}'
XML = b'<?xml version="1.0"?>\n<R xmlns="urn:r"><Contents><Key>a</Key><Size>7</Size></Contents><Next/></R>'


class Application:
    """Answers every request with `{"size": 7}`, and records the bodies of the requests."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, _scope: "Scope", receive: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
        message = await receive()
        assert message["type"] == "http.request"
        self.bodies.append(message["body"])
        headers = [(b"x-amzn-requestid", b"1"), (b"content-length", b"11"), (b"X-Amz-Checksum-Crc32", b"x")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": UNCHANGED, "more_body": False})


def call(application: Application, sickness: str, *, named: str, path: str = "/") -> tuple[int, bytes]:
    """Send one request in two parts; return the status and the body of the answer."""
    parts = iter([{"type": "http.request", "body": b"ab"[i : i + 1], "more_body": i == 0} for i in range(2)])
    scope = {"type": "http", "path": path, "headers": [(b"X-Rehearsal-Sick", sickness.encode())]}
    answer: list[ASGISendEvent] = []

    async def receive() -> "ASGIReceiveEvent":
        return cast("ASGIReceiveEvent", next(parts))

    async def send(message: "ASGISendEvent") -> None:
        answer.append(message)

    asyncio.run(SickMiddleware(application, lambda _scope, _body: named)(cast("Scope", scope), receive, send))
    starts = [message for message in answer if message["type"] == "http.response.start"]
    bodies = [message["body"] for message in answer if message["type"] == "http.response.body"]
    headers = dict(starts[0]["headers"])
    declared = headers[b"content-length"]
    assert b"X-Amz-Checksum-Crc32" not in headers or bodies == [UNCHANGED]  # it would be wrong
    assert declared == str(len(b"".join(bodies))).encode() or sickness.startswith("cut")
    return starts[0]["status"], b"".join(bodies)


@pytest.mark.parametrize(
    "sickness,named,affected",
    [
        ("empty", "ssm:GetParameter", True),
        ("empty", "", True),
        ("empty s3", "s3:PutObject", True),
        ("empty s3:PutObject", "s3:PutObject", True),
        ("empty s3:PutObject", "s3:GetObject", False),
        ("empty s3", "s3tables:PutObject", False),
        ("empty api pages", "pages", True),
        ("empty api", "pages", False),
        ("empty api", "", False),
        ("no mode", "api", False),
        ("", "api", False),
    ],
)
def test_a_call_is_affected_if_it_or_its_service_is_named(sickness: str, named: str, *, affected: bool) -> None:
    application = Application()
    answered = call(application, sickness, named=named)
    assert answered == ((200, b"") if affected else (201, UNCHANGED))
    assert application.bodies == ([] if affected else [b"a" if "empty" not in sickness else b"ab"])


def test_a_wrong_type_is_in_the_answer_of_a_read_and_a_write_is_not_made() -> None:
    application = Application()
    assert call(application, "wrong-type", named="ssm:GetParameter") == (201, b'{"size": "many"}')
    assert call(application, "wrong-type", named="api") == (201, b'{"size": "many"}')
    assert len(application.bodies) == 2
    assert call(application, "wrong-type", named="s3:PutObject") == (200, WRONG)
    assert len(application.bodies) == 2


def test_the_emulators_own_pages_are_never_sick() -> None:
    assert call(Application(), "html", named="", path="/_ministack/ready")[0] == 201


@given(VALUES)
def test_every_value_gets_another_type_and_the_shape_stays(value: object) -> None:
    assert_other_types(value, json.loads(with_wrong_types(json.dumps(value).encode())))


def assert_other_types(value: object, found: object) -> None:
    if isinstance(value, dict):
        assert isinstance(found, dict)
        assert value.keys() == found.keys()
        for name, member in value.items():
            assert_other_types(member, found[name])
    elif isinstance(value, list):
        assert isinstance(found, list)
        assert len(value) == len(found)
        for entry, changed in zip(value, found, strict=True):
            assert_other_types(entry, changed)
    else:
        assert type(found) is not type(value)


def test_every_text_of_an_xml_document_is_another_one() -> None:
    expected = XML.replace(b">a<", b">many<").replace(b">7<", b">many<")
    assert with_wrong_types(XML) == expected


@pytest.mark.parametrize("body", [b"", b"plain text", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_document_becomes_one_of_wrong_types(body: bytes) -> None:
    assert with_wrong_types(body) == WRONG


@given(st.sampled_from(SICK_MODES), st.lists(st.sampled_from(known_calls())))
def test_a_header_carries_mode_and_calls(mode: str, calls: list[str]) -> None:
    sickness = Sickness.from_header(" ".join((mode, *calls)))
    assert sickness is not None
    assert sickness.header_value() == " ".join((mode, *calls))


def test_every_permission_of_the_operator_is_a_call() -> None:
    policy = re.search(r"```json\n(\{.*?)```", RUNBOOK.read_text(), re.DOTALL)
    assert policy
    actions = [statement["Action"] for statement in json.loads(policy[1])["Statement"]]
    named = {action for found in actions for action in ([found] if isinstance(found, str) else found)}
    assert named - set(CALLS) == set()
