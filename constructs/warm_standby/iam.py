"""IAM: policy statements, each with its purpose, and roles that AWS services assume."""

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
    """The permissions for one purpose.

    The resource `*` needs `wildcard_reason`: the AWS page that says that the actions support no resource types.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[str]
    effect: str = "Allow"
    principal: Mapping[str, str | Sequence[str]] | str | None = None
    conditions: Conditions = field(default_factory=dict)
    wildcard_reason: str | None = None

    def __post_init__(self) -> None:
        if self.effect == "Allow" and "*" in self.resources and not self.wildcard_reason:
            raise ValueError(f"{self.sid}: resources = '*': name the resource, or the AWS page that says there is none")

    def to_json(self) -> dict[str, object]:
        """Return the statement in the format of IAM."""
        optional = {"Principal": self.principal, "Condition": self.conditions}
        return {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": sorted(self.actions),
            "Resource": list(self.resources),
            **{key: value for key, value in optional.items() if value},
        }


def policy_document(*statements: Statement) -> str:
    """Return a policy as canonical JSON, so that the same statements always give the same bytes."""
    document = {"Version": "2012-10-17", "Statement": [statement.to_json() for statement in statements]}
    return json.dumps(document, sort_keys=True)


def deny_without_tls(actions: str, resources: Sequence[str]) -> Statement:
    """Return the statement of a resource policy that denies every request over plain HTTP."""
    return Statement(
        sid="DenyWithoutTls",
        effect="Deny",
        principal="*",
        actions=[actions],
        resources=resources,
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )


class ServiceRole(Construct):
    """A role with one inline policy that one AWS service assumes."""

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
