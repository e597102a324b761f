"""A rule, and the guards: arguments that a change must not make worse."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from standby.review.findings import Finding, Objective, Severity, shown_value
from standby.review.findings import name_path as name
from standby.review.plan import Change, Plan
from standby.review.values import ABSENT, UNKNOWN, Arguments, Path, show
from standby.text import printable

Worse = Callable[[Any, Any], bool]
"""Whether the second value of an argument is worse than the first. Both may be `ABSENT`, and none is `UNKNOWN`."""

KNOWN_LATER = "The value is known only after the apply, so it cannot be reviewed."
MAKE_KNOWN = "Give the argument a value that Terraform knows when it plans, or look at it after the apply."


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a review knows beside the plan. Everything is optional: what is None is not known.

    `stack` is the synthesized `cdk.tf.json`. `initialized_backend` is the backend of the last `terraform init`.
    `state_written_at` is when the state was last written. `serving` and `unavailable` are what `standby status` said:
    the role that serves users, and the regions that do not answer, with the reason.
    """

    stack: Any = None
    initialized_backend: Any = None
    state_written_at: datetime | None = None
    serving: str | None = None
    unavailable: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule: its name, the worst severity of its findings, what they hurt, and what it looks at, in a sentence."""

    name: str
    severity: Severity
    objective: Objective
    title: str
    find: Callable[["Rule", Plan, Surroundings], Iterator[Finding]]

    def finding(
        self, address: str, *, effect: str, remedy: str, severity: Severity | None = None, **texts: str
    ) -> Finding:
        """Return a finding of this rule. Its texts may be a plan's: they become one printable line."""
        said = {"address": address, "effect": effect, "remedy": remedy, **texts}
        return Finding(
            **{key: printable(" ".join(text.split())) for key, text in said.items()},
            rule=self.name,
            severity=severity or self.severity,
            objective=self.objective,
        )


@dataclass(frozen=True, kw_only=True)
class Guard:
    """An argument of some types that a change must not make worse.

    `construct` limits it to resources whose path matches. A new resource has no value before. `stays`: a change that
    leaves the argument as bad as it was is found, too. `of_new`: a new resource must have a good value.
    """

    types: tuple[str, ...]
    path: Path
    is_worse: Worse
    effect: str
    remedy: str
    construct: str = ""
    stays: bool = False
    of_new: bool = True

    def applies(self, change: Change) -> bool:
        """Return whether the guard is about this change."""
        if not change.changes or change.after is None or (change.action == "create" and not self.of_new):
            return False
        return bool(re.search(self.construct, change.construct))


def guarded(*guards: Guard) -> Callable[[Rule, Plan, Surroundings], Iterator[Finding]]:
    """Return a rule's function that finds each guarded argument that a change makes worse, or unknown."""

    def find(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
        for guard in guards:
            for change in plan.of(*guard.types):
                if guard.applies(change):
                    yield from find_worse(rule, guard, change)

    return find


def find_worse(rule: Rule, guard: Guard, change: Change) -> Iterator[Finding]:
    """Yield a finding for each block in which the change makes the guarded argument worse, or its value unknown."""
    old, new = change.before or Arguments(None), change.after or Arguments(None)
    for old_path, new_path in pair_paths(old, new, guard.path):
        before, after = (ABSENT if path is None else of.value(*path) for of, path in ((old, old_path), (new, new_path)))
        said = {
            "argument": name(new_path or old_path or guard.path),
            "before": shown_value(change.before, old_path, "(new)"),
            "after": shown_value(change.after, new_path, "(destroyed)"),
        }
        if has_unknown(after):
            if not plan_creates(change):
                yield rule.finding(change.address, effect=KNOWN_LATER, remedy=MAKE_KNOWN, severity="warned", **said)
        elif (before != after or guard.stays) and guard.is_worse(before, after):
            yield rule.finding(change.address, effect=guard.effect, remedy=guard.remedy, severity=rule.severity, **said)


def pair_paths(old: Arguments, new: Arguments, path: Path) -> Iterator[tuple[Path | None, Path | None]]:
    """Yield the path on both sides, once for each block where there are more than one. None where a side has no block.

    Blocks belong together by their `id`, or by their number.
    """
    for length, step in enumerate(path[1:], start=1):
        lists = [side.value(*path[:length]) for side in (old, new)]
        counts = [len(found) if isinstance(found, list) else 0 for found in lists]
        if isinstance(step, str) and max(counts) > 1:
            keys = [_block_keys(found) for found in lists]
            for key in dict.fromkeys([*keys[0], *keys[1]]):
                numbers = [of.get(key) for of in keys]
                ends = [None if number is None else (*path[:length], number, *path[length:]) for number in numbers]
                yield ends[0], ends[1]
            return
    yield path, path


def _block_keys(blocks: object) -> dict[object, int]:
    """Return the number of each block by its id, where each has one; else by its number."""
    listed = blocks if isinstance(blocks, list) else []
    ids = [show(block["id"]) for block in listed if isinstance(block, dict) and block.get("id")]
    named = ids if len(set(ids)) == len(listed) else range(len(listed))
    return {key: number for number, key in enumerate(named)}


def plan_creates(change: Change) -> bool:
    """Return whether the resource is new, so that it has nothing that could become worse."""
    return change.action == "create"


def has_unknown(value: object) -> bool:
    """Return whether a value, or a part of it, is known only after the apply."""
    if isinstance(value, dict):
        return any(has_unknown(found) for found in value.values())
    if isinstance(value, list):
        return any(has_unknown(found) for found in value)
    return value is UNKNOWN


def is_not(*allowed: object) -> Worse:
    """Return the comparison that calls every value worse that is none of these."""
    return lambda _, after: after not in allowed


def is_lower(before: object, after: object) -> bool:
    """Return whether a number became lower, or is gone."""
    return isinstance(before, int | float) and (not isinstance(after, int | float) or after < before)


def is_higher(before: object, after: object) -> bool:
    """Return whether a number became higher."""
    return isinstance(before, int | float) and isinstance(after, int | float) and after > before


def is_kept_shorter(before: object, after: object) -> bool:
    """Return whether days became fewer, where 0 or no number means forever."""
    days = after if isinstance(after, int | float) and after > 0 else None
    known = before if isinstance(before, int | float) and before > 0 else None
    return days is not None and (known is None or days < known)


def is_empty(_: object, after: object) -> bool:
    """Return whether nothing is left."""
    return not isinstance(after, list | dict | str) or not after


def lacks(before: object, after: object) -> bool:
    """Return whether a list lost an item."""
    old = before if isinstance(before, list) else []
    new = after if isinstance(after, list) else []
    return any(item not in new for item in old)
