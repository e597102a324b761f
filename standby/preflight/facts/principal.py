"""The caller's identity, and what its own policies allow it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from standby.deployment.answers import NOT_AWS, InvalidAnswerError, take, take_list, take_text
from standby.deployment.clients import GLOBAL_REGION, Clients
from standby.deployment.concurrency import Unavailable, attempt, map_concurrently
from standby.errors import StandbyError

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
    """The caller. `arn` is that of STS, `source` that of IAM, with its path; "" if it is neither a role nor a user.

    `hidden`: why the role could not be read, which Terraform's plan needs.
    """

    account: str
    arn: str
    kind: PrincipalKind
    source: str = ""
    hidden: Unavailable | None = None


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
    parameters = {"RoleName": session["name"]}
    path = attempt(lambda: take_text(clients.read("iam", GLOBAL_REGION, "get_role", parameters), "Role", "Arn"))
    if isinstance(path, Unavailable):
        source = f"arn:{session['partition']}:iam::{account}:role/{session['name']}"
        return Principal(account=account, arn=arn, kind="role", source=source, hidden=path)
    return Principal(account=account, arn=arn, kind="role", source=path)


def simulate(clients: Clients, source: str, grants: Mapping[tuple[str, ...], Sequence[str]]) -> Simulation:
    """Ask IAM whether a role or a user may do the actions (each key) on its resources.

    Raises botocore's errors, and `StandbyError` for any other caller, whose `source` is "".
    Boundaries and the organization's policies count, those of resources do not. Source: docs.aws.amazon.com, IAM API
    Reference, "SimulatePrincipalPolicy".
    """
    if not source:
        raise StandbyError("IAM examines only the policies of roles and users.")
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
            if {action for action, _, _ in results} != set(actions):
                raise InvalidAnswerError(reason=f"{NOT_AWS}: no decision on each action")
            return results
        marker = {"Marker": take(answer, "Marker", kind=str)}
