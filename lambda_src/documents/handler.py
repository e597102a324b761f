"""The documents function's entry point."""

import os
from collections.abc import Mapping

import boto3

from documents.content import Content
from documents.deletion import Deletion
from documents.document_list import DocumentList
from documents.identifiers import read_token, require_known_form
from documents.settings import Settings
from shared.api import LambdaContext, Response, query_parameter, serve
from shared.aws_calls import client_config
from shared.environment import Environment
from shared.identity import read_caller
from shared.logs import Log
from shared.presigner import presigning_client

_SETTINGS = Settings.read(Environment(variables=os.environ))
_LOG = Log(fields={"function": "documents", "region": _SETTINGS.region})
# At worst five calls one after the other, each two attempts of 2.5 s and a pause: below API Gateway's 29 s.
_CONFIG = client_config(connect_seconds=1, read_seconds=1.5, attempts=2)
_S3 = boto3.client("s3", region_name=_SETTINGS.region, config=_CONFIG)
_LIST = DocumentList(
    s3=_S3,
    bedrock_agent=boto3.client("bedrock-agent", region_name=_SETTINGS.region, config=_CONFIG),
    settings=_SETTINGS,
)
_DELETION = Deletion(s3=_S3, settings=_SETTINGS)
_CONTENT = Content(s3=_S3, presigning_s3=presigning_client(_SETTINGS.region), settings=_SETTINGS)


def handler(event: Mapping[str, object], context: LambdaContext) -> dict[str, object]:
    """Answer `GET /documents`, `DELETE /documents/{id}` or `GET /documents/{id}/content`."""
    return serve(event, context, site_origin=_SETTINGS.site_origin, log=_LOG, route=_route)


def _route(event: Mapping[str, object], log: Log) -> Response:
    identifier = _path_parameter(event, "id")
    if not identifier:
        body = _LIST.page(read_token(query_parameter(event, "next")), log)
        log.info("documents_listed")
        return Response(body={**body, "region": _SETTINGS.region})
    require_known_form(identifier)
    if event.get("httpMethod") == "DELETE":
        count = _DELETION.delete(identifier, read_caller(event))
        log.info("document_deleted", documentId=identifier, objects=count)
        return Response(status=202, body={"id": identifier, "region": _SETTINGS.region})
    return Response(body={**_CONTENT.link(identifier), "region": _SETTINGS.region})


def _path_parameter(event: Mapping[str, object], name: str) -> str:
    parameters = event.get("pathParameters")
    value = parameters.get(name) if isinstance(parameters, Mapping) else None
    return value if isinstance(value, str) else ""
