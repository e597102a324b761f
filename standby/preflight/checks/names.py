"""Whether the stack's names are free, or its own."""

from collections.abc import Mapping
from typing import Final

from standby.deployment.concurrency import Unavailable
from standby.preflight.facts.names import Existence, Name
from standby.preflight.facts.state import OwnResources
from standby.preflight.findings import RUN_AGAIN, Finding

SHOWN: Final = 3


def check_names(
    region: str, looked: Mapping[Name, Existence | Unavailable], own: OwnResources | Unavailable
) -> list[Finding]:
    """Return the findings for the names in a region: the taken ones, those that could not be looked up, or one `ok`."""
    owned = own.names if isinstance(own, OwnResources) else frozenset()
    taken = [name for name, found in looked.items() if found in {"exists", "another account"} and name not in owned]
    hidden = {name: found for name, found in looked.items() if isinstance(found, Unavailable)}
    findings: list[Finding] = []
    if taken:
        findings.append(_taken(region, taken, looked, own))
    if hidden:
        reasons = dict.fromkeys(str(found) for found in hidden.values())
        findings.append(
            Finding(
                check="names",
                region=region,
                status="unknown",
                detail=f"{_list_some(list(hidden))} cannot be looked up here: {next(iter(reasons))}",
                remedy=RUN_AGAIN
                if all(found.unreachable for found in hidden.values())
                else "Allow the reads: `standby preflight --policy`. Then run the command again.",
            )
        )
    if not findings:
        free = sum(found == "free" for found in looked.values())
        own_names = f", {len(looked) - free} of this deployment" if free < len(looked) else ""
        findings.append(Finding(check="names", region=region, status="ok", detail=f"{free} free{own_names}"))
    return findings


def _taken(
    region: str,
    taken: list[Name],
    looked: Mapping[Name, Existence | Unavailable],
    own: OwnResources | Unavailable,
) -> Finding:
    if isinstance(own, Unavailable):
        detail = f"{_list_some(taken)} exist, and the state cannot be read ({own})"
        return Finding(check="names", region=region, status="unknown", detail=detail, remedy="Make the state readable.")
    foreign = [name for name in taken if looked[name] == "another account"]
    detail = f"taken: {_list_some(taken)}"
    if foreign:
        detail += f"; another account has {_list_some(foreign)}, or its owner hides it"
    remedy = "Choose another `name`. If it is this deployment's own, use its state"
    return Finding(check="names", region=region, status="fails", detail=detail, remedy=f"{remedy} ([state]).")


def _list_some(names: list[Name]) -> str:
    kinds = [f"{name.kind.removeprefix('aws_')} {name.name}" for name in names[:SHOWN]]
    return ", ".join(kinds) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
