"""The health of one region's API: `GET /health`. The deep check retrieves passages and calls the model."""

import json
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from standby.deployment.concurrency import NoAnswerError, Unavailable, attempt, look_twice
from standby.deployment.connection import Connection
from standby.deployment.http_client import HttpResponse
from standby.deployment.manifest import Region
from standby.json_model import JsonModel
from standby.operations.facts.guarded_api import invoke_route
from standby.text import MAX_TEXT, one_line

OK: Final = "ok"
SHALLOW_SECONDS: Final = 2.0
DEEP_SECONDS: Final = 25.0
"""The health function ends its deep checks after 24 s."""


MAX_CHECKS: Final = 50
MAX_MILLISECONDS: Final = 3_600_000


class Health(JsonModel):
    """The answer of `/health`: each check with `ok` or its error."""

    status: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT)]
    checks: Annotated[Mapping[str, str], Field(max_length=MAX_CHECKS)] = {}
    milliseconds: Annotated[int, Field(ge=0, le=MAX_MILLISECONDS)] = 0

    @property
    def healthy(self) -> bool:
        """Whether every check succeeded."""
        return self.status == "healthy"

    @property
    def errors(self) -> Mapping[str, str]:
        """The error of each check that failed."""
        return {name: result for name, result in self.checks.items() if result != OK}


def read_health(connection: Connection, region: Region, *, deep: bool, seconds: float) -> Health:
    """Call `/health` of a region's API. Raises `NoAnswerError` when it does not answer.

    API Gateway never redirects, so a redirect is the answer of something in front of it. So is the health of another
    region. Where users sign in, `/health` has no deep check: the function is invoked itself, after a shallow answer.
    """
    if deep and region.signs_in:
        shallow = read_health(connection, region, deep=False, seconds=seconds)
        if not shallow.healthy:
            return shallow
        client = connection.clients.functions(region.region)
        return _health(invoke_route(client, region, "health", query={"deep": "true"}), region)
    answer = connection.request("GET", region.health_url + ("?deep=true" if deep else ""), seconds=seconds)
    return _health(answer, region)


def _health(answer: HttpResponse, region: Region) -> Health:
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        raise NoAnswerError(f"answers {answer.status}, but not as /health does")
    try:
        health = _parse(json.loads(answer.body), region.region)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        if answer.status == HTTPStatus.OK:
            raise NoAnswerError("answers 200, but not as /health does") from error
        return Health(status=f"answering {answer.status}")
    if health.healthy and answer.status != HTTPStatus.OK:  # the page and every load balancer read the status
        return health.model_copy(update={"status": f"answering {answer.status}"})
    return health


def confirm_health(connection: Connection, region: Region, *, deep: bool, seconds: float) -> Health:
    """Call `/health` as `read_health` does, and once more if it fails or is unhealthy: one look is no reason to act."""
    look = partial(read_health, connection, region, deep=deep, seconds=seconds)
    health = look_twice(look, hedge=not deep)
    if health.healthy:
        return health
    again = attempt(look)
    return health if isinstance(again, Unavailable) else again


def describe_unhealthy(region: str, health: Health | Unavailable) -> str:
    """Return the reason why a region's API should not serve users; "" if it is healthy."""
    if isinstance(health, Unavailable):
        return f"the API of {region} {health}"
    if health.healthy:
        return ""
    failed = ", ".join(f"{name} ({error})" for name, error in health.errors.items())
    return f"the API of {region} is {health.status}{': ' if failed else ''}{failed}"


def _parse(body: Any, region: str) -> Health:  # noqa: ANN401 - any JSON value
    if not isinstance(body["status"], str):
        raise TypeError("the status is not a text")
    if body.get("region", region) != region:
        raise NoAnswerError(f"answers as {one_line(str(body['region']))}, another region")
    checks = {one_line(str(name)): _result(check) for name, check in body["checks"].items()}
    return Health(status=one_line(body["status"]), checks=checks, milliseconds=int(body["totalResponseTimeMs"]))


def _result(check: Mapping[str, object]) -> str:
    return OK if check.get("status") == OK else one_line(str(check.get("error") or check.get("status")))
