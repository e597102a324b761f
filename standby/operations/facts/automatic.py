"""The automatic failover: its switch in both regions, and the controller's last looks and decision."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final, Literal

from botocore.exceptions import ClientError
from pydantic import ConfigDict, Field, ValidationError

from standby.deployment.answers import InvalidAnswerError, take_text
from standby.deployment.api_call import read_stream
from standby.deployment.concurrency import Unavailable, look_twice, run_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Region, Role
from standby.deployment.routing_config import MAX_BYTES, NO_SUCH_KEY
from standby.json_model import ONE_ROW, JsonModel, Key
from standby_protocol.automatic import SWITCH_KEY

SECONDS: Final = 3.0
STALE_AFTER: Final = timedelta(minutes=5)
"""A controller that has not looked for this long decides nothing: the alarm `automatic-look` waits as long."""


class LookJson(JsonModel):
    """One look of the controller at the primary region."""

    model_config = ConfigDict(extra="ignore")

    at: str
    here: str
    there: str


class ControllerState(JsonModel):
    """The controller's last looks, and what it decided after the last one."""

    model_config = ConfigDict(extra="ignore")

    looks: Annotated[tuple[LookJson, ...], ONE_ROW] = Field(
        default=(), description="`at` (UTC), and what each vantage point said: `here` (the controller) and `there`"
    )
    second_vantage_point: Literal["checkers", "edge"] | None = Field(
        default=None,
        description="what `there` is: `checkers` (Route 53's health checkers) or `edge` (CloudFront's read of the "
        "primary region's bucket); null in the state of a controller that has not looked yet",
    )
    action: str = Field(description="`watch`, `wait`, `off`, `done` or `move`")
    reason: str = Field(description="why, in a sentence")

    @property
    def looked_at(self) -> datetime | None:
        """When it looked last; None if it has not looked, or if the time cannot be read."""
        try:
            found = datetime.fromisoformat(self.looks[-1].at) if self.looks else None
        except ValueError:
            return None
        return found if found and found.tzinfo else None


class AutomaticState(JsonModel):
    """The automatic failover as a whole."""

    switches: Mapping[Annotated[Role, Key("ROLE")], bool | None] = Field(
        description="whether the region's switch is on; null if it could not be read"
    )
    controller: ControllerState | None = Field(description="null if its state could not be read")

    @property
    def is_off(self) -> bool:
        """Whether it is off in a region that answers."""
        return False in self.switches.values()

    def is_stale(self, now: datetime) -> bool:
        """Return whether the controller has stopped to look, so that its last decision says nothing of now."""
        looked = self.controller.looked_at if self.controller else None
        return looked is not None and now - looked > STALE_AFTER


def read_automatic(connection: Connection, manifest: Manifest) -> AutomaticState:
    """Read the switch in both regions and the controller's state. A region that is down costs three seconds."""
    tasks: dict[str, Any] = {
        role: partial(look_twice, partial(_read_switch, connection, manifest.regions[role])) for role in ROLES
    }
    tasks["controller"] = partial(look_twice, partial(_read_controller, connection, manifest))
    found = run_concurrently(tasks, seconds=SECONDS)
    switches: dict[Role, bool | None] = {}
    for role in ROLES:
        value = found[role]
        switches[role] = None if isinstance(value, Unavailable) else value
    controller = found["controller"]
    return AutomaticState(switches=switches, controller=controller if isinstance(controller, ControllerState) else None)


def _read_switch(connection: Connection, region: Region) -> bool:
    """Return whether the switch is on, as it is without an object. Raises botocore's errors."""
    try:
        answer = connection.clients.s3(region.region).get_object(Bucket=region.frontend_bucket, Key=SWITCH_KEY)
    except ClientError as error:
        if error.response["Error"]["Code"] == NO_SUCH_KEY:
            return True
        raise
    try:
        document = json.loads(read_stream(answer["Body"], MAX_BYTES))
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("enabled") is True


def _read_controller(connection: Connection, manifest: Manifest) -> ControllerState:
    region = manifest.regions["failover"].region
    answer = connection.clients.ssm(region).get_parameter(Name=manifest.controller_parameter)
    try:
        return ControllerState.from_json(json.loads(take_text(answer, "Parameter", "Value")))
    except (ValueError, ValidationError, RecursionError) as error:
        raise InvalidAnswerError(reason="has no state of the controller") from error
