"""IAM: policy statements that say why, and roles that services assume."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

Conditions = Mapping[str, Mapping[str, str | Sequence[str]]]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One purpose's permissions.

    `any_resource_because` names the AWS page that says the actions take no resource; without it a bare `*` is refused.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[str]
    effect: str = "Allow"
    principal: Mapping[str, str | Sequence[str]] | str | None = None
    conditions: Conditions = field(default_factory=dict)
    any_resource_because: str | None = None

    def __post_init__(self) -> None:
        if self.effect == "Allow" and "*" in self.resources and not self.any_resource_because:
            raise ValueError(f"{self.sid}: resources = '*': name the resource, or the AWS page that says there is none")

    def to_json(self) -> dict[str, object]:
        """Return the statement as IAM writes it."""
        optional = {"Principal": self.principal, "Condition": self.conditions}
        return {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": sorted(self.actions),
            "Resource": list(self.resources),
            **{key: value for key, value in optional.items() if value},
        }


def policy_document(*statements: Statement) -> str:
    """Return a policy as canonical JSON, so that the same statements are always the same bytes."""
    document = {"Version": "2012-10-17", "Statement": [statement.to_json() for statement in statements]}
    return json.dumps(document, sort_keys=True)


def deny_without_tls(actions: str, resources: Sequence[str]) -> Statement:
    """Return the statement of a resource policy that refuses every request over plain HTTP."""
    return Statement(
        sid="DenyWithoutTls",
        effect="Deny",
        principal="*",
        actions=[actions],
        resources=resources,
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )


class ServiceRole(Construct):
    """A role that one AWS service assumes, with one inline policy."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        name: str,
        service: str,
        statements: Sequence[Statement],
        trust_conditions: Conditions | None = None,
    ) -> None:
        super().__init__(scope, id_)
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": service},
                    **({"Condition": trust_conditions} if trust_conditions else {}),
                }
            ],
        }
        self.role = IamRole(
            self, "role", provider=provider, name=name, assume_role_policy=json.dumps(trust, sort_keys=True)
        )
        self.policy = IamRolePolicy(
            self,
            "policy",
            provider=provider,
            name="permissions",
            role=self.role.name,
            policy=policy_document(*statements),
        )
