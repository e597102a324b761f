"""Who applies, in which account, and whether its policies allow what the stack needs."""

from typing import Final

from standby.deployment.concurrency import Unavailable
from standby.preflight.facts.principal import Principal, Simulation
from standby.preflight.findings import Finding, unknown
from standby.stack.configuration import Stack

SHOWN: Final = 3
DENIED: Final = "AccessDenied"


def check_identity(principal: Principal) -> Finding:
    """Return whether the caller is a role or a user, and may read itself."""
    if principal.kind in {"root", "federated user", "other"}:
        return Finding(
            check="identity",
            status="fails",
            detail=f"{principal.arn} is neither a role nor a user",
            remedy="Apply as a role. OpenSearch Serverless accepts no other caller, and the policies of a root or a"
            " federated user cannot be examined.",
        )
    if principal.hidden and DENIED not in principal.hidden.why:
        return unknown("identity", principal.hidden, action="iam:GetRole")
    if principal.hidden:
        return Finding(
            check="identity",
            status="fails",
            detail=f"{principal.source} may not read itself, which Terraform's plan does",
            remedy="Allow iam:GetRole on the role itself: `standby preflight --policy`",
        )
    return Finding(check="identity", status="ok", detail=principal.source.partition(f":{principal.account}:")[2])


def check_account(principal: Principal, stack: Stack) -> Finding:
    """Return whether the account is one of `allowed_account_ids`."""
    if not stack.accounts:
        return Finding(
            check="account",
            status="advice",
            detail=f"{principal.account}; allowed_account_ids is empty, so any account is accepted",
            remedy=f'Set allowed_account_ids = ["{principal.account}"].',
        )
    if principal.account not in stack.accounts:
        return Finding(
            check="account",
            status="fails",
            detail=f"{principal.account} is none of allowed_account_ids ({', '.join(stack.accounts)})",
            remedy="Use the credentials of an allowed account, or the settings of this one.",
        )
    return Finding(check="account", status="ok", detail=f"{principal.account} is allowed")


def check_region(region: str, account: str | Unavailable, principal: Principal) -> Finding:
    """Return whether a region accepts the credentials. A region that is not enabled accepts none."""
    if isinstance(account, Unavailable):
        found = unknown("region", account, region=region)
        if account.unreachable:
            return found
        return Finding(
            check="region",
            region=region,
            status="fails",
            detail=f"its STS {account}",
            remedy=f"Enable the region: `aws account enable-region --region-name {region}`, and STS in it.",
        )
    if account != principal.account:
        return Finding(
            check="region",
            region=region,
            status="fails",
            detail=f"the credentials are those of account {account} there",
            remedy="Use one set of credentials for both regions.",
        )
    return Finding(check="region", region=region, status="ok", detail="accepts the credentials")


def check_permissions(simulation: Simulation | Unavailable, *, check: str = "permissions") -> Finding:
    """Return whether IAM allows every action on every resource of the stack."""
    if isinstance(simulation, Unavailable):
        return unknown(check, simulation, action="iam:SimulatePrincipalPolicy")
    if not simulation.denied:
        return Finding(check=check, status="ok", detail=f"all {simulation.allowed} hold")
    actions = list(dict.fromkeys(action for action, _ in simulation.denied))
    shown = ", ".join(actions[:SHOWN]) + (f" and {len(actions) - SHOWN} more" if len(actions) > SHOWN else "")
    return Finding(
        check=check,
        status="fails",
        detail=f"denied: {shown} (first on {simulation.denied[0][1]})",
        remedy="Give the role the policy that `standby preflight --policy` prints.",
    )
