"""The authorizer's entry point."""

import os
from collections.abc import Mapping
from functools import partial

from authorizer.decision import Rules, UnauthorizedError, decide
from authorizer.fetch import fetch_keys
from authorizer.key_copy import ParameterCopy
from authorizer.keys import IssuerKeys
from authorizer.settings import Settings
from authorizer.token import Expected
from shared.api import LambdaContext, api_request_id
from shared.environment import Environment
from shared.logs import Log

REFRESH = "refreshKeys"
"""The member of the schedule's event. No event of API Gateway has it."""

_SETTINGS = Settings.read(Environment(variables=os.environ))
_LOG = Log(fields={"function": "authorizer", "region": _SETTINGS.region})
_RULES = Rules(
    expected=Expected(issuer=_SETTINGS.issuer, audience=_SETTINGS.audience, client_id=_SETTINGS.client_id),
    required=_SETTINGS.required_claims,
    reported=frozenset({*_SETTINGS.required_claims, *_SETTINGS.delete_claims}),
)
_KEYS = IssuerKeys(
    fetch=partial(fetch_keys, _SETTINGS.issuer),
    copy=ParameterCopy.make(region=_SETTINGS.region, name=_SETTINGS.keys_parameter, log=_LOG),
    log=_LOG,
)


def handler(event: Mapping[str, object], context: LambdaContext) -> dict[str, object]:
    """Decide on one request of API Gateway, or fetch the issuer's keys for the schedule."""
    if event.get(REFRESH) is True:
        return {"refreshed": _KEYS.refresh()}
    log = _LOG.bind(requestId=context.aws_request_id, apiRequestId=api_request_id(event))
    try:
        return decide(event, _RULES, _KEYS.find, log)
    except UnauthorizedError:
        raise
    except Exception:  # a fault of ours must let nobody in, and must be no 500 for the caller
        log.exception("unexpected_error")
        raise UnauthorizedError from None
