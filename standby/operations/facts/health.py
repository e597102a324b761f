"""One region's API health: `GET /health`, deep: it really retrieves and really asks the model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from standby.deployment.concurrency import NoAnswerError
from standby.deployment.connection import Connection
from standby.deployment.manifest import Region

QUICK_SECONDS: Final = 2.0
DEEP_SECONDS: Final = 25.0
"""The function ends its deep checks after 24 s."""


@dataclass(frozen=True, kw_only=True)
class Health:
    """What `/health` said: each check with its error, "" where it went well."""

    status: str
    checks: Mapping[str, str] = field(default_factory=dict)
    milliseconds: int = 0

    @property
    def healthy(self) -> bool:
        """Whether everything that was checked works."""
        return self.status == "healthy"


def ask_health(connection: Connection, region: Region, *, deep: bool, seconds: float) -> Health:
    """Ask a region's API. Raises `NoAnswerError` when there is none."""
    answer = connection.request("GET", region.health_url + ("?deep=true" if deep else ""), seconds=seconds)
    try:
        body = json.loads(answer.body)
        checks = {str(name): _error(check) for name, check in body["checks"].items()}
        return Health(status=body["status"], checks=checks, milliseconds=int(body["totalResponseTimeMs"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if answer.status == HTTPStatus.OK:
            raise NoAnswerError("answers 200, but not as /health does") from error
        return Health(status=f"answering {answer.status}")


def _error(check: Mapping[str, object]) -> str:
    return "" if check.get("status") == "ok" else str(check.get("error") or check.get("status"))
