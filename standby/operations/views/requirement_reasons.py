"""The requirements of a region in words: why it is not ready, and the next command. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from standby.deployment.concurrency import Unavailable
from standby.operations.facts.readiness import Requirement
from standby.operations.facts.state import RegionState

_ABOUT: Final[Mapping[Requirement, str]] = {
    "manifest": "the manifest in {} cannot be used",
    "deepHealth": "the deep health check of {}",
    "configWrite": "config.json of {} cannot be written",
    "journalRead": "the journal of {} cannot be read",
    "journalWrite": "the journal of {} cannot be written",
    "siteOrigin": "the edge cannot read the site from {}",
    "siteFiles": "the site's files in {}",
    "functions": "the functions of {}",
    "question": "POST /docs of {}",
    "upload": "POST /upload of {}",
    "eventSource": "ingestion in {}",
    "documentEvents": "the documents bucket of {}",
    "schedules": "the schedules of {}",
    "replicationRules": "replication from {}",
    "alarmActions": "the alarms of {}",
}
"""What each requirement is about; its result says what is wrong."""
_SERVING: Final[frozenset[Requirement]] = frozenset(
    {
        "manifest",
        "configWrite",
        "journalRead",
        "journalWrite",
        "siteOrigin",
        "siteFiles",
        "functions",
        "question",
        "upload",
    }
)
"""Without one of these, a failover would be refused or would not serve users."""


def requirement_faults(region: RegionState) -> Iterator[str]:
    """Yield each requirement without which the region cannot serve. An answer that is late or lost is no fault yet."""
    for name, result in region.requirements.items():
        if name in _SERVING and _is_fault(result):
            yield _describe(region, name)


def requirement_reasons(region: RegionState) -> Iterator[str]:
    """Yield each requirement that does not hold. Those that a silent service left unknown share one reason."""
    silent: dict[str, list[Requirement]] = {}
    for name, result in region.requirements.items():
        if isinstance(result, Unavailable) and result.unreachable:
            silent.setdefault(result.why, []).append(name)
        elif result:
            yield _describe(region, name)
    for why, names in silent.items():
        yield f"not checked in {region.region}: {', '.join(names)}: {why}"


def requirement_advice(regions: Collection[RegionState]) -> Iterator[str]:
    """Yield the next commands for requirements that do not hold."""
    results = [result for region in regions for result in region.requirements.values()]
    manifests = [region.requirements.get("manifest", "") for region in regions]
    if any(isinstance(result, str) and result for result in results) or any(map(_is_fault, manifests)):
        yield "apply the stack again: `npx cdktf deploy` restores what is missing or was changed"
    if any(map(_is_fault, results)):
        yield 'check the permissions of this identity: docs/runbook.md, "The credentials are gone"'
    if any(isinstance(result, Unavailable) and result.is_running for result in results):
        yield "`standby status --deep` awaits every check"


def _is_fault(result: str | Unavailable) -> bool:
    """Return whether something is wrong with certainty: also if AWS refused to say."""
    return not (result.unreachable or result.is_running) if isinstance(result, Unavailable) else bool(result)


def _describe(region: RegionState, name: Requirement) -> str:
    about, result = _ABOUT[name].format(region.region), region.requirements[name]
    return f"{about} {result}" if isinstance(result, Unavailable) else f"{about}: {result}"
