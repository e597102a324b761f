"""A request to AWS, read by AWS's own model of the service: the operation and its parameters.

botocore has the models and writes requests with them. moto reads requests with them, for all protocols of AWS.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from botocore.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import PROTOCOL_ROUTERS, ProtocolRouter
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

SERVICES: Final[Mapping[str, str]] = {
    "acm": "acm",
    "apigateway": "apigateway",
    "bedrock": "bedrock",
    "bedrock-agent": "bedrock-agent",
    "cloudcontrol": "cloudcontrol",
    "cloudfront": "cloudfront",
    "events": "events",
    "iam": "iam",
    "lambda": "lambda",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "opensearchserverless": "opensearchserverless",
    "route53": "route53",
    "s3": "s3",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "sts": "sts",
}
"""The services whose requests are checked: MiniStack's names, and botocore's."""

_VIRTUAL_HOST: Final = re.compile(r"^(?P<bucket>[a-z0-9][a-z0-9.-]+)\.s3[.-]")


@dataclass(frozen=True, kw_only=True)
class RawRequest:
    """A request as MiniStack hands it to a service. The names of headers are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call: the service by botocore's name, the operation, its parameters, and the protocol of the request."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    protocol: str
    model: OperationModel

    def __str__(self) -> str:
        """Return the call as text."""
        return f"{self.service}:{self.operation}"


def read_call(service: str, raw: RawRequest) -> Call | None:
    """Return the call of a request, None if it is none of the service's model."""
    name = SERVICES[service]
    request = _request(name, raw)
    model = get_service_model(name)
    try:
        protocol = determine_request_protocol(model, raw.headers.get("content-type"))
        operation, labels = _router(name, protocol).match(request)
    except (HTTPException, NotImplementedError):
        return None
    parser = PROTOCOL_PARSERS[protocol](operation, map_type=dict)
    parameters = parser.parse(
        {
            "body": raw.body,
            "headers": request.headers,
            "method": raw.method,
            "url_params": labels,
            "url_path": request.path,
            "values": request.values,
        }
    )
    present = {key: value for key, value in parameters.items() if value is not None}
    return Call(service=name, operation=operation.name, parameters=present, protocol=protocol, model=operation)


def _request(service: str, raw: RawRequest) -> Request:
    host, path = raw.headers.get("host", "localhost"), raw.path
    bucket = _VIRTUAL_HOST.match(host) if service == "s3" else None
    if bucket and not path.startswith(f"/{bucket['bucket']}/"):
        path = f"/{bucket['bucket']}{path}"
    query = urlencode(raw.query, doseq=True)
    return Request.from_primitives(
        raw.method, f"http://{host}{path}" + (f"?{query}" if query else ""), raw.headers, raw.body
    )


@cache
def _router(service: str, protocol: str) -> ProtocolRouter:
    return PROTOCOL_ROUTERS[protocol](get_service_model(service))
