"""Waivers: a finding that somebody accepted does not block, until the day on which the waiver ends."""

from datetime import date
from pathlib import Path

import pytest

from standby.errors import BadUsageError
from standby.review.report import ReviewJson, review
from standby.review.rules.catalog import RULES
from standby.review.waivers import Waiver, read_waivers
from tests.standby.review.helpers import change_document, plan_of

NAMES = [rule.name for rule in RULES]
TODAY = date(2026, 11, 28)
GROUP = "aws_cloudwatch_log_group"
WAIVER = Waiver(rule="logs-kept-shorter", address=f"{GROUP}.*", reason="OPS-1", until=TODAY)
SHORTER = [
    change_document(GROUP, f"{role}_api_logs_0000000{number}", {"retention_in_days": 30}, {"retention_in_days": 1})
    for number, role in enumerate(("primary", "failover"))
]


def reviewed(*waivers: Waiver, today: date = TODAY) -> ReviewJson:
    return review(plan_of(*SHORTER), waivers=waivers, today=today)


def test_without_a_waiver_the_finding_blocks() -> None:
    assert reviewed().result == "blocked"
    assert [finding.waived for finding in reviewed().findings] == ["", ""]


def test_a_waiver_accepts_a_finding_up_to_its_last_day() -> None:
    found = reviewed(WAIVER)
    assert found.result == "clean"
    assert {finding.waived for finding in found.findings} == {"OPS-1 (until 2026-11-28)"}


def test_an_expired_waiver_blocks_and_says_when_it_ended() -> None:
    found = reviewed(WAIVER, today=date(2026, 11, 29))
    assert found.result == "blocked"
    assert all(finding.effect.endswith("The waiver for it ended on 2026-11-28.") for finding in found.findings)


def test_a_later_waiver_for_the_same_finding_counts() -> None:
    longer = WAIVER.model_copy(update={"until": date(2027, 1, 1)})
    assert reviewed(WAIVER, longer, today=date(2026, 12, 1)).result == "clean"


@pytest.mark.parametrize("changes", [{"rule": "tls-weaker"}, {"address": f"{GROUP}.failover_x*"}, {"argument": "name"}])
def test_a_waiver_for_something_else_accepts_nothing_and_is_named(changes: dict[str, str]) -> None:
    found = reviewed(WAIVER.model_copy(update=changes))
    assert found.result == "blocked"
    assert [note for note in found.notes if "accepts nothing in this plan" in note]


def test_a_waiver_for_one_region_leaves_the_other_region_s_finding() -> None:
    found = reviewed(WAIVER.model_copy(update={"address": f"{GROUP}.primary_*"}))
    assert [bool(finding.waived) for finding in found.findings] == [False, True]
    assert found.result == "blocked"


def test_a_waiver_with_an_argument_leaves_the_findings_about_other_arguments() -> None:
    topic = "aws_sns_topic"
    document = change_document(topic, "alerts", {"kms_master_key_id": "a", "name": "b"}, {"name": "c"})
    findings = [one for one in review(plan_of(document), today=TODAY).findings if one.rule == "protection-changed"]
    assert len(findings) > 1
    first = findings[0]
    waiver = Waiver(rule=first.rule, address=first.address, argument=first.argument, reason="OPS-1", until=TODAY)
    after = review(plan_of(document), waivers=[waiver], today=TODAY).findings
    assert [one.argument for one in after if one.waived] == [first.argument]


@pytest.mark.parametrize("address, accepted", [("{}[0]", True), ("{}[1]", False), ("{}?0]", False), ("*", True)])
def test_only_a_star_of_a_waiver_stands_for_any_part_of_an_address(address: str, accepted: bool) -> None:  # noqa: FBT001 - data
    named = f"{GROUP}.primary_api_logs_00000000"
    document = {**SHORTER[0], "address": f"{named}[0]"}
    waiver = WAIVER.model_copy(update={"address": address.format(named)})
    [finding] = [
        one for one in review(plan_of(document), waivers=[waiver], today=TODAY).findings if one.rule == waiver.rule
    ]
    assert bool(finding.waived) == accepted


def test_a_reason_cannot_change_a_terminal() -> None:
    assert Waiver(rule="a", address="b", reason="\x1b[31m", until=TODAY).reason == "\\x1b[31m"


@pytest.mark.parametrize(
    "text, said",
    [
        ("waivers = 3", "review.waivers"),
        ('waivers = [{rule = "tls-weaker", address = "a", reason = "r"}]', "until: Field required"),
        ('waivers = [{rule = "tls-weaker", address = "", reason = "r", until = 2027-01-01}]', "address"),
        ('waivers = [{rule = "tls-weaker", address = "a", reason = "", until = 2027-01-01}]', "reason"),
        ('waivers = [{rule = "tls-weaker", address = "a", reason = " ", until = 2027-01-01}]', "reason"),
        ('waivers = [{rule = "tls-weaker", address = "a", reason = "r", until = 2027-01-01, x = 1}]', "x"),
        ('waivers = [{rule = "tls-weak", address = "a", reason = "r", until = 2027-01-01}]', "which does not exist"),
        ("other = 1", "other"),
    ],
)
def test_a_waiver_that_is_incomplete_or_names_no_rule_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "standby.toml"
    path.write_text(f"[review]\n{text}\n", encoding="utf-8")
    with pytest.raises(BadUsageError, match=said):
        read_waivers(path, NAMES)


def test_the_waivers_of_a_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "standby.toml"
    table = f'{{rule = "{WAIVER.rule}", address = "{WAIVER.address}", reason = "OPS-1", until = 2026-11-28}}'
    path.write_text(f"[review]\nwaivers = [{table}]\n", encoding="utf-8")
    assert read_waivers(path, NAMES) == (WAIVER,)
    assert read_waivers(None, NAMES) == ()
