"""botocore's own work, done once: the request of each distinct call, and the reading of each distinct answer.

A simulation repeats the same calls millions of times. botocore would spend most of the time on them.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from functools import lru_cache, wraps
from io import BytesIO
from typing import Any, Final

import greenlet
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.response import StreamingBody

from standby.deployment import clock, manifest, manifest_reader, routing_config
from standby.operations.facts import journal
from tests.simulation import calls
from tests.simulation.calls import Call
from tests.simulation.machine import Answer, current

SIZE: Final = 2**14
"""How many results of a pure function are kept."""

Original = Callable[[BaseClient, str, Mapping[str, object]], dict[str, Any]]

_requests: Final[dict[str, Call]] = {}
_results: Final[dict[tuple[str, Answer], "dict[str, Any] | Exception"]] = {}
_objects: Final[dict[tuple[str, tuple[str, ...]], dict[str, Any]]] = {}
"""The reading of one answer about an object, for each shape of requests and names of headers."""
_FIELDS: Final = {"Key": "key", "Body": "body", "IfMatch": "condition", "Prefix": "key", "StartAfter": "after"}
"""The parameters of S3 that differ between requests of one shape, and the fields of a `Call` that they are."""
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
        key, thread = _Key(client, operation, parameters), greenlet.getcurrent()
        call = key.call()
        if call is None:
            result, sent = _send_all(lambda: original(client, operation, parameters))
            if sent:
                key.learn_call(sent[0][0])
            if len(sent) == 1:  # the result of a call that was repeated depends on more than one answer
                key.learn_result(sent[0][1], result)
            return _give(result)
        answer = current().ask(call)
        if (known := key.result(answer)) is not None:
            return _give(known)
        _given[thread] = answer
        try:
            result, sent = _send_all(lambda: original(client, operation, parameters))
        finally:
            _given.pop(thread, None)
        if not sent:
            key.learn_result(answer, result)
        return _give(result)

    return make


class _Key:
    """What botocore makes of a call with these parameters, and of its answers.

    The requests of one shape differ only in the values of `_FIELDS`. The answers to them are read alike, except for
    errors, whose texts name the request.
    """

    __slots__ = ("_values", "shape", "whole")

    def __init__(self, client: BaseClient, operation: str, parameters: Mapping[str, object]) -> None:
        # botocore changes the parameters, so everything is taken from them now.
        fixed = {name: None if name in _FIELDS else value for name, value in parameters.items()}
        self.shape = f"{id(client)} {operation} {fixed}"
        self.whole = f"{id(client)} {operation} {parameters}" if None in fixed.values() else self.shape
        self._values = {_FIELDS[name]: value for name, value in parameters.items() if name in _FIELDS}
        if isinstance(body := self._values.get("body"), str):
            self._values["body"] = body.encode()

    def call(self) -> Call | None:
        """Return the request, if one of its shape is known."""
        known = _requests.get(self.shape)
        return known if known is None or self.whole is self.shape else self._like(known)

    def learn_call(self, call: Call) -> None:
        if self._like(call) != call:
            raise AssertionError(f"a request of another shape than expected: {self.whole}")
        _requests[self.shape] = call

    def _like(self, call: Call) -> Call:
        return replace(call, **self._values)  # type: ignore[arg-type]  # botocore's parameters have the types of the fields

    def result(self, answer: Answer) -> "dict[str, Any] | Exception | None":
        """Return what botocore read in such an answer."""
        if (known := _results.get((self._part(answer), answer))) is not None or answer.status != 200 or answer.failure:
            return known
        known = _objects.get((self.shape, tuple(name for name, _ in answer.headers)))
        return None if known is None else _with_object(known, answer)

    def learn_result(self, answer: Answer, result: "dict[str, Any] | Exception") -> None:
        _results[self._part(answer), answer] = result
        if answer.status == 200 and not answer.failure and isinstance(result, dict) and "ETag" in result:
            _objects[self.shape, tuple(name for name, _ in answer.headers)] = result

    def _part(self, answer: Answer) -> str:
        return self.shape if answer.status == 200 and not answer.failure else self.whole


def _with_object(known: dict[str, Any], answer: Answer) -> dict[str, Any]:
    """Return what botocore reads in the answer about an object, as it did in the answer about another one."""
    headers = dict(answer.headers)
    about = known["ResponseMetadata"]
    values = {name.lower(): value for name, value in headers.items()}
    made = {**known, "ETag": headers["ETag"]}
    made["ResponseMetadata"] = {**about, "HTTPHeaders": {**about["HTTPHeaders"], **values}}
    if "ContentLength" in known:
        made["ContentLength"] = int(headers["Content-Length"])
    if "Body" in known:
        made["Body"] = answer.body
    if "ReplicationStatus" in known:
        made["ReplicationStatus"] = headers["x-amz-replication-status"]
    return made


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


def _by_identity(function: Callable[..., object]) -> Callable[..., object]:
    """Return a function with a memory of the objects themselves, because they cannot be hashed."""
    known: dict[tuple[int, ...], tuple[object, tuple[object, ...]]] = {}

    @wraps(function)
    def remembered(*about: object) -> object:
        key = tuple(map(id, about))
        if key not in known:
            known[key] = function(*about), about
        return known[key][0]

    return remembered


def pure_functions() -> "Iterator[tuple[object, str, object]]":
    """Yield each pure function that takes long, by its module and name, with a memory."""
    yield manifest_reader, "parse_manifest", lru_cache(manifest.parse_manifest)
    yield manifest_reader, "find_differences", _by_identity(manifest.find_differences)
    yield journal, "parse_event", lru_cache(SIZE)(journal.parse_event)
    yield routing_config, "parse_config", lru_cache(SIZE)(routing_config.parse_config)
    yield clock, "parsedate_to_datetime", lru_cache(SIZE)(parsedate_to_datetime)
    yield BaseClient, "get_paginator", _by_identity(BaseClient.get_paginator)


def forget() -> None:
    """Drop everything, because memory is finite."""
    _requests.clear()
    _results.clear()
    _objects.clear()
