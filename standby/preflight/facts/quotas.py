"""The account's quotas, and how much of each is used. Some services tell their own; Service Quotas has the others."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from standby.deployment.answers import NOT_AWS, InvalidAnswerError, take, take_count
from standby.deployment.clients import GLOBAL_REGION, Clients
from standby.preflight.facts.pages import list_all

_NOT_CHANGED: Final = frozenset({"NoSuchResourceException"})


@dataclass(frozen=True)
class Quota:
    """A quota: its limit, and how much of it is used."""

    limit: int
    used: int


@dataclass(frozen=True)
class Capacity:
    """The most capacity of OpenSearch Serverless in a region, in OCU (OpenSearch Compute Units)."""

    indexing: int
    search: int


def read_concurrency(clients: Clients, region: str) -> Quota:
    """Return the region's concurrent executions of Lambda; those that functions have reserved count as used."""
    answer = clients.read("lambda", region, "get_account_settings")
    limit = take_count(answer, "AccountLimit", "ConcurrentExecutions")
    return Quota(limit, limit - take_count(answer, "AccountLimit", "UnreservedConcurrentExecutions"))


def read_reserved(clients: Clients, region: str, functions: Iterable[str]) -> int:
    """Return how many executions these functions have reserved. One that does not exist yet has none."""
    return sum(_reserved(clients, region, name) for name in functions)


def _reserved(clients: Clients, region: str, name: str) -> int:
    try:
        answer = clients.read("lambda", region, "get_function", {"FunctionName": name})
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return 0
        raise
    take(answer, "Configuration", kind=dict)  # of every function; the concurrency is left out if none is reserved
    return take_count(answer, "Concurrency", "ReservedConcurrentExecutions") if "Concurrency" in answer else 0


def read_capacity(clients: Clients, region: str) -> Capacity:
    """Return the region's limits of OpenSearch Serverless."""
    answer = clients.read("opensearchserverless", region, "get_account_settings")
    limits = ("accountSettingsDetail", "capacityLimits")
    return Capacity(
        indexing=take_count(answer, *limits, "maxIndexingCapacityInOCU"),
        search=take_count(answer, *limits, "maxSearchCapacityInOCU"),
    )


def read_roles(clients: Clients) -> Quota:
    """Return the account's IAM roles."""
    answer = clients.read("iam", GLOBAL_REGION, "get_account_summary")
    return Quota(take_count(answer, "SummaryMap", "RolesQuota"), take_count(answer, "SummaryMap", "Roles"))


def read_buckets(clients: Clients) -> Quota:
    """Return the account's buckets, in all regions."""
    pages = list_all(
        clients,
        "s3",
        GLOBAL_REGION,
        "list_buckets",
        member="Buckets",
        token=("ContinuationToken", "ContinuationToken"),
        parameters={"MaxBuckets": 1000},
    )
    return Quota(_read_limit(clients, GLOBAL_REGION, "s3", "L-DC2B2D3D"), _count(pages))


def read_distributions(clients: Clients) -> Quota:
    """Return the account's CloudFront distributions."""
    return Quota(_read_limit(clients, GLOBAL_REGION, "cloudfront", "L-24B04930"), count_distributions(clients))


def count_distributions(clients: Clients) -> int:
    """Return the number of the account's CloudFront distributions."""
    return _count(
        list_all(
            clients,
            "cloudfront",
            GLOBAL_REGION,
            "list_distributions",
            inside="DistributionList",
            member="Items",
            token=("Marker", "NextMarker"),
        )
    )


def read_headers_policies(clients: Clients) -> Quota:
    """Return the account's own response headers policies of CloudFront."""
    pages = list_all(
        clients,
        "cloudfront",
        GLOBAL_REGION,
        "list_response_headers_policies",
        inside="ResponseHeadersPolicyList",
        member="Items",
        token=("Marker", "NextMarker"),
        parameters={"Type": "custom"},
    )
    return Quota(_read_limit(clients, GLOBAL_REGION, "cloudfront", "L-CF0D4FC5"), _count(pages))


def read_knowledge_bases(clients: Clients, region: str) -> Quota:
    """Return the region's Knowledge Bases."""
    pages = list_all(
        clients,
        "bedrock-agent",
        region,
        "list_knowledge_bases",
        member="knowledgeBaseSummaries",
        token=("nextToken", "nextToken"),
    )
    return Quota(_read_limit(clients, region, "bedrock", "L-60DA3E0D"), _count(pages))


def read_rules(clients: Clients, region: str) -> Quota:
    """Return the region's EventBridge rules on the default bus."""
    pages = list_all(clients, "events", region, "list_rules", member="Rules", token=("NextToken", "NextToken"))
    return Quota(_read_limit(clients, region, "events", "L-244521F2"), _count(pages))


GLOBAL_QUOTAS: Final[Mapping[str, Callable[[Clients], Quota]]] = {
    "aws_cloudfront_distribution": read_distributions,
    "aws_cloudfront_response_headers_policy": read_headers_policies,
    "aws_iam_role": read_roles,
    "aws_s3_bucket": read_buckets,
}
REGIONAL_QUOTAS: Final[Mapping[str, Callable[[Clients, str], Quota]]] = {
    "AWS::Bedrock::KnowledgeBase": read_knowledge_bases,
    "aws_bedrockagent_knowledge_base": read_knowledge_bases,
    "aws_cloudwatch_event_rule": read_rules,
}
"""The resource types whose number is limited, of those that an account may reach. The codes of Service Quotas:
`aws service-quotas list-service-quotas --service-code s3`."""


def _read_limit(clients: Clients, region: str, service: str, code: str) -> int:
    """Return the value of a quota: the account's own, else the default of AWS."""
    named = {"ServiceCode": service, "QuotaCode": code}
    try:
        answer = clients.read("service-quotas", region, "get_service_quota", named)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NOT_CHANGED:
            raise
        answer = clients.read("service-quotas", region, "get_aws_default_service_quota", named)
    value = take(answer, "Quota", "Value", kind=object)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        raise InvalidAnswerError(reason=f"{NOT_AWS}: no valid Value")
    return int(value)


def _count(entries: Iterable[object]) -> int:
    return sum(1 for _ in entries)
