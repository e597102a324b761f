"""Rules about access: encryption, public access, TLS, and policies that allow more or deny less."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from standby.review.findings import Finding, shown
from standby.review.plan import Change, Plan
from standby.review.rules.rule import KNOWN_LATER, MAKE_KNOWN, Guard, Rule, Surroundings, guarded, has_unknown, is_not
from standby.review.values import ABSENT, JSON, UNKNOWN, Path, show

_TAKE_BACK: Final = "Take the change back."
_ON: Final = is_not(True)
_PUBLIC_ACCESS: Final = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
_POLICIES: Final[Mapping[str, str]] = {
    "aws_iam_role": "assume_role_policy",
    "aws_iam_role_policy": "policy",
    "aws_s3_bucket_policy": "policy",
    "aws_sns_topic_policy": "policy",
    "aws_sqs_queue": "policy",
}
JOURNAL: Final = "/standby/"
"""The key prefix of the journal in the frontend buckets, which CloudFront never reads."""


def _find_lost_denials(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change, path, before, after in _changed_policies(plan):
        for statement in before:
            if statement.get("Effect") == "Deny" and statement not in after:
                yield rule.finding(
                    change.address,
                    argument=f"{path[0]}: {statement.get('Sid', 'a denial')}",
                    before=show(statement),
                    after="(gone or changed)",
                    effect=_effect_of_denial(statement),
                    remedy=_TAKE_BACK,
                )


def _find_wider_permissions(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change, path, before, after in _changed_policies(plan):
        known = {permission for statement in before for permission in _permissions(statement)}
        for statement in after:
            new = [found for found in _permissions(statement) if found not in known]
            if new:
                yield _wider(rule, change, path[0], statement, new)


def _wider(
    rule: Rule, change: Change, argument: object, statement: dict[str, Any], new: list["_Permission"]
) -> Finding:
    wide = any(_is_wide(permission) for permission in new)
    actions = ", ".join(dict.fromkeys(action for action, *_ in new))
    said = f"{change.construct} may do more: {actions}."
    return rule.finding(
        change.address,
        severity="blocked" if wide else "warned",
        argument=f"{argument}: {statement.get('Sid', 'a permission')}",
        before="(not allowed)",
        after=show(statement),
        effect=f"{said} A wildcard or a missing condition lets it reach what is not its own." if wide else said,
        remedy=_TAKE_BACK if wide else "Check that the function needs each action, on this resource alone.",
    )


_Permission = tuple[str, str, str, str]
"""An action, a resource, a principal and the conditions of one Allow."""


def _permissions(statement: dict[str, Any]) -> list[_Permission]:
    if statement.get("Effect") != "Allow":
        return []
    principal, condition = show(statement.get("Principal", "")), show(statement.get("Condition", {}))
    return [
        (action, resource, principal, condition)
        for action in _listed(statement.get("Action"))
        for resource in _listed(statement.get("Resource", "(itself)"))
    ]


def _is_wide(permission: _Permission) -> bool:
    action, resource, principal, condition = permission
    everybody = principal in ("*", '{"AWS": "*"}')
    unconditional = condition == "{}" and "Service" in principal and action != "sts:AssumeRole"
    return "*" in action or resource == "*" or everybody or unconditional


def _changed_policies(plan: Plan) -> Iterator[tuple[Change, Path, list[dict[str, Any]], list[dict[str, Any]]]]:
    """Yield each policy that existed and changes, with its statements before and after. Unknown ones are no policy."""
    for change in plan.of(*_POLICIES):
        path: Path = (_POLICIES[change.type], JSON, "Statement")
        if change.before is None or change.after is None or not change.changes:
            continue
        before, after = change.before.value(*path), change.after.value(*path)
        if before != after and not has_unknown(after):
            yield change, path, _statements(before), _statements(after)


def _find_unknown_policies(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change in plan.of(*_POLICIES):
        path: Path = (_POLICIES[change.type], JSON, "Statement")
        if change.before is None or change.after is None or not change.changes:
            continue
        if has_unknown(change.after.value(*path)):
            before, _after = shown(change, path[:1])
            yield rule.finding(
                change.address,
                argument=str(path[0]),
                before=before,
                after=str(UNKNOWN.value),
                effect=KNOWN_LATER,
                remedy=MAKE_KNOWN,
            )


def _statements(value: object) -> list[dict[str, Any]]:
    listed = value if isinstance(value, list) else [value]
    return [statement for statement in listed if isinstance(statement, dict)]


def _listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _effect_of_denial(statement: dict[str, Any]) -> str:
    if any(JOURNAL in resource for resource in _listed(statement.get("Resource", ""))):
        return "Anyone can read the journal through the site: who moved users, when, and from where."
    if "aws:SecureTransport" in show(statement.get("Condition", {})):
        return "Requests without TLS are accepted."
    return "What was denied explicitly can be allowed by any other policy."


SECURITY_RULES: Final = (
    Rule(
        name="encryption-weaker",
        severity="blocked",
        objective="security",
        title="Encryption at rest is off or weaker.",
        find=guarded(
            Guard(
                types=("aws_s3_bucket_server_side_encryption_configuration",),
                path=("rule", "apply_server_side_encryption_by_default", "sse_algorithm"),
                is_worse=lambda before, after: (
                    after is ABSENT or (str(before).startswith("aws:kms") and after != before)
                ),
                effect="New objects are encrypted with a weaker setting than before.",
                remedy=_TAKE_BACK,
            ),
            Guard(
                types=("aws_sqs_queue",),
                path=("sqs_managed_sse_enabled",),
                is_worse=_ON,
                effect="Events are stored without encryption.",
                remedy=_TAKE_BACK,
            ),
        ),
    ),
    Rule(
        name="public-access",
        severity="blocked",
        objective="security",
        title="Public access to a bucket is no longer blocked, or ACLs are allowed.",
        find=guarded(
            *(
                Guard(
                    types=("aws_s3_bucket_public_access_block",),
                    path=(argument,),
                    is_worse=_ON,
                    effect="A policy or an ACL may make the bucket public.",
                    remedy=_TAKE_BACK,
                )
                for argument in _PUBLIC_ACCESS
            ),
            Guard(
                types=("aws_s3_bucket_ownership_controls",),
                path=("rule", "object_ownership"),
                is_worse=is_not("BucketOwnerEnforced"),
                effect="ACLs may give objects to others.",
                remedy=_TAKE_BACK,
            ),
            Guard(
                types=("aws_cloudfront_origin_access_control",),
                path=("signing_behavior",),
                is_worse=is_not("always"),
                effect="CloudFront reads the buckets without a signature, which their policies deny.",
                remedy=_TAKE_BACK,
            ),
        ),
    ),
    Rule(
        name="tls-weaker",
        severity="blocked",
        objective="security",
        title="Requests without TLS, or with an older version of it, are accepted.",
        find=guarded(
            Guard(
                types=("aws_cloudfront_distribution",),
                path=("default_cache_behavior", "viewer_protocol_policy"),
                is_worse=is_not("redirect-to-https", "https-only"),
                effect="Pages are served without TLS.",
                remedy=_TAKE_BACK,
            ),
            Guard(
                types=("aws_cloudfront_distribution",),
                path=("viewer_certificate", "minimum_protocol_version"),
                is_worse=lambda before, after: isinstance(before, str) and str(after) < before,
                effect="Browsers may use an older version of TLS than before.",
                remedy=_TAKE_BACK,
            ),
        ),
    ),
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
        title="A policy allows more: blocked with a wildcard or without a condition, warned otherwise.",
        find=_find_wider_permissions,
    ),
    Rule(
        name="policy-unknown",
        severity="warned",
        objective="security",
        title="A policy changes to a text that is known only after the apply.",
        find=_find_unknown_policies,
    ),
    Rule(
        name="function-exposed",
        severity="blocked",
        objective="security",
        title="The permission to call a function is no longer limited to one caller.",
        find=guarded(
            *(
                Guard(
                    types=("aws_lambda_permission",),
                    path=(argument,),
                    is_worse=lambda before, after: after in (ABSENT, "", "*") and before not in (ABSENT, "", "*"),
                    effect="Others can call the function.",
                    remedy=_TAKE_BACK,
                )
                for argument in ("source_arn", "principal")
            )
        ),
    ),
)
