"""The readiness check: a schedule asks this region's API a question and for an upload form, as a user of the page does.

`GET /health` has its own role and calls none of the other functions. So it stays healthy when `query` has lost a
permission, when its concurrency is zero, or when the API no longer reaches it.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from shared.aws_calls import client_config
from shared.errors import error_code
from shared.logs import Log

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

READINESS_CHECK = "readinessCheck"
"""The member of the schedule's event. No event of API Gateway has it, so no caller of the API can start the check."""

QUESTION = "readiness check"
FALSE_TOKEN = "readiness.check.token"  # noqa: S105 - no token: the authorizer must refuse it
UNAUTHORIZED = "Http401"
TIMEOUT_SECONDS = 25.0
"""A little less than the function's own timeout: the result must still be logged."""

_MAX_BODY_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class ReadinessCheck:
    """The scheduled event: the API's URL (ends in `/`), and the name and content type of a file that it accepts.

    Where users sign in, `functions` has the names of the functions behind the API, by check: `question` and `upload`.
    `headers` are sent with each request: AWS WAF lets it through by one of them if it lets only some addresses through.
    """

    api_url: str
    file_name: str
    file_type: str
    functions: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, event: Mapping[str, object]) -> "ReadinessCheck":
        """Read the event. Raises `KeyError` for one without the members that the stack writes."""
        check = cast("Mapping[str, str]", event[READINESS_CHECK])
        functions = cast("Mapping[str, str]", check.get("functions", {}))
        headers = cast("Mapping[str, str]", check.get("headers", {}))
        return cls(
            api_url=check["apiUrl"],
            file_name=check["fileName"],
            file_type=check["fileType"],
            functions=functions,
            headers=headers,
        )


def run_readiness_check(
    check: ReadinessCheck, log: Log, *, seconds: float = TIMEOUT_SECONDS, invoke: Callable[..., Any] | None = None
) -> dict[str, object]:
    """Ask the API, and log `readyPercent`: a metric filter reads it for the readiness alarm. Return the results.

    Each result is "ok", or a code of what is wrong. A call that has not ended after `seconds` is `TimedOut`. With
    `invoke` (boto3's), the API must refuse a request with a false token, and the function behind it is asked itself.
    """
    upload = {"fileName": check.file_name, "fileType": check.file_type}
    wanted = {"question": ("docs", {"question": QUESTION}, "response"), "upload": ("upload", upload, "uploadUrl")}

    def ask(name: str) -> str:
        path, body, member = wanted[name]
        if invoke is None:
            return _post(check, path, body, member, seconds)
        refused = _post(check, path, body, member, seconds, token=FALSE_TOKEN)
        return _invoke(invoke, check.functions[name], body, member) if refused == UNAUTHORIZED else f"Api{refused}"

    results = _run({name: partial(ask, name) for name in wanted}, seconds=seconds)
    failed = tuple(name for name, result in results.items() if result != "ok")
    ready_percent = round(100 * (1 - len(failed) / len(results)))
    if failed:
        log.error("not_ready", readyPercent=ready_percent, failed=failed, checks=results)
    else:
        log.info("ready", readyPercent=ready_percent)
    return {"readyPercent": ready_percent, "checks": results}


def _run(requests: Mapping[str, Callable[[], str]], *, seconds: float) -> dict[str, str]:
    pool = ThreadPoolExecutor(max_workers=len(requests))
    futures = {name: pool.submit(request) for name, request in requests.items()}
    deadline = time.monotonic() + seconds
    pool.shutdown(wait=False)
    results = {}
    for name, future in futures.items():
        try:
            results[name] = future.result(timeout=max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            results[name] = "TimedOut"
    return results


def function_client(region: str) -> "LambdaClient":
    """Return a client that waits as long as API Gateway waits for a function."""
    config = client_config(connect_seconds=2, read_seconds=TIMEOUT_SECONDS)
    return boto3.client("lambda", region_name=region, config=config)


def _invoke(invoke: Callable[..., Any], function: str, body: Mapping[str, str], member: str) -> str:
    """Return "ok" if the function answers 200 with a text in this member, else a code."""
    event = {"httpMethod": "POST", "body": json.dumps(body)}
    try:
        answer = json.loads(invoke(FunctionName=function, Payload=json.dumps(event))["Payload"].read())
        content = json.loads(answer["body"])
    except (ClientError, BotoCoreError) as error:
        return error_code(error)
    except (ValueError, KeyError, TypeError, RecursionError):
        return "InvalidResponse"
    if answer.get("statusCode") != HTTPStatus.OK:
        return f"Http{answer.get('statusCode')}"
    return "ok" if isinstance(content, dict) and content.get(member) else "InvalidResponse"


def _post(
    check: ReadinessCheck, path: str, body: Mapping[str, str], member: str, seconds: float, *, token: str = ""
) -> str:
    """Return "ok" if the API answers 200 with a text in this member, else a code."""
    authorization = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(  # noqa: S310 - the stack writes the URL, which is https
        f"{check.api_url}{path}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **authorization, **check.headers},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:  # noqa: S310 - as above
            answer = json.loads(response.read(_MAX_BODY_BYTES))
            status = response.status
    except urllib.error.HTTPError as error:
        return f"Http{error.code}"
    except TimeoutError:
        return "TimedOut"
    except OSError as error:  # also urllib's URLError: no connection, no name, no trusted certificate
        return "TimedOut" if isinstance(getattr(error, "reason", None), TimeoutError) else "NoConnection"
    except (http.client.HTTPException, ValueError, RecursionError):
        return "InvalidResponse"
    if status != HTTPStatus.OK or not isinstance(answer, dict):
        return "InvalidResponse"
    text = answer.get(member)
    return "ok" if isinstance(text, str) and text else "InvalidResponse"
