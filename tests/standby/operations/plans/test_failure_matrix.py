"""The table of every order names tests that exist."""

import re

from tests.constructs.plan import ROOT


def test_every_row_of_the_table_is_proved_by_a_test_that_exists() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("decisions*.md"))
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", text))
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(named) > 20
    assert named <= defined
