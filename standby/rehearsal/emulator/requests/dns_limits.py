"""The limits of Route 53, certificates and custom domains that AWS's models do not hold: each with its page."""

from typing import Any, Final

from standby.rehearsal.emulator.requests.limits import DOMAIN, Parameters, Rule
from standby.rehearsal.emulator.requests.refusal import Refusal

INTERVALS: Final = frozenset({10, 30})
_CHECK_SOURCE: Final = "docs.aws.amazon.com, Route 53 API, HealthCheckConfig"
_CALCULATED: Final = "CALCULATED"


def check_health_check(parameters: Parameters) -> Refusal | None:
    """Check what a health check of its type needs, and what it must not have."""
    config: dict[str, Any] = parameters.get("HealthCheckConfig") or {}
    kind = str(config.get("Type"))
    problem = ""
    if kind == _CALCULATED:
        children = config.get("ChildHealthChecks") or []
        if not children or not 0 <= config.get("HealthThreshold", 0) <= len(children):
            problem = "A CALCULATED health check needs children, and a HealthThreshold that they can reach."
    elif kind.startswith("HTTP"):
        if not config.get("FullyQualifiedDomainName") and not config.get("IPAddress"):
            problem = "A health check of an endpoint needs FullyQualifiedDomainName or IPAddress."
        elif kind.endswith("_STR_MATCH") != bool(config.get("SearchString")):
            problem = "SearchString is required for string matching, and for nothing else."
        elif config.get("RequestInterval", 30) not in INTERVALS:
            problem = "RequestInterval must be 10 or 30."
    return Refusal(code="InvalidInput", message=problem) if problem else None


def check_records(parameters: Parameters) -> Refusal | None:
    """Check the failover records of a batch: each needs an identifier, and an alias or a TTL."""
    for change in (parameters.get("ChangeBatch") or {}).get("Changes", []):
        record = change.get("ResourceRecordSet") or {}
        if record.get("Failover") and not record.get("SetIdentifier"):
            message = "[Invalid request: Missing field 'SetIdentifier' in ResourceRecordSet]"
            return Refusal(code="InvalidInput", message=message)
        if not record.get("AliasTarget") and "TTL" not in record:
            message = "[Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords]]]"
            return Refusal(code="InvalidInput", message=message)
    return None


def check_certificate(parameters: Parameters) -> Refusal | None:
    """Check the name of a certificate."""
    name = str(parameters.get("DomainName"))
    if DOMAIN.fullmatch(name):
        return None
    return Refusal(code="ValidationException", message=f"The domain name {name!r} is not valid")


def check_regional_domain(parameters: Parameters) -> Refusal | None:
    """Check that a regional custom domain has a certificate of the region."""
    types = (parameters.get("endpointConfiguration") or {}).get("types") or []
    if "REGIONAL" in types and not parameters.get("regionalCertificateArn"):
        return Refusal(code="BadRequestException", message="A regional custom domain needs regionalCertificateArn")
    return None


DNS_RULES: Final = (
    Rule(service="route53", operations=("CreateHealthCheck",), check=check_health_check, source=_CHECK_SOURCE),
    Rule(
        service="route53",
        operations=("ChangeResourceRecordSets",),
        check=check_records,
        source="docs.aws.amazon.com, Route 53 API, ResourceRecordSet",
    ),
    Rule(
        service="acm",
        operations=("RequestCertificate",),
        check=check_certificate,
        source="docs.aws.amazon.com, ACM API, RequestCertificate",
    ),
    Rule(
        service="apigateway",
        operations=("CreateDomainName",),
        check=check_regional_domain,
        source="docs.aws.amazon.com, API Gateway API, CreateDomainName",
    ),
)
