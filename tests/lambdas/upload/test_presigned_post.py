"""A repeated upload, in either region, is one document."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.lambdas.helpers import (
    OFFLINE,
    ColdStart,
    Context,
    Handler,
    Variables,
    api_event,
    body_of,
    error_of,
)

REQUEST = {"fileName": "notes.txt", "fileType": "text/plain"}

FunctionIn = Callable[[str], Handler]


@pytest.fixture
def function_in(cold_start: ColdStart, variables: Variables) -> FunctionIn:
    """The function of a region without AWS, which presigning does not need."""

    def start(region: str) -> Handler:
        return cold_start("upload", {**variables(OFFLINE), "AWS_REGION": region})

    return start


def key(function: Handler, upload_id: object) -> str:
    answer: dict[str, Any] = body_of(function(api_event({**REQUEST, "uploadId": upload_id}), Context()))
    return str(answer["key"])


def test_a_repeated_upload_has_the_same_key_in_every_region(function_in: FunctionIn) -> None:
    upload_id = str(uuid.uuid4())
    written = [upload_id, upload_id.upper()]
    functions = [function_in(region) for region in ("us-west-2", "us-east-1")]
    assert len({key(function, one) for function in functions for one in written}) == 1


def test_two_upload_ids_get_two_keys(function_in: FunctionIn) -> None:
    function = function_in("us-west-2")
    assert len({key(function, str(uuid.uuid4())) for _ in range(20)}) == 20


def test_an_upload_id_cannot_be_derived_from_its_key(function_in: FunctionIn) -> None:
    function, upload_id = function_in("us-west-2"), str(uuid.uuid4())
    first = key(function, upload_id)
    assert upload_id not in first
    assert key(function, first.split("/")[1]) != first


@pytest.mark.parametrize(
    "upload_id", ["../other", "", 7, [], "6c5f7c3e", "{0b8f6c0e-4a7e-4c53-9d1e-6f2a1b3c4d5e}", "\u0661" * 32]
)
def test_an_upload_id_that_is_not_a_uuid_is_refused(function_in: FunctionIn, upload_id: object) -> None:
    function = function_in("us-west-2")
    event = api_event({**REQUEST, "uploadId": upload_id})
    assert error_of(function(event, Context())) == (400, "invalid_request")
