"""Rules about policies: what they allow or deny, before and after a change."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from standby.review.findings import Finding, Severity, name_path
from standby.review.permissions import Permission, permissions, uncovered
from standby.review.plan import Change, Plan
from standby.review.rules.rule import KNOWN_LATER, MAKE_KNOWN, Rule, Surroundings, has_unknown
from standby.review.values import ABSENT, JSON, SENSITIVE, UNKNOWN, Arguments, Path, show

_TAKE_BACK: Final = "Take the change back."
_ARGUMENTS: Final = ("policy", "assume_role_policy")
_COPIES: Final = ("aws_s3_bucket", "aws_sns_topic")
"""Types that show, in a computed argument, the policy that another resource sets."""

_ALL_RIGHTS: Final = re.compile(r"Administrator|PowerUser|FullAccess")
_FUNCTIONS: Final = "_functions_"
JOURNAL: Final = "/standby/"
"""The key prefix of the journal in the frontend buckets, which CloudFront never reads."""


@dataclass(frozen=True, kw_only=True)
class _Policy:
    """A policy that a plan changes or creates. `path` leads to its text."""

    change: Change
    path: Path
    before: list[dict[str, Any]]
    after: list[dict[str, Any]]

    @property
    def is_secret(self) -> bool:
        sides = (self.change.before, self.change.after)
        return any(side is not None and side.is_sensitive(*self.path) for side in sides)

    def name(self, statement: Mapping[str, Any], unnamed: str) -> str:
        return f"{name_path(self.path)}: {unnamed if self.is_secret else statement.get('Sid', unnamed)}"

    def show(self, statement: object) -> str:
        return SENSITIVE if self.is_secret else show(statement)

    def allowed(self, found: list[Permission]) -> str:
        return SENSITIVE if self.is_secret else ", ".join(dict.fromkeys(one.action for one in found))


def _find_lost_denials(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for policy in _policies(plan):
        denied = permissions(policy.after, "Deny")
        for statement in policy.before:
            if uncovered(permissions([statement], "Deny"), denied):
                yield rule.finding(
                    policy.change.address,
                    argument=policy.name(statement, "a denial"),
                    before=policy.show(statement),
                    after="(gone or weaker)",
                    effect=_effect_of_denial(statement),
                    remedy=_TAKE_BACK,
                )


def _find_wider(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    account = _account(plan)
    for policy in _policies(plan):
        known = permissions(policy.before, "Allow")
        for statement in policy.after:
            new = uncovered(permissions([statement], "Allow"), known)
            severity = _severity(policy, new, known, account)
            if new and severity:
                yield _wider(rule, policy, statement, new, severity)
    yield from _find_attached(rule, plan)


def _severity(policy: _Policy, new: list[Permission], known: list[Permission], account: str) -> Severity | None:
    """Return how bad new permissions are. A new policy with an exact one is what a new function needs: None."""
    if policy.change.action == "create":
        if any((one.has_wide_action and one.has_wide_resource) or one.has_wide_principal(account) for one in new):
            return "blocked"
        return "warned" if any(one.has_wide_action or one.has_wide_resource for one in new) else None
    return "blocked" if any(_is_wide(one, known, account) for one in new) else "warned"


def _is_wide(new: Permission, known: list[Permission], account: str) -> bool:
    was_limited = any(
        old.is_limited and (old.action, old.resource, old.principal) == (new.action, new.resource, new.principal)
        for old in known
    )
    return (
        new.has_wide_action
        or new.has_wide_resource
        or new.has_wide_principal(account)
        or (was_limited and not new.is_limited)
    )


def _wider(
    rule: Rule, policy: _Policy, statement: dict[str, Any], new: list[Permission], severity: Severity
) -> Finding:
    wide = severity == "blocked"
    said = f"{policy.change.construct} may do more: {policy.allowed(new)}."
    return rule.finding(
        policy.change.address,
        severity=severity,
        argument=policy.name(statement, "a permission"),
        before="(not allowed)",
        after=policy.show(statement),
        effect=f"{said} A wildcard or a missing condition lets it reach what is not its own." if wide else said,
        remedy=_TAKE_BACK if wide else "Check that the function needs each action, on this resource alone.",
    )


def _find_attached(rule: Rule, plan: Plan) -> Iterator[Finding]:
    """Yield the policies of IAM that are attached to a role: the plan does not say what they allow."""
    for change in plan.of("aws_iam_role", "aws_iam_role_policy_attachment"):
        if change.after is None or not change.changes or plan.is_first:
            continue
        before, after = (_attached(one) for one in (change.before, change.after))
        for name in after:
            if name not in before:
                yield rule.finding(
                    change.address,
                    severity="blocked" if _ALL_RIGHTS.search(name) else "warned",
                    argument="attached policy",
                    before="(not attached)",
                    after=name,
                    effect="A role gets a policy of IAM. The plan does not say what it allows.",
                    remedy="Check that the role needs all of it, or name each action in a policy of the role.",
                )


def _attached(arguments: Arguments | None) -> list[str]:
    found = [(arguments or Arguments(None)).value(name) for name in ("policy_arn", "managed_policy_arns")]
    listed = [one for value in found for one in (value if isinstance(value, list) else [value])]
    return [show(one) for one in listed if one is not ABSENT]


def _find_lost_permissions(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for policy in _policies(plan):
        allowed, denied = permissions(policy.after, "Allow"), permissions(policy.before, "Deny")
        for statement in policy.before:
            lost = uncovered(permissions([statement], "Allow"), allowed)
            yield from _narrower(
                rule, policy, statement, lost, before=policy.show(statement), after="(gone or limited)"
            )
        for statement in policy.after:
            new = uncovered(permissions([statement], "Deny"), denied)
            yield from _narrower(rule, policy, statement, new, before="(not denied)", after=policy.show(statement))


def _narrower(
    rule: Rule, policy: _Policy, statement: Mapping[str, Any], lost: list[Permission], **values: str
) -> Iterator[Finding]:
    if lost:
        of_function = _FUNCTIONS in policy.change.construct and policy.path == ("policy",)
        yield rule.finding(
            policy.change.address,
            severity="warned" if of_function else "blocked",
            argument=policy.name(statement, "a statement"),
            effect=f"{policy.change.construct} may do less: {policy.allowed(lost)}.",
            remedy="Check that nothing needs it: apply the change to a rehearsal, and run `standby drill` there.",
            **values,
        )


def _policies(plan: Plan) -> Iterator[_Policy]:
    """Yield each policy that changes, or is created in a deployment. Unknown ones are no policy."""
    for change in plan.changes:
        if change.after is None or not change.changes or plan.is_first or change.deposed:
            continue
        for path in _paths(change):
            before, after = (one.value(*path, JSON, "Statement") for one in (_of(change.before), change.after))
            if before != after and not has_unknown(after) and not has_unknown(before):
                yield _Policy(change=change, path=path, before=_statements(before), after=_statements(after))


def _paths(change: Change) -> list[Path]:
    """Return where a resource has the texts of policies."""
    found: list[Path] = [(name,) for name in _ARGUMENTS if change.type not in _COPIES]
    for side in (change.before, change.after):
        inline = _of(side).value("inline_policy")
        count = len(inline) if isinstance(inline, list) else 0
        found += [("inline_policy", number, "policy") for number in range(count)]
    return list(dict.fromkeys(found))


def _of(arguments: Arguments | None) -> Arguments:
    return arguments or Arguments(None)


def _find_unknown_policies(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change in plan.changes:
        if change.before is None or change.after is None or not change.changes:
            continue
        for path in _paths(change):
            after = change.after.value(*path, JSON, "Statement")
            if has_unknown(after) and change.before.value(*path) not in (ABSENT, ""):
                yield rule.finding(
                    change.address,
                    argument=name_path(path),
                    before=change.before.show(*path),
                    after=str(UNKNOWN.value),
                    effect=KNOWN_LATER,
                    remedy=MAKE_KNOWN,
                )


def _account(plan: Plan) -> str:
    """Return the account of the deployment; "" if the plan does not say it."""
    accounts = plan.accounts if len(plan.accounts) == 1 else frozenset[str]()
    return next(iter(accounts), "")


def _statements(value: object) -> list[dict[str, Any]]:
    listed = value if isinstance(value, list) else [value]
    return [statement for statement in listed if isinstance(statement, dict)]


def _effect_of_denial(statement: Mapping[str, Any]) -> str:
    if JOURNAL in show(statement.get("Resource", "")):
        return "Anyone can read the journal through the site: who moved users, when, and from where."
    if "aws:SecureTransport" in show(statement.get("Condition", {})):
        return "Requests without TLS are accepted."
    return "What was denied explicitly can be allowed by any other policy."


POLICY_RULES: Final = (
    Rule(
        name="denial-removed",
        severity="blocked",
        objective="security",
        title="A statement that denies something is gone from a policy: TLS only, or the journal's.",
        find=_find_lost_denials,
    ),
    Rule(
        name="permission-wider",
        severity="blocked",
        objective="security",
        title=(
            "A policy allows more: blocked with a wildcard, for another account or without a condition, "
            "warned otherwise."
        ),
        find=_find_wider,
    ),
    Rule(
        name="permission-lost",
        severity="blocked",
        objective="readiness",
        title="A policy allows less, or denies more: warned for a function, blocked otherwise.",
        find=_find_lost_permissions,
    ),
    Rule(
        name="policy-unknown",
        severity="warned",
        objective="security",
        title="A policy changes to a text that is known only after the apply.",
        find=_find_unknown_policies,
    ),
)
