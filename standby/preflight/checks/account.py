"""The account's own settings that a deployment meets."""

from standby.deployment.concurrency import Unavailable
from standby.preflight.facts.account import Certificate
from standby.preflight.findings import Finding, unknown


def check_logging_role(region: str, role: str | Unavailable, *, own: str, replaced: bool) -> Finding:
    """Return whether API Gateway can write access logs in a region.

    `own` is the name of the deployment's role, `replaced` whether the stack sets it for the whole account.
    """
    check = "API logging role"
    if isinstance(role, Unavailable):
        return unknown(check, role, action="apigateway:GET", region=region)
    name = role.rpartition("/")[2]
    if replaced and role and name != own:
        return Finding(
            check=check,
            region=region,
            status="advice",
            detail=f"the account's role {name} would be replaced by {own}",
            remedy="Set operations.api_gateway_account = false to keep it.",
        )
    if not replaced and not role:
        return Finding(
            check=check,
            region=region,
            status="fails",
            detail="the account has none, so a stage with access logs is refused",
            remedy="Set operations.api_gateway_account = true in one deployment of each account.",
        )
    return Finding(check=check, region=region, status="ok", detail=name if role else f"none yet; {own} will be set")


def check_service_linked_role(role: str, *, exists: bool | Unavailable, allowed: bool | Unavailable) -> Finding:
    """Return whether a service-linked role is there, or may be created. `role` is `SERVICE/ROLE`."""
    check, (service, _, name) = "service-linked role", role.partition("/")
    if isinstance(exists, Unavailable):
        return unknown(check, exists, action="iam:GetRole")
    if exists:
        return Finding(check=check, status="ok", detail=name)
    if isinstance(allowed, Unavailable):
        return unknown(check, allowed, action="iam:SimulatePrincipalPolicy")
    if allowed:
        return Finding(check=check, status="ok", detail=f"{name} will be created with the first resource")
    return Finding(
        check=check,
        status="fails",
        detail=f"{name} is missing, and iam:CreateServiceLinkedRole is denied",
        remedy=f"`aws iam create-service-linked-role --aws-service-name {service}` by an administrator",
    )


def check_certificate(certificate: Certificate | Unavailable, domain: str) -> Finding:
    """Return whether CloudFront's certificate is issued for the site's domain name."""
    if isinstance(certificate, Unavailable):
        return unknown("certificate", certificate, action="acm:DescribeCertificate")
    wildcard = f"*.{domain.partition('.')[2]}"
    if certificate.status == "ISSUED" and {domain, wildcard} & set(certificate.names):
        return Finding(check="certificate", status="ok", detail=f"issued for {domain}")
    named = ", ".join(certificate.names[:3])
    return Finding(
        check="certificate",
        status="fails",
        detail=f"{certificate.status}, for {named}; the site is {domain}",
        remedy="Request one for the site's name in us-east-1, and validate it: `aws acm request-certificate`",
    )


def check_cloudfront(distributions: int | Unavailable, *, own: bool) -> Finding:
    """Return whether CloudFront is known to accept distributions of this account. Only a distribution shows it.

    Source: github.com/aws-samples/aws-cdk-examples, issue 279.
    """
    if isinstance(distributions, Unavailable):
        return unknown("CloudFront", distributions, action="cloudfront:ListDistributions")
    if distributions or own:
        return Finding(check="CloudFront", status="ok", detail="the account has distributions")
    return Finding(
        check="CloudFront",
        status="advice",
        detail="the account has no distribution yet; AWS verifies young accounts first",
        remedy='If the apply ends with "Your account must be verified before you can add new CloudFront resources":'
        " open a case with AWS Support (account), and apply again.",
    )
