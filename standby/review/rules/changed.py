"""The rule about every other change of what protects the deployment: no rule knows it, so a person must look."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from standby.review.findings import Finding, name_path
from standby.review.plan import CLOUD_CONTROL, Change, Plan
from standby.review.rules.kept import KEPT, PROTECTING
from standby.review.rules.regions import changed_paths
from standby.review.rules.rule import Rule, Surroundings, has_unknown
from standby.review.values import ABSENT, JSON, UNKNOWN, Arguments, Path

RULE: Final = "protection-changed"

HARMLESS_KINDS: Final[Mapping[str, str]] = {
    "aws_api_gateway_deployment": "each change of the API makes a new one",
    "aws_api_gateway_model": "a new version of the API has other forms of requests",
    "aws_cloudwatch_dashboard": "no alarm reads it",
    "aws_s3_object": "a new version has other files; config.json has its own rule",
    "terraform_data": "`other-account` reads the record of what the state belongs to",
}
"""The kinds of which no change is named, with the reason."""

HARMLESS: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({"alarm_description", "comment", "description", "display_name", "tags", "tags_all", "timeouts"}),
    "aws_api_gateway_stage": frozenset({"deployment_id"}),
    "aws_lambda_function": frozenset({"filename", "source_code_hash", "source_code_size"}),
    "aws_ssm_parameter": frozenset({"insecure_value", "value"}),
    CLOUD_CONTROL: frozenset({"properties", "schema"}),
}
"""The arguments, by type, of which no change is named: texts for people, code, and what Terraform computes. "": of all.

The manifest's value follows from the outputs; `outputs-change` names those.
"""

_POLICIES: Final = frozenset({"policy", "assume_role_policy"})
"""Texts that the rules about policies compare, if they can be read."""


def _find_changed(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    drifted = {drift.address: drift for drift in plan.drift}
    for change in plan.changes:
        if change.kind not in {*KEPT, *PROTECTING} or change.kind in HARMLESS_KINDS:
            continue
        if change.action in ("update", "replace"):
            for path in _changed(change, drifted.get(change.address)):
                yield _finding(rule, change, path)


def _finding(rule: Rule, change: Change, path: Path) -> Finding:
    before, after = (side.show(*path) if side else "" for side in (change.before, change.after))
    return rule.finding(
        change.address,
        argument=name_path(path),
        before=before,
        after=after,
        effect=f"This changes the {change.kind}, and no rule says whether recovery gets worse.",
        remedy="Compare both values, and apply the change to a rehearsal first (`standby drill`).",
    )


def _changed(change: Change, drift: Change | None) -> Iterator[Path]:
    """Yield the paths that change, without the harmless ones and those that are only put back after a drift."""
    harmless = HARMLESS[""] | HARMLESS.get(change.type, frozenset())
    for found in changed_paths(change, unknown=change.action == "update"):
        for path in _into_json(change, found):
            if path[0] not in harmless and not _is_read(change, path) and not _is_put_back(change, drift, path):
                yield path


def _into_json(change: Change, path: Path) -> Iterator[Path]:
    """Yield the paths that differ in a JSON document; the path itself for another value."""
    before, after = (_value(side, *path, JSON) for side in (change.before, change.after))
    if isinstance(before, dict) and isinstance(after, dict) and path[0] not in _POLICIES:
        names = (name for name in sorted({*before, *after}, key=str) if before.get(name) != after.get(name))
        yield from ((*path, JSON, str(name)) for name in names)
    else:
        yield path


def _is_read(change: Change, path: Path) -> bool:
    """Return whether a rule about policies has read the text on both sides."""
    texts = [_value(side, *path, JSON, "Statement") for side in (change.before, change.after)]
    return path[-1] in _POLICIES and UNKNOWN not in texts and not any(map(has_unknown, texts))


def _is_put_back(change: Change, drift: Change | None, path: Path) -> bool:
    """Return whether the plan gives an argument the value that was last applied, after somebody else changed it."""
    return drift is not None and drift.before is not None and _value(drift.before, *path) == _value(change.after, *path)


def _value(arguments: Arguments | None, *path: Any) -> Any:  # noqa: ANN401 - JSON
    return ABSENT if arguments is None else arguments.value(*path)


CHANGED_RULES: Final = (
    Rule(
        name=RULE,
        severity="warned",
        objective="readiness",
        title="Another argument of what protects data, access or readiness changes. No rule knows whether it hurts.",
        find=_find_changed,
    ),
)
