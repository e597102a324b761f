"""HTTP from this machine to an API or the site, through boto3's proxies and with boto3's trusted certificates."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from standby.deployment.api_call import MAX_BODY_BYTES, call_with_deadline, read_stream
from standby.deployment.concurrency import NoAnswerError, Unavailable, explain

HTTP_SECONDS: Final = 2.0
_EXPLAINED: Final = (BotoCoreError, HTTPError)


@dataclass(frozen=True, kw_only=True)
class HttpResponse:
    """The answer to an HTTP request."""

    status: int
    body: bytes


class HttpClient:
    """Sends requests with botocore's own client: the environment's proxies, and boto3's trusted certificates.

    Without them, a laptop that reaches AWS only through a proxy would find both regions up and no API that answers.
    """

    def __init__(self, *, trusted: str | bool) -> None:
        self._trusted = trusted

    def request(self, method: str, url: str, *, body: bytes | None, seconds: float, token: str = "") -> HttpResponse:
        """Send one request, and read the answer within `seconds` as a whole. Raises `NoAnswerError`."""
        headers = request_headers(body=body, token=token)
        return request_with_deadline(lambda: self._send(method, url, headers, body, seconds=seconds), seconds=seconds)

    def _send(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, *, seconds: float
    ) -> HttpResponse:
        session = URLLib3Session(
            verify=self._trusted,  # type: ignore[arg-type]  # a file or a bool; the stubs allow only a bool
            timeout=(min(1.0, seconds), seconds),  # type: ignore[arg-type]  # to connect, to read; they know one number
            proxies=get_environ_proxies(url),
        )
        with closing(session):
            request = AWSRequest(method=method, url=url, headers=headers, data=body, stream_output=True)
            answer = session.send(request.prepare())
            with closing(answer.raw):
                return HttpResponse(status=answer.status_code, body=read_stream(answer.raw, MAX_BODY_BYTES))


def request_headers(*, body: bytes | None, token: str) -> dict[str, str]:
    """Return the headers of a request with a JSON body, a bearer token, both or none."""
    typed = {"Content-Type": "application/json"} if body is not None else {}
    return typed | ({"Authorization": f"Bearer {token}"} if token else {})


def request_with_deadline(send: Callable[[], HttpResponse], *, seconds: float) -> HttpResponse:
    """Send a request by a library. Any error of the library becomes `NoAnswerError`, and so does a late answer."""
    try:
        return call_with_deadline(send, seconds=seconds)
    except Exception as error:
        why = explain(error) if isinstance(error, _EXPLAINED) else Unavailable("does not answer as HTTP servers do")
        raise NoAnswerError(why.why) from error
