"""Two vantage points from which the controller sees the primary region: its own HTTP request, and the edge's.

Where the API has a name in DNS, Route 53's checkers take the edge's place (`checkers.py`).

The edge reads `origin-check/ROLE.json` from the frontend bucket of that region alone. So it shows whether CloudFront
reaches the primary region. A failure counts only while the edge still reads the failover region's file.
"""

import http.client
import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from controller.settings import ControlledDeployment
from standby_protocol.automatic import Verdict
from standby_protocol.deployment import Role

HEALTH_SECONDS = (5.0, 15.0)
"""The time-out of each request. One that fails is no reason to count a look as failed: a cold start, a deployment, a
lost packet. The second one waits longer, because a region that answers slowly is not lost. Route 53's checkers wait
2 s."""
EDGE_SECONDS = 10.0
EDGE_ATTEMPTS = 2
DEEP_SECONDS = 27.0
_MAX_BODY_BYTES = 64 * 1024
_ORIGIN_FAILED = frozenset({500, 502, 503, 504})
"""How CloudFront answers when it gets no answer from the origin, or a failure. Source: docs.aws.amazon.com, CloudFront,
"Troubleshooting error response status codes in CloudFront"."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer to a request; `status` is 0 without one."""

    status: int
    document: Any = None

    @property
    def ok(self) -> bool:
        """Whether it is 200 with a JSON object."""
        return self.status == HTTPStatus.OK and isinstance(self.document, dict)


def see_from_here(deployment: ControlledDeployment) -> Verdict:
    """Ask the primary region's `/health`, twice if need be."""
    region = deployment.regions["primary"]
    for seconds in HEALTH_SECONDS:
        answer = get(f"{region.api_url}health", seconds=seconds)
        if answer.ok and answer.document.get("region") == region.region and answer.document.get("status") == "healthy":
            return "healthy"
    return "failed"


def see_from_the_edge(deployment: ControlledDeployment) -> Verdict:
    """Ask the edge for the origin check of both regions, twice if need be."""
    verdict: Verdict = "unknown"
    for _ in range(EDGE_ATTEMPTS):
        verdict = _read_origin_checks(deployment)
        if verdict == "healthy":
            break
    return verdict


def _read_origin_checks(deployment: ControlledDeployment) -> Verdict:
    with ThreadPoolExecutor(max_workers=2) as pool:
        roles: tuple[Role, ...] = ("primary", "failover")
        primary, failover = pool.map(lambda role: _read_origin_check(deployment, role), roles)
    if primary.status and primary.status not in _ORIGIN_FAILED:
        return "healthy" if primary.ok and primary.document.get("role") == "primary" else "unknown"
    edge_works = failover.ok and failover.document.get("role") == "failover"
    return "failed" if edge_works else "unknown"


def _read_origin_check(deployment: ControlledDeployment, role: Role) -> Answer:
    return get(f"{deployment.site.url}/origin-check/{role}.json", seconds=EDGE_SECONDS)


def get(url: str, *, seconds: float) -> Answer:
    """Send a GET request, which the stack's own settings name."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as response:  # noqa: S310 - the stack writes the URL: https
            return Answer(status=response.status, document=json.loads(response.read(_MAX_BODY_BYTES)))
    except urllib.error.HTTPError as error:
        return Answer(status=error.code)
    except (OSError, http.client.HTTPException):
        return Answer(status=0)
    except (ValueError, RecursionError):
        return Answer(status=HTTPStatus.OK)
