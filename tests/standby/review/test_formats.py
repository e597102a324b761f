"""The texts of a review: 80 columns, no markup of a plan's values, one annotation for each finding."""

import json
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.review.formats import FORMATS, Format, conclude, table_lines
from standby.review.report import FindingJson, ReviewJson, review
from standby.review.summary import SummaryRow
from standby.text import WIDTH
from tests.standby.review.helpers import change_document, plan_of

CODE = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
"""A code span: it ends with as many backticks as it begins with. Source: GitHub Flavored Markdown, "Code spans"."""
TODAY = date(2026, 11, 28)
GROUP = "aws_cloudwatch_log_group"
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=60)
FINDINGS = st.builds(
    FindingJson,
    rule=st.sampled_from(["tls-weaker", "one-region-only"]),
    severity=st.sampled_from(["blocked", "warned"]),
    objective=st.sampled_from(["page RTO", "security"]),
    address=st.sampled_from(["plan", "aws_s3_bucket.primary_documents_private_bucket_00000000"]) | TEXTS,
    argument=TEXTS,
    before=TEXTS,
    after=TEXTS,
    effect=TEXTS,
    remedy=TEXTS,
    waived=st.just("") | TEXTS,
)
ROWS = st.builds(
    SummaryRow,
    purpose=st.sampled_from(["Knowledge Base", "API"]),
    role=st.sampled_from(["primary", None]),
    create=st.integers(0, 999),
    update=st.integers(0, 999),
    replace=st.integers(0, 999),
    delete=st.integers(0, 999),
)
REVIEWS = st.fixed_dictionaries(
    {
        "result": st.sampled_from(["clean", "warned", "blocked"]),
        "resources": st.integers(0, 999),
        "changed": st.integers(0, 999),
        "written_at": st.none(),
        "summary": st.lists(ROWS, max_size=3).map(tuple),
        "findings": st.lists(FINDINGS, max_size=3).map(tuple),
        "notes": st.lists(TEXTS, max_size=2).map(tuple),
    }
).map(ReviewJson.model_validate)


@given(REVIEWS)
def test_no_line_is_wider_than_80_columns_unless_it_is_one_word(found: ReviewJson) -> None:
    for line in table_lines(found):
        assert len(line) <= WIDTH or len(line.split()) <= 2, line
        assert line == line.rstrip()


@given(REVIEWS)
def test_every_finding_is_one_annotation_in_one_line(found: ReviewJson) -> None:
    lines = list(FORMATS["github"](found))
    assert len(lines) == len(found.findings) + 1
    assert all(line.startswith("::") and "\n" not in line and "\r" not in line for line in lines)


@given(REVIEWS)
def test_no_line_of_markdown_has_a_tag_outside_of_code(found: ReviewJson) -> None:
    for line in FORMATS["markdown"](found):
        assert "\n" not in line
        outside = CODE.sub("", line)
        assert "<" not in outside.replace("\\<", "")


def test_what_a_reader_sees_of_a_blocked_plan() -> None:
    shorter = [
        change_document(GROUP, f"{role}_api_logs_0000000{number}", {"retention_in_days": 30}, {"retention_in_days": 1})
        for number, role in enumerate(("primary", "failover"))
    ]
    lines = list(table_lines(review(plan_of(*shorter), today=TODAY)))
    assert lines[:3] == [
        "purpose         region       created   changed  replaced  destroyed",
        "API             primary            -         1         -          -",
        "API             failover           -         1         -          -",
    ]
    assert lines[4:10] == [
        "BLOCKED logs-kept-shorter (readiness)",
        "  aws_cloudwatch_log_group.primary_api_logs_00000000",
        "  retention_in_days",
        "    before: 30",
        "    after: 1",
        "  The logs of an incident are gone sooner.",
    ]
    assert lines[-1] == "Blocked: do not apply this plan. 2 findings, in 2 changes of 3 resources."


@pytest.mark.parametrize("text_format", FORMATS)
def test_no_text_of_a_plan_reaches_a_terminal_as_a_control_character(text_format: Format) -> None:
    evil = "\x1b]0;x\x07\u202e\ud800\n"
    statement = {"Sid": evil, "Effect": "Allow", "Action": [f"s3:*{evil}"], "Resource": evil}
    policy = [json.dumps({"Statement": statements}) for statements in ([], [statement])]
    found = review(
        plan_of(
            change_document("aws_iam_role_policy", f"a{evil}_00000000", *({"policy": text} for text in policy)),
            change_document(f"aws_sqs_queue{evil}", "b", {}, None),
            change_document("aws_ssm_parameter", "manifest_parameter_primary_00000000", {"a": 1}, {"a": 2}),
            output_changes={evil: {"actions": ["update"]}},
        ),
        today=TODAY,
        notes=[evil],
    )
    assert {"permission-wider", "outputs-change"} <= {finding.rule for finding in found.findings}
    for line in FORMATS[text_format](found):
        assert line.isprintable(), line


def test_a_plan_without_changes_is_clean_and_says_so() -> None:
    found = review(plan_of(), today=TODAY)
    assert (found.result, conclude(found)) == (
        "clean",
        "Clean: 0 changes of 1 resource, and none hurts the recovery.",
    )
