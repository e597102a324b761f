"""Rules about the site: the distribution with its origin groups, and config.json."""

from collections.abc import Iterator, Mapping
from typing import Final

from standby.review.findings import Finding
from standby.review.plan import Change, Plan
from standby.review.rules.rule import KNOWN_LATER, MAKE_KNOWN, Guard, Rule, Surroundings, guarded, has_unknown, is_not
from standby.review.values import ABSENT, Arguments, Unset, show

DISTRIBUTION: Final = "aws_cloudfront_distribution"
CONFIG: Final = "serving_config"
"""How the constructs of config.json begin. Terraform makes the object once; the operator's commands change it."""

GONE: Final = ("replace", "delete", "forget")
_TAGS: Final = frozenset({"tags", "tags_all"})
IGNORED: Final = frozenset({"content", "etag"})
_TAKE_BACK: Final = "Take the change back: pages survive the loss of a region by their origin groups alone."
_ORIGIN_ARGUMENTS: Final = ("domain_name", "origin_access_control_id", "origin_path")
_CONFIG_PATH: Final = "/config.json"
_CACHING: Final = ("cache_policy_id", "forwarded_values", "min_ttl", "default_ttl", "max_ttl")
_ENABLED: Final = guarded(
    Guard(
        types=(DISTRIBUTION,),
        path=("enabled",),
        is_worse=is_not(True),
        effect="The site answers nobody.",
        remedy="Take the change back.",
    )
)
_Blocks = Mapping[str, Arguments]


def _find_origin_group_changes(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change in plan.of(DISTRIBUTION):
        if change.before is None or change.after is None or not change.changes:
            continue
        before, after = (_by_id(arguments, "origin_group", "origin_id") for arguments in (change.before, change.after))
        if before is None or after is None:
            yield rule.finding(
                change.address, argument="origin_group", effect=KNOWN_LATER, remedy=MAKE_KNOWN, severity="warned"
            )
            continue
        yield from _compare_groups(rule, change, before, after)
        yield from _compare_targets(rule, change, groups=set(after))
        yield from _compare_origins(rule, change)


def _compare_groups(rule: Rule, change: Change, before: _Blocks, after: _Blocks) -> Iterator[Finding]:
    for group, old in sorted(before.items()):
        new = after.get(group, Arguments(None))
        for argument, path, effect in (
            ("member", ("member",), "Pages are read from the other region first, or from one region alone."),
            (
                "failover_criteria",
                ("failover_criteria", "status_codes"),
                "CloudFront asks the other region less often.",
            ),
        ):
            was, will = old.value(*path), new.value(*path)
            worse = was != will if argument == "member" else not _codes(was) <= _codes(will)
            if has_unknown(will) or worse:
                yield rule.finding(
                    change.address,
                    argument=f"origin_group {group}: {argument}",
                    before=show(_brief(was)),
                    after=show(_brief(will)),
                    effect=KNOWN_LATER if has_unknown(will) else effect,
                    remedy=_TAKE_BACK,
                )


def _compare_targets(rule: Rule, change: Change, *, groups: set[str]) -> Iterator[Finding]:
    """Yield each path that is read from something else than before, and each new one that is read from no group."""
    before, after = _behaviors(change.before), _behaviors(change.after)
    for path in dict.fromkeys([*before, *after]):
        was, will = (show(of[path].value("target_origin_id")) if path in of else "" for of in (before, after))
        if was != will and (was or will not in groups):
            yield rule.finding(
                change.address,
                argument=f"cache behavior {path}: target_origin_id",
                before=was or str(ABSENT.value),
                after=will or str(ABSENT.value),
                effect="These pages are read from other buckets, or in another order, than before.",
                remedy=_TAKE_BACK,
            )


def _compare_origins(rule: Rule, change: Change) -> Iterator[Finding]:
    """Yield each origin whose name stays, and stands for another bucket, or for one that CloudFront cannot read."""
    before, after = (_by_id(side or Arguments(None), "origin", "origin_id") for side in (change.before, change.after))
    for origin, old in (before or {}).items():
        new = (after or {}).get(origin)
        if new is None:
            continue
        for argument in _ORIGIN_ARGUMENTS:
            was, will = old.value(argument), new.value(argument)
            if was != will and {was, will} != {ABSENT, ""}:
                yield rule.finding(
                    change.address,
                    argument=f"origin {origin}: {argument}",
                    before=old.show(argument),
                    after=new.show(argument),
                    severity="warned" if has_unknown(will) else "blocked",
                    effect=KNOWN_LATER if has_unknown(will) else "Pages are read from elsewhere, or not at all.",
                    remedy=_TAKE_BACK,
                )


def _find_cached_config(rule: Rule, plan: Plan, surroundings: Surroundings) -> Iterator[Finding]:
    """Yield what the distribution's guards find, and each change of how config.json is cached."""
    yield from _ENABLED(rule, plan, surroundings)
    for change in plan.of(DISTRIBUTION):
        before, after = (_behaviors(side).get(_CONFIG_PATH) for side in (change.before, change.after))
        if before is None or after is None or not change.changes:
            continue
        for argument in _CACHING:
            if before.value(argument) != after.value(argument):
                yield rule.finding(
                    change.address,
                    argument=f"cache behavior {_CONFIG_PATH}: {argument}",
                    before=before.show(argument),
                    after=after.show(argument),
                    severity="warned" if has_unknown(after.value(argument)) else "blocked",
                    effect="A cached config.json sends users to the old region after a failover.",
                    remedy="Keep the cache policy CachingDisabled for this path.",
                )


def _behaviors(arguments: Arguments | None) -> dict[str, Arguments]:
    """Return the cache behaviors by their path; the default one is `(default)`."""
    if arguments is None:
        return {}
    default, ordered = (arguments.blocks(name) for name in ("default_cache_behavior", "ordered_cache_behavior"))
    found = {} if isinstance(default, Unset) else dict.fromkeys(["(default)"], next(iter(default), Arguments(None)))
    blocks = () if isinstance(ordered, Unset) else ordered
    return found | {show(one.value("path_pattern")): one for one in blocks}


def _find_slower_origins(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change in plan.of(DISTRIBUTION):
        if change.before is None or change.after is None or not change.changes:
            continue
        before, after = (_by_id(arguments, "origin", "origin_id") or {} for arguments in (change.before, change.after))
        for origin, old in before.items():
            new = after.get(origin)
            if new is not None and _longest_seconds(new) > _longest_seconds(old):
                yield rule.finding(
                    change.address,
                    argument=f"origin {origin}: connection_attempts x connection_timeout",
                    before=f"{_longest_seconds(old):g} s",
                    after=f"{_longest_seconds(new):g} s",
                    effect="While this region does not accept connections, each page waits longer for the other one.",
                    remedy="Keep the attempts and the time-out.",
                )


def _find_config_overwritten(rule: Rule, plan: Plan, surroundings: Surroundings) -> Iterator[Finding]:
    effect = "Terraform writes config.json, which the operator's commands own: users move to another region, or back."
    remedy = f"Keep `lifecycle.ignore_changes` with {' and '.join(sorted(IGNORED))}, and the object itself."
    for change in plan.of("aws_s3_object"):
        if change.construct.startswith(CONFIG) and (change.action in GONE or _is_written(change)):
            yield rule.finding(change.address, effect=effect, remedy=remedy, argument=change.action)
    objects = Arguments(surroundings.stack).value("resource", "aws_s3_object")
    for name, body in (objects if isinstance(objects, Mapping) else {}).items():
        if str(name).startswith(CONFIG):
            ignored = Arguments(body).value("lifecycle", "ignore_changes")
            if ignored != "all" and not set(ignored if isinstance(ignored, list) else ()) >= IGNORED:
                yield rule.finding(
                    f"aws_s3_object.{name}",
                    argument="lifecycle.ignore_changes",
                    after=show(ignored),
                    effect=effect,
                    remedy=remedy,
                )


def _is_written(change: Change) -> bool:
    """Return whether an update writes the object: the provider puts other tags without writing it.

    Source: hashicorp/terraform-provider-aws, internal/service/s3/object.go, `hasObjectContentChanges`.
    """
    if change.action != "update" or change.before is None or change.after is None:
        return False
    values = [side.values if isinstance(side.values, dict) else {} for side in (change.before, change.after)]
    return any(values[0].get(name) != values[1].get(name) for name in {*values[0], *values[1]} - _TAGS)


def _by_id(arguments: Arguments, block: str, key: str) -> dict[str, Arguments] | None:
    """Return the blocks by their id; None if a part of them is unknown."""
    blocks = arguments.blocks(block)
    if isinstance(blocks, Unset) or any(has_unknown(one.value(key)) for one in blocks):
        return None
    return {str(one.value(key)): one for one in blocks}


def _codes(value: object) -> frozenset[object]:
    return frozenset(value) if isinstance(value, list) and not has_unknown(value) else frozenset()


def _brief(value: object) -> object:
    """Return the ids of the members in their order, or the value."""
    members = (
        [one["origin_id"] for one in value if isinstance(one, Mapping) and "origin_id" in one]
        if isinstance(value, list)
        else []
    )
    return " then ".join(map(show, members)) if members else value


def _longest_seconds(origin: Arguments) -> float:
    """Return how long CloudFront tries to connect: ten seconds three times where the origin does not say.

    Source: docs.aws.amazon.com, CloudFront, "Connection attempts" and "Connection timeout".
    """
    attempts, seconds = origin.value("connection_attempts"), origin.value("connection_timeout")
    known = (attempts if isinstance(attempts, int | float) else 3, seconds if isinstance(seconds, int | float) else 10)
    return float(known[0] * known[1])


SITE_RULES: Final = (
    Rule(
        name="origin-group-worse",
        severity="blocked",
        objective="page RTO",
        title="The order, the failover codes or the targets of the origin groups change.",
        find=_find_origin_group_changes,
    ),
    Rule(
        name="origin-slower",
        severity="blocked",
        objective="page RTO",
        title="CloudFront tries a region for longer before it asks the other one.",
        find=_find_slower_origins,
    ),
    Rule(
        name="site-off",
        severity="blocked",
        objective="page RTO",
        title="The distribution is disabled, or caches config.json.",
        find=_find_cached_config,
    ),
    Rule(
        name="config-overwritten",
        severity="blocked",
        objective="API RTO",
        title="Terraform would write config.json again, or no longer leaves it alone.",
        find=_find_config_overwritten,
    ),
)
