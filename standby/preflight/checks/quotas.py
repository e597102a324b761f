"""Whether the account's quotas have room for the stack."""

from typing import Final

from standby.deployment.concurrency import Unavailable
from standby.preflight.facts.quotas import Capacity, Quota
from standby.preflight.findings import Finding, unknown
from standby.stack.configuration import Stack

NAMES: Final = {
    "AWS::Bedrock::KnowledgeBase": "Knowledge Bases",
    "aws_bedrockagent_knowledge_base": "Knowledge Bases",
    "aws_cloudfront_distribution": "distributions",
    "aws_cloudfront_response_headers_policy": "headers policies",
    "aws_cloudwatch_event_rule": "EventBridge rules",
    "aws_iam_role": "IAM roles",
    "aws_s3_bucket": "buckets",
}
"""The resource types whose number is limited, in words."""
UNRESERVED: Final = 100
"""The executions that AWS keeps for all functions without a reservation. Source: docs.aws.amazon.com, Lambda,
"Configuring reserved concurrency for a function"."""
MIN_OCU: Final = 2
"""The OpenSearch Compute Units that each limit must allow. Source: docs.aws.amazon.com, OpenSearch Serverless API
Reference, "CapacityLimits"."""


def needed_concurrency(stack: Stack, region: str) -> int:
    """Return the executions of Lambda that a region needs at the same time under full load.

    API Gateway admits up to its burst limit of requests, the queue feeds `ingest` up to its own limit, and each
    schedule runs one. Sources: docs.aws.amazon.com, API Gateway, "Throttle requests to your REST APIs"; Lambda,
    "Configuring scaling behavior for SQS event source mappings".
    """
    bursts: list[int] = [
        part.attributes["settings"]["throttling_burst_limit"]
        for part in stack.of("aws_api_gateway_method_settings", region=region)
    ]
    feeds: list[int] = [
        part.attributes["scaling_config"]["maximum_concurrency"]
        for part in stack.of("aws_lambda_event_source_mapping", region=region)
    ]
    return sum(bursts) + sum(feeds) + len(stack.of("aws_cloudwatch_event_rule", region=region))


def check_concurrency(region: str, quota: Quota | Unavailable, needed: int) -> Finding:
    """Return whether Lambda may run as much at the same time as the API admits."""
    check = "concurrency"
    if isinstance(quota, Unavailable):
        return unknown(check, quota, action="lambda:GetAccountSettings", region=region)
    free = quota.limit - quota.used
    if free >= needed:
        return Finding(check=check, region=region, status="ok", detail=f"{free} executions of Lambda, {needed} needed")
    return Finding(
        check=check,
        region=region,
        status="fails",
        detail=f"{free} executions of Lambda, {needed} needed under full load",
        remedy="Request more: Service Quotas, AWS Lambda, Concurrent executions (L-B99A9384). Or lower"
        " operations.api_burst_limit.",
    )


def reserved_concurrency(stack: Stack, region: str) -> dict[str, int]:
    """Return the executions that the stack reserves in a region, by the names of the functions."""
    found = ((part.text("function_name"), part) for part in stack.of("aws_lambda_function", region=region))
    key = "reserved_concurrent_executions"
    return {name: int(part.attributes[key]) for name, part in found if key in part.attributes}


def check_reserved(region: str, quota: Quota | Unavailable, own: int | Unavailable, wanted: int) -> Finding:
    """Return whether so many executions may be reserved. `own` are those that this deployment has reserved already."""
    check = "reserved concurrency"
    if isinstance(quota, Unavailable):
        return unknown(check, quota, action="lambda:GetAccountSettings", region=region)
    if isinstance(own, Unavailable):
        return unknown(check, own, action="lambda:GetFunction", region=region)
    free = max(0, quota.limit - quota.used + own - UNRESERVED)
    detail = f"{free} can be reserved, {wanted} wanted; AWS keeps {UNRESERVED} of {quota.limit} for other functions"
    if wanted <= free:
        return Finding(check=check, region=region, status="ok", detail=detail)
    return Finding(
        check=check,
        region=region,
        status="fails",
        detail=detail,
        remedy="Request more: Service Quotas, AWS Lambda, Concurrent executions (L-B99A9384). Or lower"
        " operations.reserved_concurrency.",
    )


def check_capacity(region: str, capacity: Capacity | Unavailable) -> Finding:
    """Return whether OpenSearch Serverless may run one more collection."""
    check = "OpenSearch capacity"
    if isinstance(capacity, Unavailable):
        return unknown(check, capacity, action="aoss:GetAccountSettings", region=region)
    if min(capacity.indexing, capacity.search) >= MIN_OCU:
        detail = f"up to {capacity.indexing} OCU for indexing and {capacity.search} for search"
        return Finding(check=check, region=region, status="ok", detail=detail)
    return Finding(
        check=check,
        region=region,
        status="fails",
        detail=f"at most {capacity.indexing} OCU for indexing and {capacity.search} for search",
        remedy=f"`aws opensearchserverless update-account-settings --region {region}`, at least {MIN_OCU} each",
    )


def check_quota(kind: str, quota: Quota | Unavailable, needed: int, *, region: str = "") -> Finding:
    """Return whether so many more resources of a type fit into their quota."""
    check = NAMES[kind]
    if isinstance(quota, Unavailable):
        return unknown(check, quota, action="servicequotas:GetServiceQuota", region=region)
    detail = f"{quota.used} of {quota.limit} used, {needed} more needed"
    if quota.used + needed <= quota.limit:
        return Finding(check=check, region=region, status="ok", detail=detail)
    return Finding(
        check=check,
        region=region,
        status="fails",
        detail=detail,
        remedy="Request more in Service Quotas, or delete what is not used.",
    )
