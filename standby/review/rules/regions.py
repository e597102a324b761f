"""Rules about the two regions: what one of them gets, and its twin does not."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from standby.review.findings import Finding, name_path
from standby.review.plan import ROLES, Change, Plan, Role
from standby.review.rules.rule import Rule, Surroundings, has_unknown
from standby.review.values import Arguments, Path

_SAME: Final = "Change both regions alike: a standby that differs is found out on the day of a failover."
_COMPUTED: Final = frozenset({"arn", "id", "etag", "version_id", "last_modified", "last_modified_time", "tags_all"})
_GIVEN: Final[Mapping[str, frozenset[str]]] = {
    "aws_cloudwatch_event_target": frozenset({"arn"}),
    "aws_sns_topic_policy": frozenset({"arn"}),
}
"""The types in which such an argument is given: what a schedule calls, and the topic of a policy."""

_NOTHING: Final[tuple[tuple[object, object], ...]] = (
    (None, ""),
    ("", None),
    (None, []),
    ([], None),
    (None, {}),
    ({}, None),
)
"""An argument that is absent on both sides: the provider writes it in two forms."""

_REGION: Final = re.compile(r"\b[a-z]{2}(?:-[a-z]+)+-\d\b")
_ROLE_WORD: Final = re.compile(r"(?<![a-z])(primary|failover)(?![a-z])")
_ID: Final = re.compile(r"\b(?=\w*\d)[\w-]{8,}\b")

Twins = Mapping[Role, Change]


def pair_twins(plan: Plan) -> Iterator[Twins]:
    """Yield the resources of both regions that belong together, by their role; alone where the twin is missing."""
    pairs: dict[tuple[str, ...], dict[Role, Change]] = defaultdict(dict)
    for change in plan.changes:
        role = change.role
        if role is not None and "ROLE" in change.twin_key[1]:
            pairs[change.twin_key][role] = change
    yield from pairs.values()


def _find_one_sided(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for twins in pair_twins(plan):
        for role, other in (ROLES, ROLES[::-1]):
            if role in twins and twins[role].changes:
                yield from _compare(rule, twins[role], twins.get(other), other)


def _compare(rule: Rule, change: Change, twin: Change | None, other: Role) -> Iterator[Finding]:
    if twin is None or (
        change.action != twin.action and {change.action, twin.action} & {"create", "delete", "replace"}
    ):
        yield rule.finding(
            change.address,
            argument=change.action,
            before="",
            after=f"{other} region: {twin.action if twin else 'no such resource'}",
            effect=f"Only the {change.role} region gets this change.",
            remedy=_SAME,
        )
        return
    if change.action != "update":
        return
    for path in changed_paths(change):
        before, after = ((one or Arguments(None)).value(*path) for one in (change.before, change.after))
        was, will = ((one or Arguments(None)).value(*path) for one in (twin.before, twin.after))
        if comparable(before) == comparable(was) and comparable(after) != comparable(will):
            yield rule.finding(
                change.address,
                argument=name_path(path),
                before=change.before.show(*path) if change.before else "",
                after=f"{_shown(change, path)}; {other} region: {_shown(twin, path)}",
                effect=f"The {change.role} region gets another value than its twin, which had the same one before.",
                remedy=_SAME,
            )


def _shown(twin: Change, path: Path) -> str:
    return twin.after.show(*path) if twin.after else "(destroyed)"


def changed_paths(change: Change, *, unknown: bool = False) -> list[Path]:
    """Return the paths of the values that change, as deep as both sides have the same form.

    None of them is one that AWS computes. `unknown`: those, too, that are known only after the apply.
    """
    before, after = ((one.values if one else None) for one in (change.before, change.after))
    computed = _COMPUTED - _GIVEN.get(change.type, frozenset())
    found = [path for path in _differences(before, after, ()) if path and path[0] not in computed]
    return [path for path in found if unknown or change.after is None or not has_unknown(change.after.value(*path))]


def _differences(before: Any, after: Any, path: Path) -> Iterator[Path]:  # noqa: ANN401 - JSON
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}, key=str):
            yield from _differences(before.get(name), after.get(name), (*path, name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(old, new, (*path, number))
    elif before != after and (before, after) not in _NOTHING:
        yield path


def comparable(value: object) -> str:
    """Return a text that is the same for twins: without regions, roles, and ids that AWS chose."""
    text = show_whole(value)
    for pattern in (_REGION, _ROLE_WORD, _ID):
        text = pattern.sub("*", text)
    return text


def show_whole(value: object) -> str:
    """Return the value as a text, however long it is."""
    return value if isinstance(value, str) else repr(value)


def _find_drift(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    """Yield what was changed outside of Terraform in one region alone, and is about to be changed back."""
    changed = {change.address for change in plan.changes if change.changes}
    drifted: dict[tuple[str, ...], dict[Role, Change]] = defaultdict(dict)
    for drift in plan.drift:
        if drift.role is not None and drift.address in changed:
            drifted[drift.twin_key][drift.role] = drift
    for twins in drifted.values():
        for role, other in (ROLES, ROLES[::-1]):
            if role in twins:
                theirs = changed_paths(twins[other]) if other in twins else []
                yield from _drift_of(
                    rule, twins[role], [path for path in changed_paths(twins[role]) if path not in theirs]
                )


def _drift_of(rule: Rule, drift: Change, paths: list[Path]) -> Iterator[Finding]:
    for path in paths:
        yield rule.finding(
            drift.address,
            argument=name_path(path),
            before=drift.before.show(*path) if drift.before else "",
            after=_shown(drift, path),
            effect=f"It was changed outside of Terraform, in the {drift.role} region alone.",
            remedy="Find out who did it and why (CloudTrail), before the apply changes it back.",
        )


REGION_RULES: Final = (
    Rule(
        name="one-region-only",
        severity="blocked",
        objective="readiness",
        title="A change in one region that its twin does not get.",
        find=_find_one_sided,
    ),
    Rule(
        name="drift-in-one-region",
        severity="warned",
        objective="readiness",
        title="Something was changed outside of Terraform in one region alone.",
        find=_find_drift,
    ),
)
