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
_asked: Final[dict[greenlet.greenlet, tuple[Call, Answer]]] = {}
"""The request that botocore made in a thread, and its answer."""


def send(request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
    """Send a request of botocore to the machine that runs, unless its answer is known already."""
    thread = greenlet.getcurrent()
    answer = _given.pop(thread, None)
    if answer is None:
        call = calls.read_request(request, event_name.rpartition(".")[2])
        answer = current().ask(call)
        _asked[thread] = (call, answer)
    return calls.to_response(request, answer)


def remember(original: Original) -> Original:
    """Return botocore's `_make_api_call` with a memory."""

    def make(client: BaseClient, operation: str, parameters: Mapping[str, object]) -> dict[str, Any]:
        key, thread = f"{id(client)} {operation} {parameters}", greenlet.getcurrent()
        call = _requests.get(key)
        if call is None:
            try:
                result = _result(lambda: original(client, operation, parameters))
            finally:
                asked = _asked.pop(thread, None)
            if asked is not None:
                _requests[key], _results[key, asked[1]] = asked[0], result
            return _give(result)
        answer = current().ask(call)
        if (key, answer) not in _results:
            _given[thread] = answer
            try:
                _results[key, answer] = _result(lambda: original(client, operation, parameters))
            finally:
                _given.pop(thread, None)
        return _give(_results[key, answer])

    return make


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
