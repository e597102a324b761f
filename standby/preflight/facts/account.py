"""Settings of the account that a deployment meets: API Gateway's logging role, service-linked roles, a certificate."""

from dataclasses import dataclass

from botocore.exceptions import ClientError

from standby.deployment.answers import take, take_text
from standby.deployment.clients import GLOBAL_REGION, Clients


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate of ACM: its status, and the names that it is for."""

    status: str
    names: tuple[str, ...]


def read_logging_role(clients: Clients, region: str) -> str:
    """Return the ARN of the role with which API Gateway logs in a region, "" if there is none."""
    answer = clients.read("apigateway", region, "get_account")
    take(answer, "throttleSettings", kind=dict)  # of every account; the role is left out if there is none
    return take_text(answer, "cloudwatchRoleArn") if answer.get("cloudwatchRoleArn") else ""


def has_role(clients: Clients, name: str) -> bool:
    """Return whether the account has a role of this name."""
    try:
        take_text(clients.read("iam", GLOBAL_REGION, "get_role", {"RoleName": name}), "Role", "Arn")
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return False
        raise
    return True


def read_certificate(clients: Clients, arn: str) -> Certificate:
    """Return CloudFront's certificate, which is in us-east-1."""
    answer = clients.read("acm", GLOBAL_REGION, "describe_certificate", {"CertificateArn": arn})
    names = take(answer, "Certificate", "SubjectAlternativeNames", kind=list)
    return Certificate(status=take_text(answer, "Certificate", "Status"), names=tuple(map(str, names)))
