"""HTTP from this machine to an API or the site, through boto3's proxies and with boto3's trusted certificates."""

from contextlib import closing
from dataclasses import dataclass
from typing import Final

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from standby.deployment.concurrency import NoAnswerError, explain

HTTP_SECONDS: Final = 2.0


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

    def request(self, method: str, url: str, *, body: bytes | None, seconds: float) -> HttpResponse:
        """Send one request. Raises `NoAnswerError` when there is no answer in time."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        session = URLLib3Session(
            verify=self._trusted,  # type: ignore[arg-type]  # a file or a bool; the stubs allow only a bool
            timeout=(min(1.0, seconds), seconds),  # type: ignore[arg-type]  # to connect, to read; they know one number
            proxies=get_environ_proxies(url),
        )
        with closing(session):
            try:
                answer = session.send(AWSRequest(method=method, url=url, headers=headers, data=body).prepare())
            except BotoCoreError as error:
                raise NoAnswerError(explain(error).why) from error
        return HttpResponse(status=answer.status_code, body=answer.content)
