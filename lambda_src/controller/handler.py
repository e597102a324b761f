"""The controller's entry point."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime

from controller.clients import Clients
from controller.round import Controller
from controller.settings import Settings
from shared.api import LambdaContext
from shared.environment import Environment
from shared.logs import Log

_SETTINGS = Settings.read(Environment(variables=os.environ))
_DEPLOYMENT = _SETTINGS.read_deployment()
_LOG = Log(fields={"function": "controller", "region": _SETTINGS.region})
_CONTROLLER = Controller(
    settings=_SETTINGS,
    deployment=_DEPLOYMENT,
    rules=_SETTINGS.read_rules(),
    clients=Clients.make(_DEPLOYMENT),
    name=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "controller"),
)


def handler(event: Mapping[str, object], context: LambdaContext) -> dict[str, object]:
    """Make one round. The event of the schedule says nothing that the controller needs."""
    del event
    decision = _CONTROLLER.run(datetime.now(UTC), _LOG.bind(requestId=context.aws_request_id))
    return {"action": decision.action, "reason": decision.reason}
