"""Guarded arguments: each of several blocks is compared with the same block before."""

from typing import Any

import pytest

from standby.review.report import find_all
from standby.review.rules.rule import Surroundings
from tests.standby.review.helpers import change_document, plan_of

REPLICATION = "aws_s3_bucket_replication_configuration"
LIFECYCLE = "aws_s3_bucket_lifecycle_configuration"
FIRST = {"id": "documents", "status": "Enabled"}
SECOND = {"id": "second", "status": "Enabled"}


def found(type_: str, before: list[Any], after: list[Any], rule: str, block: str = "rule") -> list[tuple[str, str]]:
    """Return the arguments and severities that a rule finds, if both regions change alike."""
    changes = [
        change_document(type_, f"{role}_documents_a_00000000", {block: before}, {block: after})
        for role in ("primary", "failover")
    ]
    findings = [one for one in find_all(plan_of(*changes), Surroundings()) if one.rule == rule]
    return list(dict.fromkeys((one.argument, one.severity) for one in findings))


@pytest.mark.parametrize(
    "before, after, expected",
    [
        ([FIRST, SECOND], [SECOND, FIRST], []),
        ([FIRST], [FIRST, SECOND], []),
        ([FIRST, SECOND], [FIRST, {**SECOND, "status": "Disabled"}], [("rule.1.status", "blocked")]),
        ([FIRST, SECOND], [{**SECOND, "status": "Disabled"}, FIRST], [("rule.0.status", "blocked")]),
        ([FIRST, SECOND], [SECOND], [("rule.0.status", "blocked")]),
        ([FIRST], [FIRST, {**SECOND, "status": "Disabled"}], [("rule.1.status", "blocked")]),
        ([FIRST], [], [("rule.status", "blocked")]),
    ],
    ids=str,
)
def test_one_of_several_replication_rules_that_is_off_is_blocked(
    before: list[Any], after: list[Any], expected: list[tuple[str, str]]
) -> None:
    assert found(REPLICATION, before, after, "replication-off") == expected


def test_a_second_lifecycle_rule_that_deletes_documents_is_blocked() -> None:
    deleting = {"id": "b", "expiration": [{"days": 30}]}
    assert found(LIFECYCLE, [{"id": "a"}], [{"id": "a"}, deleting], "retention-shorter") == [
        ("rule.1.expiration.days", "blocked")
    ]


def test_one_of_several_queues_that_loses_its_events_is_blocked() -> None:
    queues = [{"id": name, "events": ["s3:ObjectCreated:*"]} for name in "ab"]
    without = [queues[0], {**queues[1], "events": []}]
    assert found("aws_s3_bucket_notification", queues, without, "ingestion-off", "queue") == [
        ("queue.1.events", "blocked")
    ]
    assert found("aws_s3_bucket_notification", queues, queues[:1], "ingestion-off", "queue") == [
        ("queue.1.events", "blocked")
    ]
