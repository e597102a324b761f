"""The health function's entry point."""

import os
from collections.abc import Mapping

from health.caller import authorize, authorizer_invocation
from health.checks import ShallowClients, deep_checks, deep_clients, shallow_checks
from health.readiness import READINESS_CHECK, ReadinessCheck, function_client, run_readiness_check
from health.report import DEEP_CACHED_SECONDS, CachedReport, Report, make_report
from health.settings import Settings
from shared.api import LambdaContext, Response, is_from_api, query_parameter, serve
from shared.environment import Environment
from shared.logs import Log

# Seconds. Route 53 waits two for a response; a deep check has to end before API Gateway's 29.
# (Source: docs.aws.amazon.com, Amazon Route 53, How Route 53 determines whether a health check is healthy.)
SHALLOW_DEADLINE_SECONDS = 1.5
DEEP_DEADLINE_SECONDS = 24.0

_SETTINGS = Settings.read(Environment(variables=os.environ))
_LOG = Log(fields={"function": "health", "region": _SETTINGS.region})
_SHALLOW = shallow_checks(ShallowClients.make(_SETTINGS.region), _SETTINGS)


def handler(event: Mapping[str, object], context: LambdaContext) -> dict[str, object]:
    """Answer `GET /health`. With `?deep=true`, also retrieve passages and invoke the answer model.

    Where users sign in, a deep check needs an access token, or a caller who may invoke the function itself.

    The event of the readiness check's schedule starts that check, and returns its results.
    """
    if READINESS_CHECK in event:
        check = ReadinessCheck.read(event)
        invoke = function_client(_SETTINGS.region).invoke if check.functions else None
        return run_readiness_check(check, _LOG.bind(requestId=context.aws_request_id), invoke=invoke)
    return serve(event, context, site_origin=_SETTINGS.site_origin, log=_LOG, route=_health)


def _health(event: Mapping[str, object], log: Log) -> Response:
    deep = query_parameter(event, "deep").lower() == "true"
    authorizer = _SETTINGS.deep_check_authorizer
    if deep and authorizer and is_from_api(event):
        log = authorize(event, log, authorizer=authorizer, invoke=authorizer_invocation(_SETTINGS.region))
    report, fresh = (_CACHED_DEEP if deep else _CACHED).get()
    if fresh:
        _log_report(report, log, deep=deep)
    return report.response


def _log_report(report: Report, log: Log, *, deep: bool) -> None:
    """Log `healthyPercent`. A metric filter reads it for the health alarm."""
    if report.failed:
        checks = report.response.body["checks"]
        log.error("degraded", deep=deep, healthyPercent=report.healthy_percent, failed=report.failed, checks=checks)
    else:
        log.info("healthy", deep=deep, healthyPercent=report.healthy_percent)


def _shallow_report() -> Report:
    return make_report(_SHALLOW, region=_SETTINGS.region, deadline_seconds=SHALLOW_DEADLINE_SECONDS)


def _deep_report() -> Report:
    checks = {**_SHALLOW, **deep_checks(deep_clients(_SETTINGS.region), _SETTINGS)}
    return make_report(checks, region=_SETTINGS.region, deadline_seconds=DEEP_DEADLINE_SECONDS)


_CACHED = CachedReport(_shallow_report)
_CACHED_DEEP = CachedReport(_deep_report, seconds=DEEP_CACHED_SECONDS)
