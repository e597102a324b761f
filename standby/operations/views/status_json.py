"""The JSON document of `standby status --json`. docs/cli.md is generated from these models."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import Role
from standby.deployment.routing_config import ConfigCopy
from standby.json_model import ONE_ROW, JsonModel, Key
from standby.named_commands import complete_commands
from standby.operations.facts.automatic import AutomaticState
from standby.operations.facts.comparisons.comparison_record import PastReplication
from standby.operations.facts.dns import DnsState
from standby.operations.facts.documents import Replication
from standby.operations.facts.health import Health
from standby.operations.facts.journal import Event, last_switch
from standby.operations.facts.knowledge_base import KnowledgeBaseState
from standby.operations.facts.readiness import Requirement
from standby.operations.facts.state import Alarms, Queues, RegionState, State
from standby.operations.views.verdict import Name, Verdict

T = TypeVar("T")
SCHEMA_VERSION: Literal[2] = 2


class UnavailableJson(JsonModel):
    """A fact that could not be read."""

    unavailable: str


class DeploymentJson(JsonModel):
    """The deployment that a command worked on."""

    where: str
    name: str
    account: str


class AccessJson(JsonModel):
    """Who may ask."""

    mode: Literal["open", "oidc"]
    issuer: str | None


class DnsJson(JsonModel):
    """The API's name in DNS, as this machine sees it. What is unknown is null."""

    name: str
    region: str | None
    ttl_seconds: int | None
    why_unknown: str | None


class ServingJson(JsonModel):
    """The content of the authoritative copy of config.json."""

    role: Role | None = Field(
        description="the serving region's role: `primary` or `failover`; null when config.json names neither, or when "
        "no valid one is known"
    )
    region: str | None = Field(description="the serving region")
    generation: int | None = Field(description="the authoritative generation; null after a manual edit or if unknown")
    api_url: str | None = Field(description="the API that pages call")
    manually_edited: bool = Field(description="whether config.json is manually edited")


class ConfigCopyJson(JsonModel):
    """One bucket's config.json."""

    state: Literal["absent", "invalid", "valid"]
    serves: Role | None
    api_url: str | None
    generation: int | None
    manually_edited: bool
    updated_at: str | None


class ReplicationJson(JsonModel):
    """One direction of replication."""

    to: str
    configured: bool
    missing: int
    pending: int
    failed: int
    never: int
    other: int
    not_inspected: int
    conflicts: int
    deletions: int = Field(description="deletions of users that the other region does not know, part of `missing`")
    undeleted: int = Field(description="documents of this region that users deleted and that are still there")
    oldest_seconds: int | None
    compared_seconds_ago: int | None = Field(
        default=None, description="the age of the comparison, if the documents were not compared now"
    )


class RegionJson(JsonModel):
    """One region. Each fact that could not be read is `{"unavailable": "reason"}`."""

    region: str = Field(description="the AWS region")
    down: str | None = Field(description="why nothing in the region answers; null when anything does")
    config: Annotated[ConfigCopyJson | UnavailableJson, ONE_ROW] = Field(
        description="this bucket's config.json: `state` (`absent`, `invalid` or `valid`), `serves` (a role), `apiUrl`, "
        "`generation`, `manuallyEdited`, `updatedAt`"
    )
    health: Annotated[Health | UnavailableJson, ONE_ROW] = Field(
        description="`status`, `checks` (name: `ok` or an error) and `milliseconds`; deep if that answered in time"
    )
    knowledge_base: Annotated[KnowledgeBaseState | UnavailableJson, ONE_ROW] = Field(
        description="`inSync`, `documents` in the bucket, `indexed`, `failed`, `running`, `lastJob`, `compared` (the "
        "last complete job has a digest of the content), `notIngested` (documents that this job could not index)"
    )
    replication: Annotated[ReplicationJson | UnavailableJson, ONE_ROW] = Field(
        description="from here to the other region: `to`, `configured`, `missing` (in all), `pending`, `failed`, "
        "`never` (began), `other`, `notInspected`, `conflicts` (not copied, such as deleted there), `oldestSeconds`, "
        "`comparedSecondsAgo` (null: compared now; otherwise `other` has what was missing then)"
    )
    queues: Annotated[Queues | UnavailableJson, ONE_ROW] = Field(description="`waiting`, `inFlight` and `deadLetters`")
    alarms: Annotated[Alarms | UnavailableJson, ONE_ROW] = Field(
        description="`inAlarm` and `disabled` (names; of the latter, the actions are disabled), and `total`"
    )
    requirements: Annotated[Mapping[Requirement, str], ONE_ROW] = Field(
        description="what users and a failover need in this region, by name: `ok`, what is wrong, or `unknown: ` and "
        "the reason; `question` and `upload` only with `--deep`"
    )


class StatusJson(JsonModel):
    """The whole status."""

    schema_version: Literal[2] = Field(default=SCHEMA_VERSION, description="2")
    verdict: Name = Field(description="`ready`, `failed over`, `degraded` or `not ready to fail over`")
    reasons: tuple[str, ...] = Field(description="what is wrong, one sentence each")
    notes: tuple[str, ...] = Field(description="what is worth knowing, one sentence each")
    next: str | None = Field(description="the next command, in a sentence; null when there is nothing to do")
    deployment: Annotated[DeploymentJson, ONE_ROW] = Field(
        description="`where` (rehearsal or account), `name` and `account`"
    )
    access: Annotated[AccessJson, ONE_ROW] = Field(
        description="`mode` (`open`: anyone with the address may ask; `oidc`: users sign in), `issuer`"
    )
    dns: Annotated[DnsJson | None, ONE_ROW] = Field(
        description="the API's name in DNS: `name`, `region` (whose API answers under it from here), `ttlSeconds` (for "
        "how long a resolver keeps the address), `whyUnknown`; null if the API has no name"
    )
    at: datetime = Field(description="when the facts were read, in UTC")
    serving: ServingJson
    regions: Mapping[Annotated[Role, Key("ROLE")], RegionJson]
    automatic: Annotated[AutomaticState | None, ONE_ROW] = Field(
        description="`switches` (by role: true, false, or null if it could not be read) and `controller` (its last "
        "`looks`, `action` and `reason`); null: the deployment has no controller"
    )
    last_switch: Annotated[Event | None, ONE_ROW] = Field(
        description="the event of the last failover or failback (as in `journal`); null: there is none, or it is "
        "unknown because a journal was not read"
    )
    unfinished: Annotated[tuple[Event, ...] | None, ONE_ROW] = Field(
        description="events that have not ended, or have pending writes; null: unknown, because a journal was not read "
        "and no other has such an event"
    )
    journals_not_read: tuple[str, ...] = Field(description="the regions whose journal could not be read in time")


def status_json(state: State, verdict: Verdict) -> StatusJson:
    """Return the document of a state and its verdict."""
    config, serving = state.config, state.serving
    return StatusJson(
        verdict=verdict.name,
        reasons=tuple(map(complete_commands, verdict.reasons)),
        notes=tuple(map(complete_commands, verdict.notes)),
        next=complete_commands(verdict.next) or None,
        deployment=DeploymentJson(where=state.where, name=state.manifest.name, account=state.manifest.account),
        access=AccessJson(mode="oidc" if state.manifest.issuer else "open", issuer=state.manifest.issuer or None),
        dns=_dns(state.dns),
        at=state.now,
        serving=ServingJson(
            role=serving,
            region=state.manifest.regions[serving].region if serving else None,
            generation=config.generation if config else None,
            api_url=config.api_url if config else None,
            manually_edited=bool(config and config.manually_edited),
        ),
        regions={role: _region(state, region) for role, region in state.regions.items()},
        automatic=state.automatic,
        last_switch=last_switch(state.events),
        unfinished=state.unfinished or (None if state.unread_journals else ()),
        journals_not_read=state.unread_journals,
    )


def _dns(dns: DnsState | None) -> DnsJson | None:
    if dns is None:
        return None
    unknown = next((fact for fact in (dns.region, dns.ttl) if isinstance(fact, Unavailable)), None)
    return DnsJson(
        name=dns.name,
        region=None if isinstance(dns.region, Unavailable) else dns.region,
        ttl_seconds=None if isinstance(dns.ttl, Unavailable) else dns.ttl,
        why_unknown=unknown.why if unknown else None,
    )


def _region(state: State, region: RegionState) -> RegionJson:
    return RegionJson(
        region=region.region,
        down=region.down or None,
        config=_config(state, region.copy),
        health=_fact(region.health),
        knowledge_base=_fact(region.knowledge_base),
        replication=_replication(state, region.replication),
        queues=_fact(region.queues),
        alarms=_fact(region.alarms),
        requirements={name: _requirement(result) for name, result in region.requirements.items()},
    )


def _requirement(result: str | Unavailable) -> str:
    return f"unknown: {result}" if isinstance(result, Unavailable) else result or "ok"


def _config(state: State, copy: ConfigCopy | Unavailable) -> ConfigCopyJson | UnavailableJson:
    if isinstance(copy, Unavailable):
        return UnavailableJson(unavailable=copy.why)
    config = copy.config
    return ConfigCopyJson(
        state=copy.state,
        serves=state.manifest.role_of(config.api_url) if config else None,
        api_url=config.api_url if config else None,
        generation=config.generation if config else None,
        manually_edited=bool(config and config.manually_edited),
        updated_at=config.updated_at if config else None,
    )


def _past_replication(state: State, past: PastReplication) -> ReplicationJson:
    found, oldest = past.found, past.found.oldest
    return ReplicationJson(
        to=state.manifest.other(past.source).region,
        configured=past.configured,
        missing=found.missing + found.deletions,
        pending=0,
        failed=0,
        never=0,
        other=found.missing + found.deletions,
        not_inspected=0,
        conflicts=found.conflicts,
        deletions=found.deletions,
        undeleted=found.undeleted,
        oldest_seconds=None if oldest is None else max(0, round((state.now - oldest).total_seconds())),
        compared_seconds_ago=past.age_seconds(state.now),
    )


def _replication(
    state: State, replication: Replication | PastReplication | Unavailable
) -> ReplicationJson | UnavailableJson:
    if isinstance(replication, Unavailable):
        return UnavailableJson(unavailable=replication.why)
    if isinstance(replication, PastReplication):
        return _past_replication(state, replication)
    return ReplicationJson(
        to=state.manifest.other(replication.source).region,
        configured=replication.configured,
        missing=len(replication.missing) + replication.not_inspected,
        pending=replication.count("pending"),
        failed=replication.count("failed"),
        never=replication.count("never"),
        other=replication.count("gone", "older"),
        not_inspected=replication.not_inspected,
        conflicts=len(replication.conflicts),
        deletions=len(replication.deletions),
        undeleted=len(replication.undeleted),
        oldest_seconds=replication.oldest_seconds(state.now),
    )


def _fact(fact: T | Unavailable) -> T | UnavailableJson:
    return UnavailableJson(unavailable=fact.why) if isinstance(fact, Unavailable) else fact
