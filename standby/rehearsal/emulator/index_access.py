"""Who may see an index of OpenSearch Serverless: MiniStack asks no data access policy, and accepts any principal.

On AWS, Cloud Control reads and writes an index through the collection's API, with the rights of its caller. So a role
that no data access policy names cannot even plan, whatever IAM allows. Sources: the CloudFormation schema of
AWS::OpenSearchServerless::Index (`handlers.*.permissions`: aoss:APIAccessAll); docs.aws.amazon.com, OpenSearch
Serverless, "Data access control". The words of the refusal: github.com/aws-ia/terraform-aws-bedrock, issue 150.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

INDEX: Final = "AWS::OpenSearchServerless::Index"
PERMISSIONS: Final[Mapping[str, str]] = {
    "_create_resource": "aoss:CreateIndex",
    "_get_resource": "aoss:DescribeIndex",
    "_update_resource": "aoss:UpdateIndex",
    "_delete_resource": "aoss:DeleteIndex",
}
"""MiniStack's handlers of Cloud Control, and the permission on the index that each needs."""
_PRINCIPAL: Final = re.compile(r"saml/.+|arn:aws[a-z-]*:(iam::\d{12}:(user|role)|sts::\d{12}:assumed-role)/.+")
"""Source: the validation error in github.com/aws-samples/bedrock-kb-rag-workshop, issue 1. A root user is none."""
_SESSION: Final = re.compile(r"arn:(?P<partition>aws[a-z-]*):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/.+")

Policy = list[Mapping[str, Any]]


def has_access(caller: str, permission: str, policies: Iterable[Policy]) -> bool:
    """Return whether a data access policy gives the caller's user, role or session this permission on an index."""
    return any(
        permission in rule.get("Permission", ())
        for policy in policies
        for statement in policy
        if any(_is_named(caller, principal) for principal in statement.get("Principal", ()))
        for rule in statement.get("Rules", ())
        if rule.get("ResourceType") == "index"
    )


def corrected_handler(
    handle: Callable[[Mapping[str, Any]], object],
    permission: str,
    *,
    caller: Callable[[], str],
    policies: Callable[[], Iterable[Policy]],
    refuse: Callable[[str, str, int], object],
) -> Callable[[Mapping[str, Any]], object]:
    """Return MiniStack's handler of Cloud Control, changed so that an index needs its data access policy."""

    def handle_if_allowed(data: Mapping[str, Any]) -> object:
        if data.get("TypeName") == INDEX and not has_access(caller(), permission, policies()):
            reason = f"User {caller()} is not authorized: {permission}"
            return refuse("GeneralServiceException", f"403: authorization_exception: {reason}", 400)
        return handle(data)

    return handle_if_allowed


def corrected_validation(
    validate: Callable[[object], None], invalid: Callable[[str], Exception]
) -> Callable[[object], None]:
    """Return MiniStack's validation of a data access policy, with the forms of a principal that AWS accepts."""

    def validate_principals(policy: object) -> None:
        validate(policy)
        for statement in policy if isinstance(policy, list) else ():
            for principal in statement["Principal"]:
                if not _PRINCIPAL.fullmatch(principal):
                    raise invalid(f"Policy json is invalid, error: [Principal {principal} does not match any form]")

    return validate_principals


def _is_named(caller: str, principal: str) -> bool:
    session = _SESSION.fullmatch(caller)
    if session is None:
        return principal == caller
    role = f"arn:{session['partition']}:iam::{session['account']}:role/"
    return principal == caller or (principal.startswith(role) and principal.rpartition("/")[2] == session["role"])
