"""docs/failure-matrix.md names an existing test for each sequence of events."""

import re

from tests.constructs.plan import ROOT

MATRIX = ROOT / "docs" / "failure-matrix.md"
HEAD = ["what happens, in order", "result", "test"]
RULE = ["---"] * len(HEAD)


def rows() -> list[list[str]]:
    """The rows of the tables that are not generated, with three cells each."""
    written = re.sub(r"<!-- \[\[\[cog.*?\[\[\[end\]\]\] -->", "", MATRIX.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = [line for line in written.splitlines() if line.startswith("| ")]
    cells = [line.strip("| ").split(" | ") for line in lines]
    return [row for row in cells if row not in (HEAD, RULE)]


def test_every_row_has_a_sequence_and_its_result() -> None:
    assert len(rows()) >= 35
    assert [row for row in rows() if len(row) != 3 or not all(row)] == []


def test_every_row_names_existing_tests() -> None:
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
