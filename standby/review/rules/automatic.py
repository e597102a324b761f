"""Rules about the automatic failover: a controller that is gone, judges faster or slower, or may do more (record 108).

The controller's settings are the JSON document `RULES` in its environment.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from standby.review.findings import Finding, name_path
from standby.review.permissions import permissions, uncovered
from standby.review.plan import Change, Plan
from standby.review.rules.rule import Guard, Rule, Surroundings, guarded, is_higher, is_lower, is_not
from standby.review.values import ABSENT, JSON, Arguments, Path, show

FUNCTION: Final = "aws_lambda_function"
SCHEDULE: Final = "aws_cloudwatch_event_rule"
ALARM: Final = "aws_cloudwatch_metric_alarm"
FILTER: Final = "aws_cloudwatch_log_metric_filter"
_OWN: Final = r"^automatic_|_automatic_(look|move)"
"""The construct paths of the controller: its function, role, state and schedule, and its alarms with their metrics."""
_VARIABLES: Final[Path] = ("environment", "variables")
RULES_DOCUMENT: Final[Path] = (*_VARIABLES, "RULES", JSON)
_MINUTE: Final = "REHEARSAL_MINUTE_SECONDS"
_CHECK_ID: Final = "HEALTH_CHECK_ID"
_NOT_ALLOWED: Final = "(not allowed)"
_TAKE_BACK: Final = "Take the change back."
_NARROW: Final = "Take the change back: docs/adr/0108-the-automatic-failover-judges-slowly-and-once.md."
_WRITE_DOWN: Final = "Take the change back, or accept the finding in standby.toml with a reason."
_NO_MOVE: Final = "After the loss of the primary region, users are not moved until an operator does it."
_FALSE_MOVE: Final = "The controller may move users although the primary region serves them."
_LATER: Final = "The controller needs longer to move users of a lost region, or does not move them."
_OTHER_CHECK: Final = (
    "The controller follows another check, or the edge alone, which does not see the loss of the API. It may move "
    "nobody, or users of a region that serves them."
)
_UNNOTICED: Final = "If the controller stops, or moves users, the alarm is raised later or never."

GONE_KINDS: Final = (
    FUNCTION,
    SCHEDULE,
    ALARM,
    FILTER,
    "aws_cloudwatch_event_target",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_lambda_permission",
    "aws_ssm_parameter",
)
"""The types without which the controller does not run, or no alarm says so."""


@dataclass(frozen=True)
class Looks:
    """How many of the last looks must have failed."""

    failed: int
    of: int

    def is_looser_than(self, other: "Looks") -> bool:
        """Return whether some record of looks is a lost region by these numbers, and not by the other ones."""
        return self.failed < other.failed or self.of - self.failed > other.of - other.failed

    def is_slower_than(self, other: "Looks") -> bool:
        """Return whether some record of looks is a lost region by the other numbers, and not by these."""
        return other.is_looser_than(self)


def _find_gone(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change in plan.of(*GONE_KINDS):
        if change.action in ("delete", "forget") and re.search(_OWN, change.construct) and not change.deposed:
            watches = change.type in (ALARM, FILTER)
            yield rule.finding(
                change.address,
                effect=_UNNOTICED if watches else f"The automatic failover is off or cannot act. {_NO_MOVE}",
                remedy=_WRITE_DOWN,
            )


def _find_looser_looks(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change, before, after in _changed_looks(plan):
        if after.is_looser_than(before):
            yield _finding_of_looks(rule, change, before, after, _FALSE_MOVE)


def _find_slower_looks(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change, before, after in _changed_looks(plan):
        if after.is_slower_than(before):
            yield _finding_of_looks(rule, change, before, after, _LATER)


def _finding_of_looks(rule: Rule, change: Change, before: Looks, after: Looks, effect: str) -> Finding:
    return rule.finding(
        change.address,
        argument=name_path((*RULES_DOCUMENT, "failed_looks")),
        before=f"{before.failed} of {before.of} looks",
        after=f"{after.failed} of {after.of} looks",
        effect=effect,
        remedy=_WRITE_DOWN,
    )


def _changed_looks(plan: Plan) -> Iterator[tuple[Change, Looks, Looks]]:
    for change in plan.of(FUNCTION):
        if re.search(_OWN, change.construct) and change.changes:
            before, after = _looks(change.before), _looks(change.after)
            if before is not None and after is not None:
                yield change, before, after


def _looks(arguments: Arguments | None) -> Looks | None:
    """Return the looks of the settings; None if they cannot be read."""
    found = [(arguments or Arguments(None)).value(*RULES_DOCUMENT, name) for name in ("failed_looks", "of_looks")]
    failed, of = found
    return Looks(failed, of) if isinstance(failed, int) and isinstance(of, int) else None


def _find_more_permissions(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change in _changed_policies(plan):
        for statement, actions in _uncovered(change.after, change.before):
            yield rule.finding(
                change.address,
                argument=_argument(statement),
                before=_NOT_ALLOWED,
                after=show(statement),
                effect=f"The controller acts without a person, and may do more: {actions}.",
                remedy=_NARROW,
            )


def _find_fewer_permissions(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change in _changed_policies(plan):
        for statement, actions in _uncovered(change.before, change.after):
            yield rule.finding(
                change.address,
                argument=_argument(statement),
                before=show(statement),
                after=_NOT_ALLOWED,
                effect=f"The controller may no longer do this: {actions}. {_NO_MOVE}",
                remedy=_TAKE_BACK,
            )


def _changed_policies(plan: Plan) -> Iterator[Change]:
    """Yield the changes of the controller's policies. One that is new or destroyed has rules of its own."""
    for change in plan.of("aws_iam_role_policy"):
        if change.changes and change.before and change.after and re.search(_OWN, change.construct):
            yield change


def _uncovered(policy: Arguments | None, other: Arguments | None) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each statement of a policy that allows what another policy does not, and the actions."""
    known = permissions(_statements(other), "Allow")
    for statement in _statements(policy):
        if found := uncovered(permissions([statement], "Allow"), known):
            yield statement, ", ".join(dict.fromkeys(one.action for one in found))


def _argument(statement: dict[str, Any]) -> str:
    return f"policy: {statement.get('Sid', 'a permission')}"


def _statements(arguments: Arguments | None) -> list[dict[str, Any]]:
    found = arguments.value("policy", JSON, "Statement") if arguments else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _rules_guard(name: str, is_worse: Any, effect: str) -> Guard:  # noqa: ANN401 - a comparison of two JSON values
    return Guard(
        types=(FUNCTION,),
        construct=_OWN,
        path=(*RULES_DOCUMENT, name),
        is_worse=is_worse,
        effect=effect,
        remedy=_WRITE_DOWN,
    )


def _differs(before: object, after: object) -> bool:
    return before is not ABSENT and after != before


AUTOMATIC_RULES: Final = (
    Rule(
        name="automatic-removed",
        severity="blocked",
        objective="API RTO",
        title="The controller of the automatic failover is removed, or its schedule, its permissions or an alarm.",
        find=_find_gone,
    ),
    Rule(
        name="automatic-looks-looser",
        severity="blocked",
        objective="API RTO",
        title="Fewer failed looks, or looks with more healthy ones among them, are enough to move users.",
        find=_find_looser_looks,
    ),
    Rule(
        name="automatic-looser",
        severity="blocked",
        objective="API RTO",
        title="The controller waits less after a command, or moves users to a region that is further behind.",
        find=guarded(
            _rules_guard("dwell_minutes", is_lower, "The controller may act soon after an operator, or against one."),
            _rules_guard(
                "when_behind", is_not("wait"), "The controller moves users to a region that lacks documents of theirs."
            ),
            _rules_guard("lag_seconds", is_higher, "The region to which users are moved may lack newer documents."),
            Guard(
                types=(FUNCTION,),
                construct=_OWN,
                path=(*_VARIABLES, _MINUTE),
                is_worse=is_not(ABSENT),
                effect=f"Only a rehearsal has another minute. {_FALSE_MOVE}",
                remedy=_TAKE_BACK,
            ),
        ),
    ),
    Rule(
        name="automatic-slower-looks",
        severity="warned",
        objective="API RTO",
        title="More failed looks are needed before the controller moves users.",
        find=_find_slower_looks,
    ),
    Rule(
        name="automatic-slower",
        severity="warned",
        objective="API RTO",
        title="The controller waits longer after a command, or does not move users to a region that is behind.",
        find=guarded(
            _rules_guard("dwell_minutes", is_higher, _LATER),
            _rules_guard("lag_seconds", is_lower, _LATER),
            _rules_guard("when_behind", lambda before, after: before == "move" and after != "move", _LATER),
        ),
    ),
    Rule(
        name="automatic-off",
        severity="blocked",
        objective="API RTO",
        title="The controller's schedule is off or slower, or calls another function, or its time ends earlier.",
        find=guarded(
            *(
                Guard(
                    types=(type_,),
                    construct=_OWN,
                    path=(argument,),
                    is_worse=_differs,
                    effect=f"The controller does not look each minute. {_NO_MOVE}",
                    remedy=_TAKE_BACK,
                )
                for type_, argument in (
                    (SCHEDULE, "schedule_expression"),
                    (SCHEDULE, "event_bus_name"),
                    ("aws_cloudwatch_event_target", "arn"),
                    ("aws_cloudwatch_event_target", "rule"),
                    (FUNCTION, "handler"),
                )
            ),
            Guard(
                types=(FUNCTION,),
                construct=_OWN,
                path=("timeout",),
                is_worse=is_lower,
                effect=f"The controller is stopped before it has decided. {_NO_MOVE}",
                remedy=_TAKE_BACK,
            ),
            Guard(
                types=(SCHEDULE,),
                construct=_OWN,
                path=("state",),
                is_worse=is_not("ENABLED", ABSENT),
                effect=f"The controller does not look. {_NO_MOVE}",
                remedy="Take the change back. `standby automatic off` stops it, and `standby status` shows that.",
            ),
        ),
    ),
    Rule(
        name="automatic-alarm-weaker",
        severity="blocked",
        objective="readiness",
        title="An alarm of the controller reads another metric, or is raised later.",
        find=guarded(
            *(
                Guard(
                    types=(type_,),
                    construct=_OWN,
                    path=path,
                    is_worse=_differs,
                    effect=_UNNOTICED,
                    remedy=_TAKE_BACK,
                )
                for type_, path in (
                    (ALARM, ("metric_name",)),
                    (ALARM, ("namespace",)),
                    (ALARM, ("comparison_operator",)),
                    (ALARM, ("threshold",)),
                    (ALARM, ("statistic",)),
                    (FILTER, ("pattern",)),
                    (FILTER, ("log_group_name",)),
                )
            ),
            *(
                Guard(
                    types=(ALARM,),
                    construct=_OWN,
                    path=(argument,),
                    is_worse=is_higher,
                    effect=_UNNOTICED,
                    remedy=_TAKE_BACK,
                )
                for argument in ("period", "evaluation_periods", "datapoints_to_alarm")
            ),
        ),
    ),
    Rule(
        name="automatic-checkers",
        severity="blocked",
        objective="API RTO",
        title="The controller reads no health check of Route 53 any more, or another one, or it fails sooner.",
        find=guarded(
            Guard(
                types=(FUNCTION,),
                construct=_OWN,
                path=(*_VARIABLES, _CHECK_ID),
                is_worse=_differs,
                effect=_OTHER_CHECK,
                remedy=_WRITE_DOWN,
            ),
            *(
                Guard(
                    types=("aws_route53_health_check",),
                    construct="checks_primary_health",
                    path=(argument,),
                    is_worse=is_lower,
                    effect=f"A region that fails for a shorter time counts as lost. {_FALSE_MOVE}",
                    remedy=_WRITE_DOWN,
                )
                for argument in ("failure_threshold", "request_interval")
            ),
        ),
    ),
    Rule(
        name="automatic-permission-removed",
        severity="blocked",
        objective="API RTO",
        title="The controller of the automatic failover may do less.",
        find=_find_fewer_permissions,
    ),
    Rule(
        name="automatic-permission-added",
        severity="blocked",
        objective="security",
        title="The controller of the automatic failover may do more.",
        find=_find_more_permissions,
    ),
)
