"""The grants that notifications add: those whose removal a test notices, and the others with their reasons."""

from collections.abc import Mapping
from typing import Final

from tests.constructs.grants import Grant

HOLDER: Final = "notifications"
READS: Final[Mapping[Grant, str]] = {
    Grant(HOLDER, "ListJournal", "s3:ListBucket"): "region",
    Grant(HOLDER, "ReadAlarms", "cloudwatch:DescribeAlarms"): "alarms",
}
"""What the function can do without, and then names: this region, or its alarms."""
STATE: Final = (
    Grant(HOLDER, "ReadFacts", "s3:GetObject"),
    Grant(HOLDER, "WriteState", "s3:PutObject"),
)
"""Without these, the function fails."""
PUBLISHING: Final[Mapping[Grant, str]] = {
    Grant(HOLDER, "PublishToTopic", "sns:Publish"): "topic",
    Grant(HOLDER, "PublishToBus", "events:PutEvents"): "bus",
}
"""Without these, a change waits for a channel."""
_OF_ANY_FUNCTION: Final = "As for any function: unnoticed_permissions.toml, function_logs and traces."
_INVOKED: Final = "The emulator invokes a function without asking its policy. On AWS, the apply or the schedule fails."
UNNOTICED: Final[Mapping[Grant, str]] = {
    Grant(HOLDER, "WriteLogs", "logs:CreateLogStream"): _OF_ANY_FUNCTION,
    Grant(HOLDER, "WriteLogs", "logs:PutLogEvents"): _OF_ANY_FUNCTION,
    Grant(HOLDER, "WriteTraces", "xray:PutTelemetryRecords"): _OF_ANY_FUNCTION,
    Grant(HOLDER, "WriteTraces", "xray:PutTraceSegments"): _OF_ANY_FUNCTION,
    Grant("function:notifications", "frontend-events", "lambda:InvokeFunction"): _INVOKED,
    Grant("function:notifications", "scheduled-notifications", "lambda:InvokeFunction"): _INVOKED,
}
