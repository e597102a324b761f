"""What a plan changes, counted by purpose and region."""

import re
from collections import Counter
from typing import Final

from pydantic import Field

from standby.json_model import JsonModel
from standby.review.plan import Change, Plan

ACTIONS: Final = ("create", "update", "replace", "delete")
_PURPOSES: Final = (
    ("access logs", re.compile(r" ((primary|failover)_logs|site_access_logs)_")),
    ("access", re.compile(r"^aws_(iam_|lambda_permission|s3_bucket_policy|sns_topic_policy|wafv2_)| (\w+_)?shield_")),
    ("alarms", re.compile(r"^aws_(cloudwatch_(metric_alarm|dashboard|log_metric_filter)|sns_)")),
    ("documents", re.compile(r" (\w+_)?(documents|ingestion|sweep|replication)(_|$)")),
    ("Knowledge Base", re.compile(r" (\w+_)?(knowledge_base|guardrail)(_|$)")),
    ("site", re.compile(r"^aws_(cloudfront_|s3_)")),
    ("API", re.compile(r"^aws_(api_gateway_|lambda_)| (\w+_)?(functions|api|health_check|readiness_check)(_|$)")),
)
"""What a resource is for, by its type and construct: the first pattern that matches decides."""

OTHER: Final = "other"
PURPOSES: Final = ("documents", "Knowledge Base", "API", "site", "alarms", "access", "access logs", OTHER)


class SummaryRow(JsonModel):
    """The changed resources of one purpose in one region."""

    purpose: str = Field(
        description="`documents`, `Knowledge Base`, `API`, `site`, `alarms`, `access`, `access logs` or `other`"
    )
    role: str | None = Field(description="`primary` or `failover`; null for what both regions share")
    create: int = Field(description="how many resources the plan creates")
    update: int = Field(description="how many it changes in place")
    replace: int = Field(description="how many it destroys and creates again")
    delete: int = Field(description="how many it destroys, or manages no more")


def purpose_of(change: Change) -> str:
    """Return what a resource is for."""
    text = f"{change.kind} {change.construct}"
    return next((purpose for purpose, pattern in _PURPOSES if pattern.search(text)), OTHER)


def summarize(plan: Plan) -> tuple[SummaryRow, ...]:
    """Return the rows of what changes, in the order of the purposes; none for a plan that changes nothing."""
    counts: Counter[tuple[str, str | None, str]] = Counter()
    for change in plan.changes:
        if change.changes:
            action = "delete" if change.action == "forget" else change.action
            counts[purpose_of(change), change.role, action] += 1
    found = {(purpose, role) for purpose, role, _ in counts}
    order = [(purpose, role) for purpose in PURPOSES for role in ("primary", "failover", None)]
    return tuple(
        SummaryRow(purpose=purpose, role=role, **{action: counts[purpose, role, action] for action in ACTIONS})
        for purpose, role in order
        if (purpose, role) in found
    )
