"""The sweep returns the decision of `ingest`; any other answer is an error that quotes the answer."""

import io
from types import SimpleNamespace
from typing import Any

import pytest

from standby.deployment.sweep import run_sweep
from standby.errors import StandbyError
from tests.standby.helpers import MANIFEST

REGION = MANIFEST.regions["primary"]


def client_with(payload: bytes, **answer: str) -> Any:  # noqa: ANN401 - a fake of boto3's client
    """Return a client whose function returns this payload."""
    return SimpleNamespace(invoke=lambda **_: {"Payload": io.BytesIO(payload), **answer})


def test_the_decision_is_returned() -> None:
    assert run_sweep(client_with(b'{"decision": "covered"}'), REGION) == "covered"


@pytest.mark.parametrize("payload", [b"", b"null", b'"covered"', b"<html>", b"\xff", b"[" * 4000])
def test_an_answer_without_a_decision_is_an_error(payload: bytes) -> None:
    with pytest.raises(StandbyError, match=f"{REGION.ingest_function} failed: "):
        run_sweep(client_with(payload), REGION)


def test_a_failed_function_is_an_error_with_any_payload() -> None:
    with pytest.raises(StandbyError, match="boom"):
        run_sweep(client_with(b'{"decision": "covered", "errorMessage": "boom"}', FunctionError="Unhandled"), REGION)
