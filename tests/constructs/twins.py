"""The plan with what must differ between regions taken out, so that the two can be compared."""

import json
import re
from typing import Any

from tests.constructs.plan import ROLES, Plan, everything

_HASH = re.compile(r"_[0-9A-F]{8}(?![0-9A-Za-z])")
_ROLE = re.compile(r"(?<![A-Za-z])(primary|failover)(?![A-Za-z])")


def without_hash(address: str) -> str:
    """Return addresses as they are written in the constructs, without the hash that cdktf appends."""
    return _HASH.sub("", address)


def seen_from(plan: Plan, role: str, text: str) -> str:
    """Replace each role and region by OWN or OTHER, as the given role sees them."""
    text = _ROLE.sub(lambda found: "OWN" if found[1] == role else "OTHER", without_hash(text))
    for other in ROLES:
        text = text.replace(plan.region(other), "OWN_REGION" if other == role else "OTHER_REGION")
    return text


def region_s_view(plan: Plan, role: str) -> dict[str, Any]:
    """Return what a role's provider makes, by address, as that role sees it."""
    return {
        seen_from(plan, role, address): json.loads(seen_from(plan, role, json.dumps({**body, "//": None})))
        for address, body in everything(plan).items()
        if body["provider"] == f"aws.{role}"
    }
