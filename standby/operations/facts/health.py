"""The health of one region's API: `GET /health`. The deep check retrieves passages and calls the model."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from standby.deployment.concurrency import NoAnswerError, Unavailable
from standby.deployment.connection import Connection
from standby.deployment.manifest import Region
from standby.json_model import JsonModel

OK: Final = "ok"
SHALLOW_SECONDS: Final = 2.0
DEEP_SECONDS: Final = 25.0
"""The health function ends its deep checks after 24 s."""


class Health(JsonModel):
    """The answer of `/health`: each check with `ok` or its error."""

    status: str
    checks: Mapping[str, str] = {}
    milliseconds: int = 0

    @property
    def healthy(self) -> bool:
        """Whether every check succeeded."""
        return self.status == "healthy"

    @property
    def errors(self) -> Mapping[str, str]:
        """The error of each check that failed."""
        return {name: result for name, result in self.checks.items() if result != OK}


def read_health(connection: Connection, region: Region, *, deep: bool, seconds: float) -> Health:
    """Call `/health` of a region's API. Raises `NoAnswerError` when it does not answer."""
    answer = connection.request("GET", region.health_url + ("?deep=true" if deep else ""), seconds=seconds)
    try:
        return _parse(json.loads(answer.body))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        if answer.status == HTTPStatus.OK:
            raise NoAnswerError("answers 200, but not as /health does") from error
        return Health(status=f"answering {answer.status}")


def describe_unhealthy(region: str, health: Health | Unavailable) -> str:
    """Return the reason why a region's API should not serve users; "" if it is healthy."""
    if isinstance(health, Unavailable):
        return f"the API of {region} {health}"
    if health.healthy:
        return ""
    failed = ", ".join(f"{name} ({error})" for name, error in health.errors.items())
    return f"the API of {region} is {health.status}{': ' if failed else ''}{failed}"


def _parse(body: Any) -> Health:  # noqa: ANN401 - any JSON value
    if not isinstance(body["status"], str):
        raise TypeError("the status is not a text")
    checks = {str(name): _result(check) for name, check in body["checks"].items()}
    return Health(status=body["status"], checks=checks, milliseconds=int(body["totalResponseTimeMs"]))


def _result(check: Mapping[str, object]) -> str:
    return OK if check.get("status") == OK else str(check.get("error") or check.get("status"))
