"""The deployed API, as a browser would call it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import urllib3

from standby.errors import StandbyError
from standby.rehearsal.network.hosts import local_target
from standby.rehearsal.network.network import Client, FormField

__all__ = ["Api", "ApiError", "FormField", "send"]

TIMEOUT_SECONDS: Final = 30.0
"""API Gateway's own limit is 29 s. Source: docs.aws.amazon.com, API Gateway, "Quotas for configuring and running a REST
API"."""


class ApiError(StandbyError):
    """The API did not answer as documented. `status` is the HTTP status, 0 where there was no answer."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Api:
    """One region's API: `url` as Terraform prints it, reached with `client` as a browser reaches it."""

    url: str
    client: Client

    def get(self, path: str) -> Mapping[str, object]:
        """GET `path` (without the stage). Raises `ApiError` unless the answer is 200 and a JSON object."""
        return self._answer("GET", path, None)

    def post(self, path: str, body: Mapping[str, object]) -> Mapping[str, object]:
        """POST `body` as JSON. Raises `ApiError` unless the answer is 200 and a JSON object."""
        return self._answer("POST", path, json.dumps(body).encode())

    def upload(self, *, name: str, content_type: str, content: bytes) -> str:
        """Upload a document as the site does: ask for a presigned POST, then send the file. Returns its key."""
        asked = self.post("upload", {"fileName": name, "fileType": content_type, "fileSize": len(content)})
        url, fields, key = asked.get("uploadUrl"), asked.get("fields"), asked.get("key")
        if not isinstance(url, str) or not isinstance(fields, dict) or not isinstance(key, str):
            raise ApiError(f"POST /upload answered without a presigned POST: {sorted(asked)}", status=HTTPStatus.OK)
        form: dict[str, FormField] = {**fields, "file": (name, content, content_type)}
        response = self._send("POST", url, fields=form)
        if response.status not in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}:
            raise ApiError(f"S3 refused the upload of {name}: {_excerpt(response)}", status=response.status)
        return key

    def _answer(self, method: str, path: str, body: bytes | None) -> Mapping[str, object]:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        response = self._send(method, self.url.rstrip("/") + "/" + path, body=body, headers=headers)
        if response.status != HTTPStatus.OK:
            raise ApiError(f"{method} /{path}: {response.status} {_excerpt(response)}", status=response.status)
        try:
            value = json.loads(response.data)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ApiError(f"{method} /{path} answered with something else than a JSON object", status=response.status)
        return value

    def _send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        fields: Mapping[str, FormField] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self.client.request(method, url, body=body, headers=headers, fields=fields, timeout=TIMEOUT_SECONDS)
        except urllib3.exceptions.HTTPError as error:
            raise ApiError(f"{method} {url}: no answer ({error})", status=0) from error


def send(
    method: str,
    url: str,
    *,
    endpoint: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    fields: Mapping[str, FormField] | None = None,
) -> urllib3.BaseHTTPResponse:
    """Send one request to the emulator itself, past fronts and faults, whatever AWS host the URL names.

    Raises `ApiError` when there is no answer.
    """
    target = local_target(url, endpoint=endpoint)
    sent = {**(headers or {}), **({"Host": target.host} if target.host else {})}
    try:
        if fields is not None:
            return urllib3.request(
                method, target.url, fields=fields, headers=sent, timeout=TIMEOUT_SECONDS, retries=False
            )
        return urllib3.request(method, target.url, body=body, headers=sent, timeout=TIMEOUT_SECONDS, retries=False)
    except urllib3.exceptions.HTTPError as error:
        raise ApiError(f"{method} {url}: no answer ({error})", status=0) from error


def _excerpt(response: urllib3.BaseHTTPResponse) -> str:
    return response.data[:300].decode("utf-8", errors="replace")
