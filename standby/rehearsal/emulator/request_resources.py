"""The resource of a request, where MiniStack names none or another one than AWS checks.

A policy that is limited to names is denied then, although AWS would allow the request. Source of each form:
docs.aws.amazon.com, Service Authorization Reference. Written for MiniStack 1.5.33, for the calls of Terraform.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

ACTIONS: Final[Mapping[str, str]] = {"cloudfront:CreateDistributionWithTags": "cloudfront:CreateDistribution"}
"""Operations that have no action of their own."""

_MAPPING: Final = re.compile(r"/2015-03-31/event-source-mappings/[^/]+/?")
_ARN: Final = re.compile(r'arn:aws:[^\s"&<]+')
_DELIVERY: Final = re.compile(r"\w+\.(?:Create|Put|Get|Delete|Update)Delivery(Source|Destination|Configuration)?")
_CLOUDFRONT: Final = re.compile(r"/2020-05-31/(origin-access-control|response-headers-policy)/([^/]+)")
_ROUTE53: Final = re.compile(r"/2013-04-01/(?:tags/)?(healthcheck|change)/([^/]+)/?")


def corrected_operation(action: str, method: str, path: str) -> str:
    """Return the action that AWS checks. MiniStack takes the read of one event source mapping for a list."""
    if action == "lambda:ListEventSourceMappings" and method == "GET" and _MAPPING.fullmatch(path):
        return "lambda:GetEventSourceMapping"
    return ACTIONS.get(action, action)


def named_resource(service: str, path: str, body: object, query: object, *, region: str, account: str) -> str:
    """Return the ARN that a request names, "" if it names none that is corrected here."""
    members = {**_members(body), **(query if isinstance(query, Mapping) else {})}
    tagged = _tagged_resource(path, members)
    if tagged or service not in _NAMES:
        return tagged
    return _NAMES[service](path, members).format(region=region, account=account)


def delivery_resource(headers: object, body: object, *, region: str, account: str) -> str:
    """Return the ARN of the delivery of logs, its source or its destination that a call is about, "" for other calls.

    MiniStack names the resource whose logs are delivered, or none.
    """
    target = str(headers.get("x-amz-target", "")) if isinstance(headers, Mapping) else ""
    found = _DELIVERY.fullmatch(target)
    if found is None:
        return ""
    kind = {"Source": "delivery-source", "Destination": "delivery-destination"}.get(found[1], "delivery")
    return f"arn:aws:logs:{region}:{account}:{kind}:{_text(_members(body), 'name', 'id') or '*'}"


def corrected_context(extract: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Return MiniStack's function that names the condition keys of a request, which also names the source of events.

    Of events with several sources it names none, so a policy that is limited to one source denies them. Source:
    docs.aws.amazon.com, EventBridge, "Using IAM policy conditions in Amazon EventBridge", `events:source`.
    """

    def request_context(service: str, action: str, body: object, parameters: object) -> dict[str, Any]:
        context = extract(service, action, body, parameters)
        if action != "events:PutEvents":
            return context
        entries = _members(body).get("Entries", ())
        sources = {entry.get("Source") for entry in entries if isinstance(entry, dict)}
        return {**context, "events:source": sources.pop()} if len(sources) == 1 else context

    return request_context


def _members(body: object) -> Mapping[str, Any]:
    try:
        found = json.loads(body) if isinstance(body, bytes) and body.lstrip()[:1] == b"{" else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _tagged_resource(path: str, members: Mapping[str, Any]) -> str:
    """Return the resource whose tags are asked for: each service calls the member by one of these names."""
    names = ("ResourceARN", "resourceARN", "ResourceArn", "resourceArn", "Resource")
    text = next((_text(members, name) for name in names if name in members), "")
    if not text and "/tags/" in path:
        text = unquote(path.partition("/tags/")[2])
    return text if _ARN.fullmatch(text) and "{" not in text else ""


def _text(members: Mapping[str, Any], *names: str) -> str:
    value = next((members[name] for name in names if members.get(name)), "")
    first = value[0] if isinstance(value, list) else value
    return first if isinstance(first, str) and not {"{", "}"} & set(first) else ""


def _of_cloudfront(path: str, _: Mapping[str, Any]) -> str:
    found = _CLOUDFRONT.match(path)
    return f"arn:aws:cloudfront::{{account}}:{found[1]}/{_text({'id': found[2]}, 'id')}" if found else ""


def _of_cloudwatch(_: str, members: Mapping[str, Any]) -> str:
    if alarm := _text(members, "AlarmNames", "AlarmNames.member.1"):
        return f"arn:aws:cloudwatch:{{region}}:{{account}}:alarm:{alarm}"
    dashboard = _text(members, "DashboardName", "DashboardNames", "DashboardNames.member.1")
    return f"arn:aws:cloudwatch::{{account}}:dashboard/{dashboard}" if dashboard else ""


def _of_events(_: str, members: Mapping[str, Any]) -> str:
    rule = _text(members, "Rule")
    return f"arn:aws:events:{{region}}:{{account}}:rule/{rule}" if rule else ""


def _of_lambda(path: str, members: Mapping[str, Any]) -> str:
    # A new event source mapping names its function, too, but its action cannot be limited to a function's name.
    function = _text(members, "FunctionName") if path.rstrip("/").endswith("/functions") else ""
    return f"arn:aws:lambda:{{region}}:{{account}}:function:{function}" if function else ""


def _of_route53(path: str, _: Mapping[str, Any]) -> str:
    found = _ROUTE53.fullmatch(path)
    return f"arn:aws:route53:::{found[1]}/{_text({'id': found[2]}, 'id')}" if found else ""


def _of_ssm(_: str, members: Mapping[str, Any]) -> str:
    path = _text(members, "Path")
    return f"arn:aws:ssm:{{region}}:{{account}}:parameter/{path.strip('/')}" if path else ""


def _of_opensearch(_: str, members: Mapping[str, Any]) -> str:
    # Only the calls for one collection have its id; the others cannot be limited.
    collection = _text(members, "id")
    return f"arn:aws:aoss:{{region}}:{{account}}:collection/{collection}" if collection else ""


_NAMES: Final[Mapping[str, Callable[[str, Mapping[str, Any]], str]]] = {
    "cloudfront": _of_cloudfront,
    "events": _of_events,
    "lambda": _of_lambda,
    "monitoring": _of_cloudwatch,
    "opensearchserverless": _of_opensearch,
    "route53": _of_route53,
    "ssm": _of_ssm,
}
