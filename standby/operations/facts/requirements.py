"""The result of each requirement of a region, from everything that `status` has read. Pure."""

from collections.abc import Mapping

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import Manifest, Role
from standby.operations.facts.health import Health
from standby.operations.facts.readiness import REQUIREMENTS, Requirement, Requirements, compare_site_files
from standby.operations.facts.state import Alarms


def assess_requirements(
    manifest: Manifest, role: Role, found: Mapping[tuple[str, Role], object | Unavailable]
) -> Requirements:
    """Return the result of each requirement that was read: "" if it holds, a text that says what is wrong otherwise."""
    other: Role = "failover" if role == "primary" else "primary"
    read: dict[Requirement, str | Unavailable] = {
        "manifest": _manifest(found["manifest", role], found["manifest", other]),
        "journalRead": _unless_unavailable(found["events", role]),
        "siteFiles": _site_files(found["siteFiles", role], found["siteFiles", other]),
        "alarmActions": _alarm_actions(manifest, role, found["alarms", role]),
    }
    if isinstance(found["shallow", role], Health):  # otherwise its own reason is reported
        read["deepHealth"] = _unless_unavailable(found["deep", role])
    plain = {name: _text(found[name, role]) for name in REQUIREMENTS if name not in read and (name, role) in found}
    return {**read, **plain}


def _manifest(own: object, other: object) -> str | Unavailable:
    if isinstance(own, Unavailable):
        return own
    return "it differs from the other region's" if isinstance(other, Manifest) and own != other else ""


def _unless_unavailable(value: object) -> str | Unavailable:
    return value if isinstance(value, Unavailable) else ""


def _text(value: object) -> str | Unavailable:
    return value if isinstance(value, str | Unavailable) else Unavailable("does not answer")


def _site_files(own: object, other: object) -> str | Unavailable:
    if isinstance(own, Unavailable):
        return own
    if not isinstance(own, Mapping):
        return Unavailable("does not answer")
    return compare_site_files(own, other if isinstance(other, Mapping) else Unavailable("does not answer"))


def _alarm_actions(manifest: Manifest, role: Role, alarms: object) -> str | Unavailable:
    if isinstance(alarms, Unavailable):
        return alarms
    if not isinstance(alarms, Alarms):
        return Unavailable("does not answer")
    expected = manifest.regions[role].alarms
    if not alarms.total or alarms.total < expected:
        return f"{alarms.total} of {expected or 'the'} alarms notify the alert topic"
    return f"the actions of {', '.join(alarms.disabled)} are disabled" if alarms.disabled else ""
