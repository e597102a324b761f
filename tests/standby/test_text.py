"""Text from outside never changes a terminal, and never fails a command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.text import MAX_TEXT, one_line, printable


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "L", "Zs", "Co"])))
def test_every_character_of_printable_text_is_printable_and_can_be_encoded(text: str) -> None:
    shown = printable(text)
    assert all(line.isprintable() for line in shown.split("\n"))
    shown.encode()


@pytest.mark.parametrize(
    "text,shown",
    [("\x1b[2J", r"\x1b[2J"), ("St\udcf6rung", r"St\udcf6rung"), ("a\u202eb", r"a\u202eb"), ("Störung", "Störung")],
)
def test_an_unprintable_character_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(max_size=5 * MAX_TEXT))
def test_one_line_is_one_bounded_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert len(line) <= MAX_TEXT + len("...")
