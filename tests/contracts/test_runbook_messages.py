"""The runbook has a row for each message of the notifications function, and names the message's next command."""

import re
from dataclasses import replace
from typing import Final

import pytest

from docs.notifications import EXAMPLES, message
from notifications.state import KINDS, Change
from tests.constructs.plan import ROOT

RUNBOOK: Final = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
ROW: Final = re.compile(r"^\| `(?P<title>[^`]+)` \| [^|]+ \| (?P<run>[^|]+) \|$", re.MULTILINE)
ENDS: Final = ("config-copies-disagree", "region-silent", "drill")
"""The kinds that end, and say so in a message of their own."""


def all_changes() -> list[Change]:
    ended = [replace(change, phase="ended") for change in EXAMPLES if change.kind in ENDS]
    green = [
        replace(change, facts={**change.facts, "readiness": "green", "alarms": []})
        for change in EXAMPLES
        if change.kind == "readiness-changed"
    ]
    return [*EXAMPLES, *ended, *green]


def rows() -> dict[str, str]:
    section = RUNBOOK.partition("## A message reports a change")[2].partition("\n## ")[0]
    return {row["title"]: row["run"] for row in ROW.finditer(section)}


@pytest.mark.parametrize("change", all_changes(), ids=lambda change: f"{change.kind} {change.phase}")
def test_the_runbook_says_what_a_message_means_and_its_next_command(change: Change) -> None:
    shown = message(change)
    first = re.sub(r"us-(east|west)-\d", "REGION", shown.text.splitlines()[0])
    found = [run for title, run in rows().items() if first.startswith(title)]
    assert len(found) == 1, first
    assert found[0].startswith(f"`{shown.document()['nextCommand']}`")


def test_each_kind_of_message_has_an_example() -> None:
    assert {change.kind for change in EXAMPLES} == set(KINDS)


def test_the_runbook_has_no_row_for_a_message_that_nobody_sends() -> None:
    texts = [re.sub(r"us-(east|west)-\d", "REGION", message(change).text) for change in all_changes()]
    assert [title for title in rows() if not any(text.startswith(title) for text in texts)] == []
