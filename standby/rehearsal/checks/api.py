"""The deployed API, called as a browser calls it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Unpack

import urllib3

from standby.deployment.concurrency import TIME_OUT, explain
from standby.errors import StandbyError
from standby.machine import with_load
from standby.rehearsal.checks.sign_in import SignIn
from standby.rehearsal.network.network import Client, FormField, RequestOptions

RESPONSE_SECONDS: Final = 30.0
"""API Gateway's own limit is 29 s. Source: docs.aws.amazon.com, API Gateway, "Quotas for configuring and running a REST
API"."""

_UPLOADED: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT})


class ApiError(StandbyError):
    """The API did not respond as documented. `status` is the HTTP status, 0 if there was no response."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Api:
    """The API of one region. `url` is the Terraform output; `client` reaches it as a browser does.

    `sign_in`: the user who asks; None if the API asks for no token.
    """

    url: str
    client: Client
    sign_in: SignIn | None = None

    def get(self, path: str) -> Mapping[str, object]:
        """GET `path` (without the stage). Raises `ApiError` unless the response is 200 and a JSON object."""
        return self._call("GET", path, None)

    def post(self, path: str, body: Mapping[str, object]) -> Mapping[str, object]:
        """POST `body` as JSON. Raises `ApiError` unless the response is 200 and a JSON object."""
        return self._call("POST", path, json.dumps(body).encode())

    def upload(self, *, name: str, content_type: str, content: bytes) -> str:
        """Upload a document as the site does: request a presigned POST, then send the file. Returns its key."""
        presigned = self.post("upload", {"fileName": name, "fileType": content_type, "fileSize": len(content)})
        url, fields, key = presigned.get("uploadUrl"), presigned.get("fields"), presigned.get("key")
        if not isinstance(url, str) or not isinstance(fields, dict) or not isinstance(key, str):
            raise ApiError(f"POST /upload returned no presigned POST: {sorted(presigned)}", status=HTTPStatus.OK)
        form: dict[str, FormField] = {**fields, "file": (name, content, content_type)}
        response = self._send("POST", url, fields=form)
        if response.status not in _UPLOADED:
            raise ApiError(f"S3 refused the upload of {name}: {_excerpt(response)}", status=response.status)
        return key

    def _call(self, method: str, path: str, body: bytes | None) -> Mapping[str, object]:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self.sign_in is not None:
            headers["Authorization"] = f"Bearer {self.sign_in.token()}"
        response = self._send(method, self.url.rstrip("/") + "/" + path, body=body, headers=headers)
        if response.status != HTTPStatus.OK:
            raise ApiError(f"{method} /{path}: {response.status} {_excerpt(response)}", status=response.status)
        try:
            value = json.loads(response.data)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ApiError(f"{method} /{path} did not return a JSON object.", status=response.status)
        return value

    def _send(self, method: str, url: str, **options: Unpack[RequestOptions]) -> urllib3.BaseHTTPResponse:
        try:
            return self.client.request(method, url, timeout=RESPONSE_SECONDS, **options)
        except urllib3.exceptions.HTTPError as error:
            why = explain(error)
            late = with_load(f"{method} {url} gave no answer within {RESPONSE_SECONDS:.0f} s.")
            raise ApiError(late if TIME_OUT in why.why else f"{method} {url} {why}", status=0) from error


def _excerpt(response: urllib3.BaseHTTPResponse) -> str:
    return response.data[:300].decode("utf-8", errors="replace")
