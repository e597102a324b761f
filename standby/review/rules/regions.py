"""Rules about the two regions: what one of them gets, and its twin does not."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from standby.review.findings import Finding, name_path
from standby.review.plan import ROLES, Change, Plan, Role
from standby.review.rules.rule import Rule, Surroundings, has_unknown
from standby.review.twins import TwinTexts, mask, twin_texts
from standby.review.values import ABSENT, Arguments, Path

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


Twins = Mapping[Role, Change]


def pair_twins(plan: Plan) -> Iterator[Twins]:
    """Yield the resources of both regions that belong together, by their role; alone where the twin is missing."""
    pairs: dict[tuple[str, ...], dict[Role, Change]] = defaultdict(dict)
    for change in plan.changes:
        role = change.role
        if role is not None and "ROLE" in change.twin_key[1] and not change.deposed:
            pairs[change.twin_key][role] = change
    yield from pairs.values()


def _find_one_sided(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    texts = twin_texts(plan)
    for twins in pair_twins(plan):
        for role, other in (ROLES, ROLES[::-1]):
            if role in twins and twins[role].changes:
                yield from _compare(rule, twins[role], twins.get(other), plan, texts)


def _compare(rule: Rule, change: Change, twin: Change | None, plan: Plan, texts: TwinTexts) -> Iterator[Finding]:
    if twin is not None and _stays(change) and _stays(twin):
        yield from _compare_values(rule, change, twin, texts)
    elif _is_alone(change, twin, plan):
        yield rule.finding(
            change.address,
            argument=change.action,
            before="",
            after=f"{_other_of(change)} region: {twin.action if twin else 'no such resource'}",
            effect=f"Only the {change.role} region gets this change.",
            remedy=_SAME,
        )


def _is_alone(change: Change, twin: Change | None, plan: Plan) -> bool:
    """Return whether one region alone has the resource after the apply, and it was not so before.

    What has no twin by design, such as a replication in one direction, may change, and may end.
    """
    if twin is None:
        return change.action == "create" and not plan.is_first
    return _stays(change) != _stays(twin)


def _other_of(change: Change) -> Role:
    return ROLES[1] if change.role == ROLES[0] else ROLES[0]


def _stays(change: Change) -> bool:
    """Return whether Terraform manages the resource after the apply."""
    return change.action not in ("delete", "forget")


def _compare_values(rule: Rule, change: Change, twin: Change, texts: TwinTexts) -> Iterator[Finding]:
    """Yield the values that become other than the twin's; of a new resource beside an old one, those that are other."""
    other = _other_of(change)
    role = _other_of(twin)
    if change.action == "create":
        paths = [] if twin.action == "create" else _given_otherwise(change, twin)
    else:
        paths = changed_paths(change)
    for path in paths:
        before, after, was, will = (
            (side or Arguments(None)).value(*path) for side in (change.before, change.after, twin.before, twin.after)
        )
        parts = (texts.are_same(before, role, was, other), not texts.are_same(after, role, will, other))
        masked = (mask(before) == mask(was), mask(after) != mask(will))
        if parts[1] if change.action == "create" else all(parts) or all(masked):
            yield rule.finding(
                change.address,
                argument=name_path(path),
                before=change.before.show(*path) if change.before else "(new)",
                after=f"{_shown(change, path)}; {other} region: {_shown(twin, path)}",
                effect=f"The {change.role} region gets another value than its twin"
                + (", which had the same one before." if change.before else "."),
                remedy=_SAME,
            )


def _given_otherwise(change: Change, twin: Change) -> list[Path]:
    """Return the paths at which a new resource and its old twin have different values, neither of them empty."""
    new, old = ((side.after or Arguments(None)) for side in (change, twin))
    found = [path for path in _differences(old.values, new.values, ()) if path and path[0] not in _COMPUTED]
    return [path for path in found if _is_given(new.value(*path)) and _is_given(old.value(*path))]


def _is_given(value: object) -> bool:
    return bool(value) and value is not ABSENT and not has_unknown(value)


def _find_crossed(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    texts = twin_texts(plan)
    for change in plan.changes:
        if change.role is None or change.action not in ("update", "replace"):
            continue
        for path in changed_paths(change):
            before, after = ((side or Arguments(None)).value(*path) for side in (change.before, change.after))
            if texts.is_crossed(before, after, change.role):
                yield rule.finding(
                    change.address,
                    argument=name_path(path),
                    before=change.before.show(*path) if change.before else "",
                    after=_shown(change, path),
                    effect=f"A resource of the {change.role} region uses the other region, and fails with it.",
                    remedy="Let it use what its own region has.",
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


def _find_drift(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    """Yield what was changed outside of Terraform in one region alone, and is about to be changed back."""
    changed = {change.address for change in plan.changes if change.changes}
    drifted: dict[tuple[str, ...], dict[Role, Change]] = defaultdict(dict)
    for drift in plan.drift:
        if drift.role is not None and drift.address in changed:
            drifted[drift.twin_key][drift.role] = drift
    for twins in drifted.values():
        for role, other in (ROLES, ROLES[::-1]):
            if role in twins and not (other in twins and twins[other].action == twins[role].action == "delete"):
                theirs = changed_paths(twins[other]) if other in twins else []
                yield from _drift_of(
                    rule, twins[role], [path for path in changed_paths(twins[role]) if path not in theirs]
                )


def _drift_of(rule: Rule, drift: Change, paths: list[Path]) -> Iterator[Finding]:
    if drift.action == "delete":
        yield rule.finding(
            drift.address,
            argument="delete",
            effect=f"It was destroyed outside of Terraform, in the {drift.role} region alone.",
            remedy="Find out who did it and why (CloudTrail), before the apply creates it again.",
        )
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
        name="other-region",
        severity="blocked",
        objective="readiness",
        title="A resource uses the other region where it used its own.",
        find=_find_crossed,
    ),
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
