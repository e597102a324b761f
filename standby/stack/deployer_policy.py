"""The IAM policy of the role that deploys the stack: the actions of its resource types, and no others.

Names are limited to those of the deployment: `chatbot-*`, in any region. A deployment whose name begins with the name
of this one, such as `chatbot-dev`, is within the pattern, too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from standby.stack.configuration import Resource, Stack, StateBackend
from standby.stack.type_permissions import name_of, permissions_of, service_linked_roles

ANY: Final = "*"
EXAMPLE: Final = "preflight"
"""What stands for an id that AWS chooses, in an ARN that IAM is asked about."""
MAX_INLINE_CHARACTERS: Final = 10_240
"""The longest sum of a role's inline policies, without blanks. Source: docs.aws.amazon.com, IAM, "IAM and AWS STS
quotas"."""

JOINED: Final[Mapping[str, str]] = {
    "acm": "dns",
    "cloudfront": "cloudfront",
    "cloudwatch": "cloudwatch",
    "route53": "dns",
    "sns": "messages",
    "sqs": "messages",
    "wafv2": "wafv2",
}
"""Services that have one statement, alone or together, because a role's policy has a limit.

It allows no more than a statement for each resource does: no action of one service applies to a resource of the other,
and within a service each action applies to one kind of these resources, or to tags. Source: docs.aws.amazon.com,
Service Authorization Reference, the tables of actions of these services."""

PROFILE_GEOGRAPHIES: Final = frozenset({"us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"})
"""The first part of the id of a cross-region inference profile. Source: docs.aws.amazon.com, Bedrock, "Supported
Regions and models for inference profiles"."""

PREFLIGHT_ACTIONS: Final = (
    "acm:DescribeCertificate",
    "aoss:GetAccountSettings",
    "aoss:ListCollections",
    "bedrock:GetUseCaseForModelAccess",
    "bedrock:ListGuardrails",
    "bedrock:ListKnowledgeBases",
    "cloudfront:ListDistributions",
    "cloudfront:ListOriginAccessControls",
    "cloudfront:ListResponseHeadersPolicies",
    "events:ListRules",
    "iam:GetAccountSummary",
    "iam:GetRole",
    "iam:SimulatePrincipalPolicy",
    "lambda:GetAccountSettings",
    "s3:ListAllMyBuckets",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
)
"""What `standby preflight` reads beside the resources themselves. None of these actions changes anything."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A statement of the policy: it allows each of the actions on each of the resources.

    It has no id, because the ids of all statements would take a twentieth of what a role's policy may have.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def as_iam(self) -> dict[str, object]:
        """Return the statement in IAM's form."""
        return {"Effect": "Allow", "Action": list(self.actions), "Resource": list(self.resources)}


def deployer_statements(stack: Stack, *, account: str = "") -> tuple[Statement, ...]:
    """Return the statements for this stack in an account: by default the only allowed one, otherwise any.

    Raises `StandbyError` if the table does not know a type of the stack.
    """
    account = account or (stack.accounts[0] if len(stack.accounts) == 1 else ANY)
    grants: dict[str, set[str]] = {}
    for grant in _grants(stack):
        for name in grant.patterns(stack.name):
            arn = grant.arn.format(name=name, region=ANY, account=account, deployment=stack.name)
            grants.setdefault(arn, set()).update(grant.actions)
    statements: dict[tuple[str, ...], tuple[set[str], set[str]]] = {}
    for resource, granted in grants.items():
        # What is allowed on everything is not repeated, because a role's policy has a limit.
        actions = granted if resource == ANY else granted - grants.get(ANY, set())
        # What cannot be limited is one statement for all services, for the same reason.
        services = ["any"] if resource == ANY else sorted({_service(action) for action in actions})
        for service in services:
            own = tuple(sorted(action for action in actions if service in ("any", _service(action))))
            key = (JOINED[service],) if service in JOINED else (service, *own)
            allowed, on = statements.setdefault(key, (set(), set()))
            allowed.update(own)
            on.add(resource)
    found = [statements[key] for key in sorted(statements)]
    return tuple(Statement(actions=tuple(sorted(own)), resources=tuple(sorted(on))) for own, on in found)


def deployer_policy(stack: Stack, *, account: str = "") -> dict[str, object]:
    """Return the policy as an IAM document. Raises as `deployer_statements`."""
    statements = deployer_statements(stack, account=account)
    return {"Version": "2012-10-17", "Statement": [statement.as_iam() for statement in statements]}


def actions_on_resources(stack: Stack, *, account: str) -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Return what the deployer does, without patterns: the actions, and one real resource of each type and region.

    Raises as `deployer_statements`.
    """
    actions: dict[str, set[str]] = {}
    for grant in _grants(stack):
        for region in stack.regions:
            named = next((part for part in grant.resources if part.region == region), None)
            if grant.resources and named is None:
                continue
            name = name_of(named, account=account) if named is not None else ""
            arn = grant.arn.format(name=name, region=region, account=account, deployment=stack.name)
            actions.setdefault(arn if arn == ANY else arn.replace(ANY, EXAMPLE), set()).update(grant.actions)
    resources: dict[tuple[str, ...], list[str]] = {}
    for arn, found in actions.items():
        resources.setdefault(tuple(sorted(found)), []).append(arn)
    return {found: tuple(sorted(arns)) for found, arns in resources.items()}


@dataclass(frozen=True, kw_only=True)
class _Grant:
    """Actions on one ARN, which may contain `{name}`, `{region}`, `{account}` and `{deployment}`.

    `resources` are those whose names the ARN has; none for an ARN without a name.
    """

    arn: str
    actions: tuple[str, ...]
    resources: tuple[Resource, ...] = ()

    def patterns(self, deployment: str) -> list[str]:
        """Return the patterns of the names, [""] if the ARN has no name."""
        names = {_pattern(name_of(resource, account=ANY), deployment) for resource in self.resources}
        return sorted(names) or [""]


def _grants(stack: Stack) -> Iterator[_Grant]:
    for kind in sorted(stack.kinds):
        for arn, actions in permissions_of(kind).grants.items():
            yield _Grant(arn=arn, actions=actions, resources=stack.of(kind) if "{name}" in arn else ())
    roles = "arn:aws:iam::{account}:role"
    if any(permissions_of(kind).role for kind in stack.kinds):
        yield _Grant(arn=f"{roles}/{{deployment}}-*", actions=("iam:PassRole",))
    for role in service_linked_roles(stack):
        yield _Grant(arn=f"{roles}/aws-service-role/{role}", actions=("iam:CreateServiceLinkedRole",))
    yield from _state_grants(stack.backend)
    yield _Grant(arn="arn:aws:apigateway:{region}::/account", actions=("apigateway:GET",))
    yield _Grant(arn=ANY, actions=PREFLIGHT_ACTIONS)
    yield from (_Grant(arn=arn, actions=("bedrock:InvokeModel",)) for arn in _model_arns(stack))


def _service(action: str) -> str:
    return action.partition(":")[0]


def _pattern(name: str, deployment: str) -> str:
    """Return the pattern of all names that begin like this one, up to the deployment's name: `/aws/lambda/chatbot-*`.

    A name that ends with it, or has it in a path of its own, stays as it is.
    """
    before, found, after = name.partition(deployment)
    return f"{before}{found}-*" if found and after.startswith("-") else name


def _state_grants(backend: StateBackend) -> Iterator[_Grant]:
    """Yield what a state in S3 with a lock file needs.

    Source: developer.hashicorp.com, Terraform, "Backend Type: s3".
    """
    if not backend.bucket:
        return
    bucket = f"arn:aws:s3:::{backend.bucket}"
    yield _Grant(arn=bucket, actions=("s3:GetBucketVersioning", "s3:ListBucket"))
    yield from (_Grant(arn=arn, actions=actions) for arn, actions in state_writes(backend).items())


def state_writes(backend: StateBackend) -> Mapping[str, tuple[str, ...]]:
    """Return what Terraform does with the objects of a state in S3, by ARN."""
    state = f"arn:aws:s3:::{backend.bucket}/{backend.key}"
    return {
        state: ("s3:GetObject", "s3:PutObject"),
        f"{state}.tflock": ("s3:DeleteObject", "s3:GetObject", "s3:PutObject"),
    }


def _model_arns(stack: Stack) -> Iterator[str]:
    """Yield the ARNs of the models that a preflight asks, by provider, and of their inference profiles.

    A profile needs the permission on the model, too, wherever it runs. Source: docs.aws.amazon.com, Bedrock,
    "Prerequisites for inference profiles".
    """
    models = [model.split(".") for model in filter(None, (stack.embedding_model, *stack.answer_models))]
    profiles = [parts for parts in models if parts[0] in PROFILE_GEOGRAPHIES]
    if profiles:
        yield "arn:aws:bedrock:{region}:{account}:inference-profile/*"
    for provider in sorted({parts[1] if parts in profiles else parts[0] for parts in models}):
        yield f"arn:aws:bedrock:{{region}}::foundation-model/{provider}.*"
