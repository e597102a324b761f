"""Every resource that is destroyed, and every argument that changes, in both regions alike, has a finding."""

import copy
from typing import Any

from standby.review.plan import Change, read_plan
from standby.review.plan import Plan as ReviewedPlan
from standby.review.report import find_all
from standby.review.rules.changed import HARMLESS, HARMLESS_KINDS
from standby.review.rules.kept import MAY_END
from standby.review.rules.rule import Surroundings
from standby.review.values import ABSENT
from tests.constructs.plan import Json, Plan
from tests.standby.review.helpers import change_document, plan_document, plan_of

Step = str | int
Pair = list[tuple[str, str]]
META = frozenset({"//", "provider", "depends_on", "lifecycle", "dynamic", "for_each", "count", "connection"})


def twins(plan: Plan) -> list[Pair]:
    """Return the type and name of each resource, with its twin."""
    pairs: dict[tuple[str, ...], Pair] = {}
    for change in read_plan(plan_document(None, plan.document)).changes:
        pairs.setdefault(change.twin_key, []).append((change.type, change.name))
    return list(pairs.values())


def findings(plan: Plan, after: Json) -> list[Any]:
    """Return what the rules find beside that one region differs."""
    found = find_all(read_plan(plan_document(plan.document, after)), Surroundings())
    return [one for one in found if one.rule != "one-region-only"]


def test_every_resource_that_is_destroyed_in_both_regions_has_a_finding(plan: Plan) -> None:
    for pair in twins(plan):
        after = copy.deepcopy(plan.document)
        for type_, name in pair:
            del after["resource"][type_][name]
        found = findings(plan, after)
        assert {one.address for one in found} >= {f"{type_}.{name}" for type_, name in pair}, pair
        if pair[0][0] not in MAY_END:
            assert {one.severity for one in found} == {"blocked"}, pair


def leaves(value: Any, path: tuple[Step, ...] = ()) -> list[tuple[Step, ...]]:  # noqa: ANN401 - JSON
    """Return the paths of all values of a resource that are no block, and of all blocks."""
    found = [path] if path else []
    if isinstance(value, dict):
        named = [(name, inner) for name, inner in value.items() if path or name not in META]
        return found + [deeper for name, inner in named for deeper in leaves(inner, (*path, name))]
    if isinstance(value, list):
        return found + [deeper for number, inner in enumerate(value) for deeper in leaves(inner, (*path, number))]
    return found


def change_value(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return another value of the same form."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"x{value}"
    return []


def mutate(body: Json, path: tuple[Step, ...], *, remove: bool) -> None:
    parent: Any = body
    for step in path[:-1]:
        parent = parent[step]
    if remove:
        del parent[path[-1]]
    else:
        parent[path[-1]] = change_value(parent[path[-1]])


def is_harmless(change: Change, path: tuple[Step, ...]) -> bool:
    listed = HARMLESS[""] | HARMLESS.get(change.type, frozenset())
    return change.kind in HARMLESS_KINDS or path[0] in listed


def is_absent(change: Change, path: tuple[Step, ...]) -> bool:
    return change.after is None or change.after.value(*path) is ABSENT


def is_empty(change: Change, path: tuple[Step, ...]) -> bool:
    """Return whether the argument was empty before, so that its removal changes nothing."""
    return change.before is not None and change.before.value(*path) in ("", []) and is_absent(change, path)


def changed_pair(plan: Plan, pair: Pair, path: tuple[Step, ...], *, remove: bool) -> tuple[ReviewedPlan, str]:
    """Return a plan with the pair alone, in which a value changes or is removed, and the address of the last one."""
    changes = []
    for type_, name in pair:
        before = plan.document["resource"][type_][name]
        after = copy.deepcopy(before)
        mutate(after, path, remove=remove)
        changes.append(change_document(type_, name, before, after))
    return plan_of(*changes), changes[-1]["address"]


def test_every_argument_that_changes_in_both_regions_has_a_finding_or_is_listed_as_harmless(plan: Plan) -> None:
    unseen = []
    for pair in twins(plan):
        type_, name = pair[-1]
        for path in leaves(plan.document["resource"][type_][name]):
            for remove in (False, True):
                changed, address = changed_pair(plan, pair, path, remove=remove)
                change = changed.changes[-1]
                if change.changes and not is_harmless(change, path) and not is_empty(change, path):
                    found = find_all(changed, Surroundings())
                    if address not in {one.address for one in found if one.rule != "one-region-only"}:
                        unseen.append((address, path, "removed" if remove else "changed"))
    assert not unseen, "\n".join(map(str, unseen))
