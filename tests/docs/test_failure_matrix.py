"""docs/failure-matrix.md names, for each order of loss, tests that exist."""

import re

from tests.constructs.plan import ROOT

MATRIX = ROOT / "docs" / "failure-matrix.md"
HEAD = ["what happens, in order", "result", "test"]
RULE = ["---"] * len(HEAD)


def rows() -> list[list[str]]:
    """The rows of the document's tables, each as its three cells."""
    lines = [line for line in MATRIX.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [line.strip("| ").split(" | ") for line in lines]
    return [row for row in cells if row not in (HEAD, RULE)]


def test_every_row_says_what_happens_and_to_what_it_leads() -> None:
    assert len(rows()) >= 35
    assert [row for row in rows() if len(row) != 3 or not all(row)] == []


def test_every_row_is_proved_by_a_test_that_exists() -> None:
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = [re.findall(r"`(test_[a-z0-9_]+)`", row[-1]) for row in rows()]
    assert all(named)
    together = {name for names in named for name in names}
    assert len(together) > 20
    assert together <= defined
