"""Rules about the shield in front: AWS WAF's web ACLs, the allowed addresses, and the reserved executions."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from standby.review.findings import Finding
from standby.review.plan import Change, Plan
from standby.review.rules.rule import Guard, Rule, Surroundings, guarded, has_unknown, is_lower
from standby.review.values import ABSENT, Arguments, Unset, show

WEB_ACL: Final = "aws_wafv2_web_acl"
IP_SET: Final = "aws_wafv2_ip_set"
_TAKE_BACK: Final = "Take the change back."
_GONE: Final = "(gone)"

_Rules = Mapping[str, Arguments]


def _find_weaker_web_acls(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change in plan.of(WEB_ACL):
        if change.before is None or change.after is None or not change.changes:
            continue
        before, after = _rules(change.before), _rules(change.after)
        for name, old in before.items():
            new = after.get(name)
            if new is None:
                effect = "AWS WAF lets through what this rule refused."
                yield _finding(rule, change, name, before="(a rule)", after=_GONE, effect=effect)
            else:
                yield from _compare(rule, change, name, old, new)


def _compare(rule: Rule, change: Change, name: str, old: Arguments, new: Arguments) -> Iterator[Finding]:
    if _refuses(old) and not _refuses(new):
        effect = "AWS WAF only counts the requests that this rule refused."
        yield _finding(rule, change, name, before="refuses", after="does not", effect=effect)
    counted = sorted(_counted(new) - _counted(old))
    if counted:
        effect = "AWS WAF only counts the requests that these rules of the group refused."
        yield _finding(rule, change, name, before="refuse", after=f"{', '.join(counted)} count", effect=effect)
    limit = ("statement", "rate_based_statement", "limit")
    was, will = old.value(*limit), new.value(*limit)
    if isinstance(was, int | float) and isinstance(will, int | float) and will > was:
        effect = "One address may send more requests before it is refused."
        yield _finding(rule, change, f"{name}: limit", before=show(was), after=show(will), effect=effect)


def _finding(rule: Rule, change: Change, name: str, *, before: str, after: str, effect: str) -> Finding:
    return rule.finding(
        change.address, argument=f"rule {name}", before=before, after=after, effect=effect, remedy=_TAKE_BACK
    )


def _rules(web_acl: Arguments) -> _Rules:
    blocks = web_acl.blocks("rule")
    return {} if isinstance(blocks, Unset) else {show(one.value("name")): one for one in blocks}


def _refuses(one: Arguments) -> bool:
    """Return whether a rule blocks, or leaves the actions of its rule group as they are."""
    return _is_set(one.value("action", "block")) or _is_set(one.value("override_action", "none"))


def _is_set(block: object) -> bool:
    """Return whether a block is there. A plan has `[{}]` for one without arguments, and `[]` for none."""
    return block is not ABSENT and block != []


def _counted(one: Arguments) -> set[str]:
    overrides = one.blocks("statement", "managed_rule_group_statement", "rule_action_override")
    return set() if isinstance(overrides, Unset) else {show(override.value("name")) for override in overrides}


def _find_added_addresses(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change in plan.of(IP_SET):
        if change.before is None or change.after is None or not change.changes:
            continue
        before, after = (_addresses(one) for one in (change.before, change.after))
        if added := sorted(after - before):
            yield rule.finding(
                change.address,
                argument="addresses",
                before="(refused)",
                after=", ".join(added),
                effect="These addresses may use the deployment.",
                remedy="Check that each range is yours.",
            )


def _addresses(ip_set: Arguments) -> set[str]:
    found: Any = ip_set.value("addresses")
    return set(map(str, found)) if isinstance(found, list) and not has_unknown(found) else set()


SHIELD_RULES: Final = (
    Rule(
        name="shield-off",
        severity="blocked",
        objective="security",
        title="The site has no web ACL of AWS WAF any more.",
        find=guarded(
            Guard(
                types=("aws_cloudfront_distribution",),
                path=("web_acl_id",),
                is_worse=lambda before, after: before not in (ABSENT, "") and after in (ABSENT, ""),
                effect="AWS WAF refuses no request to the site: no rate limit, and no allowed addresses.",
                remedy=_TAKE_BACK,
            )
        ),
    ),
    Rule(
        name="shield-weaker",
        severity="blocked",
        objective="security",
        title="A rule of a web ACL is gone, only counts, or has a higher limit.",
        find=_find_weaker_web_acls,
    ),
    Rule(
        name="addresses-added",
        severity="warned",
        objective="security",
        title="More addresses may use the deployment.",
        find=_find_added_addresses,
    ),
    Rule(
        name="reserved-concurrency-lower",
        severity="blocked",
        objective="readiness",
        title="Fewer executions of Lambda are reserved for a function.",
        find=guarded(
            Guard(
                types=("aws_lambda_function",),
                path=("reserved_concurrent_executions",),
                is_worse=is_lower,
                effect="Under load, other functions take the executions that this one needs.",
                remedy=_TAKE_BACK,
            )
        ),
    ),
)
