"""A site for the tests of the load, which can hang."""

import json
import threading
from collections.abc import Mapping
from typing import Final

import urllib3

SITE_URL: Final = "https://site.example"


class Site:
    """A client that answers as the deployment does. URLs that contain a part in `hanging` hang until `release`.

    The bucket answers a form with `form_status`.
    """

    form_status = 204

    def __init__(self) -> None:
        self.config: dict[str, object] = {"apiUrl": "https://west.example/prod/", "generation": 1}
        self.hanging: set[str] = set()
        self.release = threading.Event()
        self.sent: list[str] = []

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        fields: object = None,
        timeout: float = 1.0,
        cold: bool = False,
        address: str = "",
    ) -> urllib3.BaseHTTPResponse:
        self.sent.append(f"{method} {url}")
        if any(part in url for part in self.hanging):
            self.release.wait(timeout=10)
            raise urllib3.exceptions.TimeoutError
        region = "us-east-1" if "east" in url else "us-west-2"
        answers: dict[str, object] = {
            "/config.json": self.config,
            "/prod/docs": {"response": "Yes.", "citations": [{"uri": "s3://b/canary"}], "region": region},
            "/prod/upload": {"uploadUrl": "https://bucket.example/", "fields": {"a": "b"}, "key": "uploads/1"},
        }
        text = json.dumps(answers.get(url.removeprefix("https://").partition("/")[2].join(("/", "")), "page"))
        status = 200 if fields is None else self.form_status
        return urllib3.HTTPResponse(body=text.encode(), status=status, preload_content=True)
