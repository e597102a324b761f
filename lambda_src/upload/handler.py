"""The upload function's entry point."""

import os
from collections.abc import Mapping

from shared.api import LambdaContext, Response, json_body, serve
from shared.environment import Environment
from shared.identity import read_caller
from shared.logs import Log
from shared.presigner import presigning_client
from upload.presigned_post import presign_upload
from upload.request import read_upload_request
from upload.settings import Settings

_SETTINGS = Settings.read(Environment(variables=os.environ))
_LOG = Log(fields={"function": "upload", "region": _SETTINGS.region})
_S3 = presigning_client(_SETTINGS.region)


def handler(event: Mapping[str, object], context: LambdaContext) -> dict[str, object]:
    """Answer `POST /upload` with a presigned POST."""
    return serve(event, context, site_origin=_SETTINGS.site_origin, log=_LOG, route=_upload)


def _upload(event: Mapping[str, object], log: Log) -> Response:
    request = read_upload_request(json_body(event), _SETTINGS)
    body = presign_upload(_S3, request=request, settings=_SETTINGS, caller=read_caller(event))
    log.info("presigned", contentType=request.content_type)
    return Response(body=body)
