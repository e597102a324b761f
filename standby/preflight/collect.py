"""Read all facts of an account at once, and compare each with what the stack needs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple, cast

from standby.deployment.clients import Clients
from standby.deployment.concurrency import Unavailable, attempt, map_concurrently, run_concurrently
from standby.errors import NoDeploymentError
from standby.preflight.checks import account as account_checks
from standby.preflight.checks import dns, identity, models, quotas, state
from standby.preflight.checks.names import check_names
from standby.preflight.facts import account as account_facts
from standby.preflight.facts import dns as dns_facts
from standby.preflight.facts import models as model_facts
from standby.preflight.facts import principal as principals
from standby.preflight.facts import quotas as quota_facts
from standby.preflight.facts.names import LOOKS, Existence, Name, looks, variant_of
from standby.preflight.facts.principal import Principal, Simulation
from standby.preflight.facts.quotas import Quota
from standby.preflight.facts.state import OwnResources, read_state_bucket, read_state_object
from standby.preflight.findings import Finding
from standby.stack.configuration import Resource, Stack
from standby.stack.deployer_policy import EXAMPLE, actions_on_resources, state_writes
from standby.stack.type_permissions import name_of, service_linked_roles

IDENTITY_SECONDS: Final = 30.0
FACTS_SECONDS: Final = 60.0
LOOKUPS_AT_ONCE: Final = 8


class Key(NamedTuple):
    """What a fact is: its kind, its region ("" for the account), and the type, the model or the ARN that it is of."""

    kind: str
    region: str = ""
    item: str = ""


Tasks = dict[Key, Callable[[], object]]
Facts = Mapping[Key, Any]
"""Each fact, or why it is unavailable."""


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """One preflight: the stack, the caller, and the findings in the order of the report."""

    stack: Stack
    principal: Principal
    findings: tuple[Finding, ...]


def run_preflight(clients: Clients, stack: Stack, *, local_state: Callable[[], OwnResources]) -> Preflight:
    """Read and compare everything. `local_state` reads the state if it is a file.

    A region whose STS gives no answer is asked nothing else: all of its facts are unknown for the same reason. Raises
    `NoDeploymentError` when no region says whose the credentials are.
    """
    asked = {region: partial(principals.read_principal, clients, region) for region in stack.regions}
    callers = run_concurrently(asked, seconds=IDENTITY_SECONDS)
    principal = next((caller for caller in callers.values() if isinstance(caller, Principal)), None)
    if principal is None:
        why = "; ".join(f"{region}: {caller}" for region, caller in callers.items())
        raise NoDeploymentError(
            f"AWS did not say whose credentials these are ({why}).",
            hint="Sign in (`aws sso login`, or set AWS_PROFILE). `aws sts get-caller-identity` must work.",
        )
    tasks = _tasks(clients, stack, principal, local_state)
    silent = {region: one for region, one in callers.items() if isinstance(one, Unavailable) and one.unreachable}
    found = run_concurrently(
        {key: task for key, task in tasks.items() if key.region not in silent}, seconds=FACTS_SECONDS
    )
    facts: dict[Key, Any] = {key: silent.get(key.region, found.get(key)) for key in tasks}
    for region, caller in callers.items():
        facts[Key("account", region)] = caller.account if isinstance(caller, Principal) else caller
    return Preflight(stack=stack, principal=principal, findings=tuple(_findings(stack, principal, facts)))


def _tasks(clients: Clients, stack: Stack, principal: Principal, local_state: Callable[[], OwnResources]) -> Tasks:
    tasks: Tasks = {
        Key("permissions"): partial(_simulate, clients, stack, principal),
        Key("distributions"): partial(quota_facts.count_distributions, clients),
        Key("state"): local_state,
    }
    if stack.backend.bucket:
        tasks |= _state_tasks(clients, stack, principal)
    if any(model_facts.ANTHROPIC in model for model in stack.answer_models):
        tasks[_use_case(stack)] = partial(model_facts.read_use_case, clients, stack.regions[0])
    for kind, read in quota_facts.GLOBAL_QUOTAS.items():
        if stack.of(kind):
            tasks[Key("quota", item=kind)] = partial(read, clients)
    for role in service_linked_roles(stack):
        tasks[Key("role", item=role)] = partial(account_facts.has_role, clients, role.partition("/")[2])
    for arn, _ in _certificates(stack):
        tasks[Key("certificate", item=arn)] = partial(account_facts.read_certificate, clients, arn)
    if wanted := dns.api_name(stack):
        tasks[Key("zone")] = partial(dns_facts.read_zone, clients, wanted.zone_id, wanted.name)
    for region in stack.regions:
        tasks |= _regional_tasks(clients, stack, principal, region)
    return tasks


def _state_tasks(clients: Clients, stack: Stack, principal: Principal) -> Tasks:
    aliases = dict(zip(("primary", "failover"), stack.regions, strict=True))
    writes = {actions: (arn,) for arn, actions in state_writes(stack.backend).items()}
    return {
        Key("state"): partial(read_state_object, clients, stack.backend, aliases),
        Key("state bucket"): partial(read_state_bucket, clients, stack.backend),
        Key("state writes"): partial(principals.simulate, clients, principal.source, writes),
    }


def _regional_tasks(clients: Clients, stack: Stack, principal: Principal, region: str) -> Tasks:
    named, embedding = _named(stack, region, principal.account), stack.embedding_model
    tasks: Tasks = {
        Key("names", region): partial(_look_up, clients, principal.account, named),
        Key("concurrency", region): partial(quota_facts.read_concurrency, clients, region),
        Key("logging role", region): partial(account_facts.read_logging_role, clients, region),
        Key("embedding model", region): partial(
            model_facts.ask_embedding_model, clients, region, embedding, stack.embedding_dimensions
        ),
    }
    if reserved := quotas.reserved_concurrency(stack, region):
        tasks[Key("reserved", region)] = partial(quota_facts.read_reserved, clients, region, tuple(reserved))
    if stack.of("aws_opensearchserverless_collection", region=region):
        tasks[Key("capacity", region)] = partial(quota_facts.read_capacity, clients, region)
    for model in stack.answer_models:
        tasks[Key("answer model", region, model)] = partial(model_facts.ask_answer_model, clients, region, model)
    for kind, read in quota_facts.REGIONAL_QUOTAS.items():
        if stack.of(kind, region=region):
            tasks[Key("quota", region, kind)] = partial(read, clients, region)
    return tasks


def _simulate(clients: Clients, stack: Stack, principal: Principal) -> Simulation:
    own_role = f":role/{EXAMPLE}"
    grants = {
        actions: [principal.source if arn.endswith(own_role) else arn for arn in arns]
        for actions, arns in actions_on_resources(stack, account=principal.account).items()
    }
    return principals.simulate(clients, principal.source, grants)


def _named(stack: Stack, region: str, account: str) -> dict[Name, Resource]:
    """Return the names in a region."""
    named: dict[Name, Resource] = {}
    for part in stack.resources:
        if part.region == region and part.kind in LOOKS:
            name, variant = name_of(part, account=account), variant_of(part.kind, part.attributes)
            named[Name(kind=part.kind, region=region, name=name, variant=variant)] = part
    return named


def _look_up(clients: Clients, account: str, named: Mapping[Name, Resource]) -> dict[Name, Existence | Unavailable]:
    calls = list(looks(clients, account, named))
    found = map_concurrently([call for _, call in calls], attempt, workers=LOOKUPS_AT_ONCE)
    return {name: one for (name, _), one in zip(calls, found, strict=True)}


def _certificates(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield the ARN of the site's own certificate, and the site's domain name."""
    for distribution in stack.of("aws_cloudfront_distribution"):
        arn = str(distribution.attributes.get("viewer_certificate", {}).get("acm_certificate_arn") or "")
        domains = distribution.attributes.get("aliases") or []
        if arn.startswith("arn:") and domains:
            yield arn, str(domains[0])


def _findings(stack: Stack, principal: Principal, facts: Facts) -> Iterator[Finding]:
    own: OwnResources | Unavailable = facts[Key("state")]
    yield identity.check_identity(principal)
    yield identity.check_account(principal, stack)
    for region in stack.regions:
        yield identity.check_region(region, facts[Key("account", region)], principal)
    yield identity.check_permissions(facts[Key("permissions")])
    yield from _state_findings(stack, facts, own)
    yield from _model_findings(stack, facts)
    yield from _quota_findings(stack, facts, own)
    for region in stack.regions:
        looked = facts[Key("names", region)]
        if isinstance(looked, Unavailable):
            looked = dict.fromkeys(_named(stack, region, principal.account), looked)
        yield from check_names(region, looked, own)
    yield from _account_findings(stack, facts, own)


def _state_findings(stack: Stack, facts: Facts, own: OwnResources | Unavailable) -> Iterator[Finding]:
    manifests: list[Existence | Unavailable] = []
    for region in stack.regions:
        looked = facts[Key("names", region)]
        found = looked.items() if isinstance(looked, Mapping) else [(None, looked)]
        manifests += [one for name, one in found if name is None or name.kind == "aws_ssm_parameter"]
    missing = next((found for found in manifests if isinstance(found, Unavailable)), None)
    deployed = True if "exists" in manifests else (missing or False)
    yield state.check_state(stack.backend, own, deployed=deployed)
    if stack.backend.bucket:
        bucket, writes = facts[Key("state bucket")], facts[Key("state writes")]
        yield from state.check_state_bucket(stack.backend, bucket, writes)


def _model_findings(stack: Stack, facts: Facts) -> Iterator[Finding]:
    for region in stack.regions:
        for model in stack.answer_models:
            yield models.check_model("answer model", region, model, facts[Key("answer model", region, model)])
        embedding = stack.embedding_model
        yield models.check_model("embedding model", region, embedding, facts[Key("embedding model", region)])
    if _use_case(stack) in facts:
        yield models.check_use_case(facts[_use_case(stack)])


def _use_case(stack: Stack) -> Key:
    """Return the key of the account's form, which the primary region is asked for."""
    return Key("use case", stack.regions[0])


def _quota_findings(stack: Stack, facts: Facts, own: OwnResources | Unavailable) -> Iterator[Finding]:
    for key, fact in facts.items():
        if key.kind == "concurrency":
            reserved = facts.get(Key("reserved", key.region), 0)
            yield quotas.check_concurrency(
                key.region, _without_own(fact, reserved), quotas.needed_concurrency(stack, key.region)
            )
            if wanted := sum(quotas.reserved_concurrency(stack, key.region).values()):
                yield quotas.check_reserved(key.region, fact, reserved, wanted)
        elif key.kind == "capacity":
            yield quotas.check_capacity(key.region, fact)
        elif key.kind == "quota":
            yield quotas.check_quota(key.item, fact, _missing(stack, own, key.item, key.region), region=key.region)


def _without_own(quota: Quota | Unavailable, reserved: int | Unavailable) -> Quota | Unavailable:
    """Return the quota without what this deployment has reserved, because its own functions use that."""
    if isinstance(quota, Unavailable) or isinstance(reserved, Unavailable):
        return quota
    return Quota(quota.limit, quota.used - reserved)


def _missing(stack: Stack, own: OwnResources | Unavailable, kind: str, region: str) -> int:
    """Return how many resources of a type do not exist yet. Of those in a state, each region has its share."""
    wanted = len(stack.of(kind, region=region or None))
    existing = own.counts.get(kind, 0) if isinstance(own, OwnResources) else 0
    return max(0, wanted - (existing // len(stack.regions) if region else existing))


def _account_findings(stack: Stack, facts: Facts, own: OwnResources | Unavailable) -> Iterator[Finding]:
    for region in stack.regions:
        names = [
            part.text("name")
            for part in stack.of("aws_iam_role", region=region)
            if "apigateway.amazonaws.com" in part.text("assume_role_policy")
        ]
        replaced = bool(stack.of("aws_api_gateway_account", region=region))
        role = facts[Key("logging role", region)]
        yield account_checks.check_logging_role(region, role, own="".join(names[:1]), replaced=replaced)
    for role in service_linked_roles(stack):
        allowed = _may_create(role, cast("Simulation | Unavailable", facts[Key("permissions")]))
        yield account_checks.check_service_linked_role(role, exists=facts[Key("role", item=role)], allowed=allowed)
    for arn, domain in _certificates(stack):
        yield account_checks.check_certificate(facts[Key("certificate", item=arn)], domain)
    if wanted := dns.api_name(stack):
        records = own if isinstance(own, Unavailable) else own.counts.get("aws_route53_record", 0)
        yield from dns.check_zone(wanted, facts[Key("zone")], own_records=records)
    has_own = isinstance(own, OwnResources) and bool(own.counts.get("aws_cloudfront_distribution"))
    yield account_checks.check_cloudfront(facts[Key("distributions")], own=has_own)


def _may_create(role: str, simulation: Simulation | Unavailable) -> bool | Unavailable:
    if isinstance(simulation, Unavailable):
        return simulation
    return not any(
        action == "iam:CreateServiceLinkedRole" and resource.endswith(role) for action, resource in simulation.denied
    )
