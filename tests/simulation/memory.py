"""botocore's own work, done once: the request of each distinct call, and the reading of each distinct answer.

A simulation repeats the same calls millions of times. botocore would spend most of the time on them.
"""

import copy
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, Final

import greenlet
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.response import StreamingBody

from tests.simulation import calls
from tests.simulation.calls import Call
from tests.simulation.machine import Answer, current

Original = Callable[[BaseClient, str, Mapping[str, object]], dict[str, Any]]

_requests: Final[dict[str, Call]] = {}
_results: Final[dict[tuple[str, Answer], "dict[str, Any] | Exception"]] = {}
_given: Final[dict[greenlet.greenlet, Answer]] = {}
"""The answer that a thread has already, while botocore reads it."""
_sent: Final[dict[greenlet.greenlet, list[tuple[Call, Answer]]]] = {}
"""The requests that botocore made for one call in a thread, and their answers: it repeats some calls."""


def send(request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
    """Send a request of botocore to the machine that runs, unless its answer is known already."""
    thread = greenlet.getcurrent()
    answer = _given.pop(thread, None)
    if answer is None:
        call = calls.read_request(request, event_name.rpartition(".")[2])
        answer = current().ask(call)
        _sent.setdefault(thread, []).append((call, answer))
    return calls.to_response(request, answer)


def remember(original: Original) -> Original:
    """Return botocore's `_make_api_call` with a memory."""

    def make(client: BaseClient, operation: str, parameters: Mapping[str, object]) -> dict[str, Any]:
        key, thread = f"{id(client)} {operation} {parameters}", greenlet.getcurrent()
        call = _requests.get(key)
        if call is None:
            result, sent = _send_all(lambda: original(client, operation, parameters))
            if sent:
                _requests[key] = sent[0][0]
            if len(sent) == 1:  # the result of a call that was repeated depends on more than one answer
                _results[key, sent[0][1]] = result
            return _give(result)
        answer = current().ask(call)
        if (known := _results.get((key, answer))) is not None:
            return _give(known)
        _given[thread] = answer
        try:
            result, sent = _send_all(lambda: original(client, operation, parameters))
        finally:
            _given.pop(thread, None)
        if not sent:
            _results[key, answer] = result
        return _give(result)

    return make


def _send_all(
    make: Callable[[], dict[str, Any]],
) -> "tuple[dict[str, Any] | Exception, list[tuple[Call, Answer]]]":
    """Make a call. Return its result, and the requests that were sent for it now."""
    try:
        result = _result(make)
    finally:
        sent = _sent.pop(greenlet.getcurrent(), [])
    return result, sent


def _result(make: Callable[[], dict[str, Any]]) -> "dict[str, Any] | Exception":
    try:
        answer = make()
    except Exception as error:  # noqa: BLE001 - raised again for each call with this answer
        return error
    return {name: part.read() if isinstance(part, StreamingBody) else part for name, part in answer.items()}


def _give(result: "dict[str, Any] | Exception") -> dict[str, Any]:
    if isinstance(result, Exception):
        raise result.with_traceback(None)
    given: dict[str, Any] = {
        name: StreamingBody(BytesIO(part), len(part)) if isinstance(part, bytes) else copy.copy(part)
        for name, part in result.items()
    }
    about = given["ResponseMetadata"]
    given["ResponseMetadata"] = {**about, "HTTPHeaders": {**about["HTTPHeaders"], "date": calls.date_now()}}
    return given


def forget() -> None:
    """Drop everything, because memory is finite."""
    _requests.clear()
    _results.clear()
