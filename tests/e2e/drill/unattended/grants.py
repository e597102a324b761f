"""The grants of the controller: what it decides without one of them, and those whose removal no test notices.

The names are those of `tests/constructs/grants.py`.
"""

from collections.abc import Mapping
from typing import Final

from tests.constructs.grants import Grant

HOLDER: Final = "controller"
MOVE_USERS: Final = Grant(HOLDER, "MoveUsers", "s3:PutObject")
READ_CONFIGS: Final = Grant(HOLDER, "ReadConfigs", "s3:GetObject")
READ_STATE: Final = Grant(HOLDER, "KeepState", "ssm:GetParameter")
WRITE_STATE: Final = Grant(HOLDER, "KeepState", "ssm:PutParameter")
READ_CHECKERS: Final = Grant(HOLDER, "ReadCheckers", "cloudwatch:GetMetricData")
"""Only where the API has a name in DNS, and the controller is in us-east-1."""
WHEN_LOST: Final[Mapping[Grant, str]] = {
    Grant(HOLDER, "ListJournals", "s3:ListBucket"): "does not say what others do",
    Grant(HOLDER, "ListDocuments", "s3:ListBucket"): "it could not be compared with its bucket (AccessDenied",
    Grant(HOLDER, "ListJobs", "bedrock:ListIngestionJobs"): "it could not be compared with its bucket (AccessDenied",
}
"""The reason for which it does not move users of a lost region."""
_OF_ANY_FUNCTION: Final = "As for any function: unnoticed_permissions.toml, function_logs and traces."
UNNOTICED: Final[Mapping[Grant, str]] = {
    Grant(HOLDER, "WriteLogs", "logs:CreateLogStream"): _OF_ANY_FUNCTION,
    Grant(HOLDER, "WriteLogs", "logs:PutLogEvents"): _OF_ANY_FUNCTION,
    Grant(HOLDER, "WriteTraces", "xray:PutTelemetryRecords"): _OF_ANY_FUNCTION,
    Grant(HOLDER, "WriteTraces", "xray:PutTraceSegments"): _OF_ANY_FUNCTION,
    Grant(f"function:{HOLDER}", "scheduled-automatic-look", "lambda:InvokeFunction"): (
        "The emulator invokes a function without asking its policy. On AWS, an alarm says that it has not looked."
    ),
}
NOTICED: Final = {MOVE_USERS, READ_CONFIGS, READ_STATE, WRITE_STATE, *WHEN_LOST}
