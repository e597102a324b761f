"""Whether the stack's names are free. A name of a bucket may be taken by any account, the others by this one.

Terraform adopts silently what some of them name (rules, topics, alarms, dashboards), and fails at the others.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

from botocore.exceptions import ClientError

from standby.deployment.answers import take_list
from standby.deployment.clients import GLOBAL_REGION, Clients
from standby.preflight.facts.pages import list_all
from standby.stack.configuration import Resource

Existence = Literal["free", "exists", "another account"]

Look = Callable[[Clients, str, str, Resource], Existence]
"""Takes the clients, the account, the name and the resource."""

_FORBIDDEN: Final = frozenset({"403", "AccessDenied", "Forbidden"})


@dataclass(frozen=True)
class _Lookup:
    """A call for one name. `parameters` may contain `{name}`, `{region}`, `{account}`, `{scope}` and `{type}`.

    `absent`: the error codes that say that the name is free. `found`: the list that has an entry if the name exists.
    """

    service: str
    operation: str
    parameters: Mapping[str, object]
    absent: frozenset[str]
    found: str = ""

    def __call__(self, clients: Clients, account: str, name: str, resource: Resource) -> Existence:
        region = GLOBAL_REGION if self.service in {"iam", "cloudfront"} else resource.region
        values = {"name": name, "region": region, "account": account}
        values |= {attribute: resource.text(attribute) for attribute in ("scope", "type")}
        parameters = {key: _fill(value, values) for key, value in self.parameters.items()}
        try:
            answer = clients.read(self.service, region, self.operation, parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in self.absent:
                return "free"
            if self.service == "s3" and code in _FORBIDDEN:
                return "another account"
            raise
        return "exists" if not self.found or _has_entry(answer, self.found, name) else "free"


def _fill(value: object, values: Mapping[str, str]) -> object:
    if isinstance(value, list):
        return [_fill(part, values) for part in value]
    if isinstance(value, Mapping):
        return {key: _fill(part, values) for key, part in value.items()}
    return value.format(**values) if isinstance(value, str) else value


def _has_entry(answer: Mapping[str, object], member: str, name: str) -> bool:
    entries = take_list(answer, member)
    return any(name in {str(value) for value in entry.values()} for entry in entries)


@dataclass(frozen=True)
class _Listing:
    """A list of all names. `path` leads from an entry to its name."""

    service: str
    operation: str
    member: str
    path: tuple[str, ...]
    token: tuple[str, str] = ("nextToken", "nextToken")
    inside: str = ""
    parameters: Mapping[str, object] | None = None

    def __call__(self, clients: Clients, _: str, name: str, resource: Resource) -> Existence:
        region = GLOBAL_REGION if self.service == "cloudfront" else resource.region
        entries = list_all(
            clients,
            self.service,
            region,
            self.operation,
            member=self.member,
            token=self.token,
            inside=self.inside,
            parameters=self.parameters,
        )
        return "exists" if any(_at(entry, self.path) == name for entry in entries) else "free"


def _at(entry: Mapping[str, Any], path: tuple[str, ...]) -> object:
    found: object = entry
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


_GONE: Final = frozenset({"ResourceNotFoundException", "ResourceNotFound"})
_MARKERS: Final = ("Marker", "NextMarker")
_KNOWLEDGE_BASES: Final = _Listing("bedrock-agent", "list_knowledge_bases", "knowledgeBaseSummaries", ("name",))
_OF_SCOPE: Final[Mapping[str, object]] = {"Scope": "{scope}", "Limit": 100}
_OF_POLICY: Final[Mapping[str, object]] = {"name": "{name}", "type": "{type}"}

LOOKS: Final[Mapping[str, Look]] = {
    "AWS::Bedrock::KnowledgeBase": _KNOWLEDGE_BASES,
    "AWS::S3Vectors::VectorBucket": _Lookup(
        "s3vectors", "get_vector_bucket", {"vectorBucketName": "{name}"}, frozenset({"NotFoundException"})
    ),
    "aws_bedrock_guardrail": _Listing("bedrock", "list_guardrails", "guardrails", ("name",)),
    "aws_bedrockagent_knowledge_base": _KNOWLEDGE_BASES,
    "aws_cloudfront_origin_access_control": _Listing(
        "cloudfront", "list_origin_access_controls", "Items", ("Name",), _MARKERS, "OriginAccessControlList"
    ),
    "aws_cloudfront_response_headers_policy": _Listing(
        "cloudfront",
        "list_response_headers_policies",
        "Items",
        ("ResponseHeadersPolicy", "ResponseHeadersPolicyConfig", "Name"),
        _MARKERS,
        "ResponseHeadersPolicyList",
        {"Type": "custom"},
    ),
    "aws_cloudwatch_dashboard": _Lookup(
        "cloudwatch", "get_dashboard", {"DashboardName": "{name}"}, _GONE | {"DashboardNotFoundError"}
    ),
    "aws_cloudwatch_event_rule": _Lookup("events", "describe_rule", {"Name": "{name}"}, _GONE),
    "aws_cloudwatch_log_delivery_destination": _Lookup("logs", "get_delivery_destination", {"name": "{name}"}, _GONE),
    "aws_cloudwatch_log_delivery_source": _Lookup("logs", "get_delivery_source", {"name": "{name}"}, _GONE),
    "aws_cloudwatch_log_group": _Lookup(
        "logs", "describe_log_groups", {"logGroupNamePrefix": "{name}"}, frozenset(), "logGroups"
    ),
    "aws_cloudwatch_metric_alarm": _Lookup(
        "cloudwatch", "describe_alarms", {"AlarmNames": ["{name}"]}, frozenset(), "MetricAlarms"
    ),
    "aws_iam_role": _Lookup("iam", "get_role", {"RoleName": "{name}"}, frozenset({"NoSuchEntity"})),
    "aws_lambda_function": _Lookup("lambda", "get_function_configuration", {"FunctionName": "{name}"}, _GONE),
    "aws_opensearchserverless_access_policy": _Lookup("opensearchserverless", "get_access_policy", _OF_POLICY, _GONE),
    "aws_opensearchserverless_collection": _Lookup(
        "opensearchserverless",
        "list_collections",
        {"collectionFilters": {"name": "{name}"}},
        frozenset(),
        "collectionSummaries",
    ),
    "aws_opensearchserverless_security_policy": _Lookup(
        "opensearchserverless", "get_security_policy", _OF_POLICY, _GONE
    ),
    # A bucket of another account answers 403. Source: docs.aws.amazon.com, Amazon S3 API Reference, "HeadBucket".
    "aws_s3_bucket": _Lookup(
        "s3",
        "head_bucket",
        {"Bucket": "{name}", "ExpectedBucketOwner": "{account}"},
        frozenset({"404", "NoSuchBucket"}),
    ),
    "aws_sns_topic": _Lookup(
        "sns",
        "get_topic_attributes",
        {"TopicArn": "arn:aws:sns:{region}:{account}:{name}"},
        frozenset({"NotFound", "NotFoundException"}),
    ),
    "aws_sqs_queue": _Lookup(
        "sqs",
        "get_queue_url",
        {"QueueName": "{name}"},
        frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}),
    ),
    "aws_ssm_parameter": _Lookup("ssm", "get_parameter", {"Name": "{name}"}, frozenset({"ParameterNotFound"})),
    # At most 100 of each are listed, which is the quota of an account.
    # Source: docs.aws.amazon.com, AWS WAF, "AWS WAF quotas".
    "aws_wafv2_ip_set": _Lookup("wafv2", "list_ip_sets", _OF_SCOPE, frozenset(), "IPSets"),
    "aws_wafv2_web_acl": _Lookup("wafv2", "list_web_acls", _OF_SCOPE, frozenset(), "WebACLs"),
}
"""How each type's name is looked up. The error codes are those of botocore's service models."""


_OF_A_PURPOSE: Final = frozenset({"aws_opensearchserverless_access_policy", "aws_opensearchserverless_security_policy"})


@dataclass(frozen=True, kw_only=True)
class Name:
    """A name that the stack gives to a resource of a type in a region.

    `variant`: what else a name is unique within, such as the purpose of a policy of OpenSearch Serverless.
    """

    kind: str
    region: str
    name: str
    variant: str = ""


def variant_of(kind: str, attributes: Mapping[str, Any]) -> str:
    """Return a name's variant."""
    return str(attributes.get("type", "")) if kind in _OF_A_PURPOSE else ""


def looks(
    clients: Clients, account: str, named: Mapping[Name, Resource]
) -> Iterator[tuple[Name, Callable[[], Existence]]]:
    """Yield the look for each name whose type has one."""
    for name, resource in named.items():
        if name.kind in LOOKS:
            yield name, partial(LOOKS[name.kind], clients, account, name.name, resource)
