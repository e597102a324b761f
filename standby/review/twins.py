"""The texts of twins, compared: what names a region's own resources, or the other region's, is the same in both."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from standby.review.plan import ROLES, Change, Plan, Role
from standby.review.values import Arguments

OWN: Final = "\N{OPEN BOX}own"
OTHER: Final = "\N{OPEN BOX}other"
_IDENTITY_INPUT: Final = "regions."
_REGION: Final = re.compile(r"\b[a-z]{2}(?:-[a-z]+)+-\d\b")
_ROLE_WORD: Final = re.compile(r"(?<![a-z])(primary|failover)(?![a-z])")
_ID: Final = re.compile(r"\b(?=\w*\d)[\w-]{8,}\b")
_NAMING: Final = ("id", "arn", "execution_arn", "guardrail_id", "uuid", "url")
"""The arguments in which AWS tells the ids that it chose."""


@dataclass(frozen=True, kw_only=True)
class TwinTexts:
    """The regions and the ids of each role, as far as a plan tells them."""

    regions: Mapping[Role, str]
    ids: Mapping[Role, frozenset[str]]

    def are_same(self, mine: object, role: Role, theirs: object, other: Role) -> bool:
        """Return whether both values are equal, or say of each region the same about itself and the other one."""
        return mine == theirs or self.neutral(mine, role) == self.neutral(theirs, other)

    def neutral(self, value: object, role: Role) -> str:
        """Return a value as a text in which `OWN` and `OTHER` stand for what names a region."""
        text = as_text(value)
        for of, mark in ((role, OWN), (_other(role), OTHER)):
            if region := self.regions.get(of, ""):
                text = re.sub(rf"\b{re.escape(region)}\b", mark, text)
            text = self._mark_ids(text, of, mark)
            text = re.sub(rf"(?<![a-z]){of}(?![a-z])", mark, text)
        return text if self.regions else _REGION.sub("*", text)

    def _mark_ids(self, text: str, role: Role, mark: str) -> str:
        ids = self.ids[role]
        return _ID.sub(lambda found: mark if found[0] in ids else found[0], text) if ids else text

    def is_crossed(self, before: object, after: object, role: Role) -> bool:
        """Return whether a value names the other region where it named its own."""
        was, will = (self.neutral(one, role) for one in (before, after))
        return will.count(OWN) < was.count(OWN) and will.count(OTHER) > was.count(OTHER)


def twin_texts(plan: Plan) -> TwinTexts:
    """Return what a plan tells of the regions: their names, and the ids that AWS gave to the resources of one alone."""
    named: dict[Role | None, set[str]] = {"primary": set(), "failover": set(), None: set()}
    for change in plan.changes:
        named[change.role].update(_ids(change))
    return TwinTexts(
        regions=dict(_regions(plan)),
        ids={role: frozenset(named[role] - named[_other(role)] - named[None]) for role in ROLES},
    )


def mask(value: object) -> str:
    """Return a text without regions, roles, and whatever may be an id: less exact than `TwinTexts`."""
    text = as_text(value)
    for pattern in (_REGION, _ROLE_WORD, _ID):
        text = pattern.sub("*", text)
    return text


def as_text(value: object) -> str:
    """Return the value as a text, however long it is."""
    return value if isinstance(value, str) else repr(value)


def _regions(plan: Plan) -> Iterator[tuple[Role, str]]:
    for change in plan.of("terraform_data"):
        for role in ROLES:
            region = (change.after or change.before or Arguments(None)).value("input", f"{_IDENTITY_INPUT}{role}")
            if isinstance(region, str) and region:
                yield role, region


def _ids(change: Change) -> Iterator[str]:
    for side in (change.before, change.after):
        for name in _NAMING if side is not None else ():
            found = (side or Arguments(None)).value(name)
            yield from _ID.findall(found) if isinstance(found, str) else ()


def _other(role: Role) -> Role:
    return "failover" if role == "primary" else "primary"
