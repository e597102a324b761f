"""The caller's identity, and what its own policies allow it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from botocore.exceptions import ClientError

from standby.deployment.answers import take, take_list, take_text
from standby.deployment.clients import GLOBAL_REGION, Clients
from standby.deployment.concurrency import map_concurrently

PrincipalKind = Literal["role", "user", "root", "federated user", "other"]

_FORMS: Final[Mapping[PrincipalKind, re.Pattern[str]]] = {
    "role": re.compile(r"arn:(?P<partition>[\w-]+):sts::\d{12}:assumed-role/(?P<name>[^/]+)/.+"),
    "user": re.compile(r"arn:[\w-]+:iam::\d{12}:user/.+"),
    "root": re.compile(r"arn:[\w-]+:iam::\d{12}:root"),
    "federated user": re.compile(r"arn:[\w-]+:sts::\d{12}:federated-user/.+"),
}
"""Source: docs.aws.amazon.com, IAM, "IAM identifiers"."""
_SIMULATIONS: Final = 4
"""The simulations at the same time: IAM throttles its API."""


@dataclass(frozen=True, kw_only=True)
class Principal:
    """The caller. `arn` is that of STS, `source` that of IAM, with its path; "" if only AWS could say it.

    `hidden`: the role may not read itself, which Terraform's plan needs.
    """

    account: str
    arn: str
    kind: PrincipalKind
    source: str = ""
    hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What IAM said of the caller's policies: the number of allowed actions on resources, and each denied one."""

    allowed: int
    denied: tuple[tuple[str, str], ...]


def read_principal(clients: Clients, region: str) -> Principal:
    """Return the caller, as a region's STS names it. Raises botocore's errors."""
    answer = clients.read("sts", region, "get_caller_identity", quick=True)
    account, arn = take_text(answer, "Account"), take_text(answer, "Arn")
    kind: PrincipalKind = next((kind for kind, form in _FORMS.items() if form.fullmatch(arn)), "other")
    if kind != "role":
        return Principal(account=account, arn=arn, kind=kind, source=arn if kind == "user" else "")
    session = _FORMS["role"].fullmatch(arn)
    if session is None:
        raise AssertionError(arn)
    try:
        role = clients.read("iam", GLOBAL_REGION, "get_role", {"RoleName": session["name"]})
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"AccessDenied", "AccessDeniedException"}:
            raise
        source = f"arn:{session['partition']}:iam::{account}:role/{session['name']}"
        return Principal(account=account, arn=arn, kind="role", source=source, hidden=True)
    return Principal(account=account, arn=arn, kind="role", source=take_text(role, "Role", "Arn"))


def simulate(clients: Clients, source: str, grants: Mapping[tuple[str, ...], Sequence[str]]) -> Simulation:
    """Ask IAM whether the principal may do the actions (each key) on its resources. Raises botocore's errors.

    Boundaries and the organization's policies count, those of resources do not. Source: docs.aws.amazon.com, IAM API
    Reference, "SimulatePrincipalPolicy".
    """
    asked = partial(_simulate_once, clients, source)
    answers = map_concurrently(list(grants.items()), asked, workers=_SIMULATIONS)
    results = [result for answer in answers for result in answer]
    denied = sorted({(action, resource) for action, resource, decision in results if decision != "allowed"})
    return Simulation(allowed=len(results) - len(denied), denied=tuple(denied))


def _simulate_once(
    clients: Clients, source: str, grant: tuple[tuple[str, ...], Sequence[str]]
) -> list[tuple[str, str, str]]:
    actions, resources = grant
    results: list[tuple[str, str, str]] = []
    marker: dict[str, str] = {}
    while True:
        asked = {"PolicySourceArn": source, "ActionNames": list(actions), "ResourceArns": list(resources)}
        answer = clients.read("iam", GLOBAL_REGION, "simulate_principal_policy", {**asked, **marker})
        results += [
            (take_text(one, "EvalActionName"), str(one.get("EvalResourceName", "*")), take_text(one, "EvalDecision"))
            for one in take_list(answer, "EvaluationResults")
        ]
        if not answer.get("IsTruncated"):
            return results
        marker = {"Marker": take(answer, "Marker", kind=str)}
