"""Requests as botocore sends them, without a server."""

from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from standby.rehearsal.emulator.requests.call import SERVICES, Call, RawRequest, read_call

EMULATED = {name: service for service, name in SERVICES.items()}


class SentError(Exception):
    """Ends a call in the moment in which it would be sent."""

    def __init__(self, request: AWSPreparedRequest) -> None:
        super().__init__()
        self.request = request


def _stop(request: AWSPreparedRequest, **_: object) -> None:
    raise SentError(request)


@cache
def client(service: str) -> Any:  # noqa: ANN401 - a client's operations are made at run time
    """Return a client that sends nothing. It does not check parameters, so that it sends what AWS would refuse."""
    config = Config(parameter_validation=False)
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    made = boto3.client(service, region_name="us-west-2", config=config, **keys)  # type: ignore[call-overload]  # any service
    made.meta.events.register("before-send", _stop)
    return made


def sent(service: str, operation: str, **parameters: object) -> RawRequest:
    """Return the request of a call, by the name of its method in boto3."""
    try:
        getattr(client(service), operation)(**parameters)
    except SentError as stopped:
        return _raw(stopped.request)
    raise AssertionError("the request was not sent")


def call(service: str, operation: str, **parameters: object) -> Call:
    """Return a call as the emulator reads it."""
    found = read_call(EMULATED[service], sent(service, operation, **parameters))
    assert found is not None
    return found


def _raw(request: AWSPreparedRequest) -> RawRequest:
    url = urlsplit(request.url)
    headers = {
        str(name).lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    body = request.body or b""
    content = body.read() if hasattr(body, "read") else body
    return RawRequest(
        method=str(request.method),
        path=url.path,
        headers={**headers, "host": url.netloc},
        body=content.encode() if isinstance(content, str) else bytes(content),
        query=parse_qs(url.query, keep_blank_values=True),
    )
