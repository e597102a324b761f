"""Rules about the alarms and what they read."""

from typing import Final

from standby.review.rules.rule import Guard, Rule, guarded, is_empty, is_not, lacks
from standby.review.values import ABSENT

_ALARM: Final = ("aws_cloudwatch_metric_alarm",)

ALARM_RULES: Final = (
    Rule(
        name="alarm-silent",
        severity="blocked",
        objective="readiness",
        title="An alarm has no action, or its actions are off.",
        find=guarded(
            Guard(
                types=_ALARM,
                path=("actions_enabled",),
                is_worse=is_not(True, ABSENT),
                effect="The alarm changes its state, and sends no message.",
                remedy="Take the change back.",
                stays=True,
            ),
            Guard(
                types=_ALARM,
                path=("alarm_actions",),
                is_worse=lambda before, after: is_empty(before, after) or lacks(before, after),
                stays=True,
                effect="The alarm changes its state, and sends no message.",
                remedy="Let the alarm notify the region's topic for alerts.",
            ),
            Guard(
                types=_ALARM,
                path=("treat_missing_data",),
                is_worse=lambda before, after: before == "breaching" and after != "breaching",
                effect="A check that does not run at all raises no alarm.",
                remedy="Keep `breaching`.",
            ),
        ),
    ),
)
