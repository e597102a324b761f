"""Marks of citations: none stays without its passage, and nothing else changes by a byte."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query.citations import drop_unfinished_mark, renumber_citations
from query.retrieval import Passage
from tests.lambdas.query.helpers import FIRST, SECOND

THIRD = Passage(uri="s3://b/three.txt", text="Returns are free.", score=0.4)
PASSAGES = (FIRST, SECOND, THIRD)
FORMS = ["[{}]", "[[{}]]", "[^{}]", "\u3010{}\u3011", "\u3010{}\u2020source\u3011", "(Source {})", "[source {}]"]


@pytest.mark.parametrize(
    "text,expected,sources",
    [
        ("A [2], B [1], C [2].", "A [1], B [2], C [1].", (SECOND, FIRST)),
        ("A [1] and [7].", "A [1] and .", (FIRST,)),
        ("A [0].", "A .", PASSAGES),
        ("No mark.", "No mark.", PASSAGES),
        ("Take `argv[0]` [2].", "Take `argv[0]` [1].", (SECOND,)),
        ("```c\nint a[10]; a[0] = 1;\n```\nSo [3].", "```c\nint a[10]; a[0] = 1;\n```\nSo [1].", (THIRD,)),
        ("~~~\nx = [1]\n~~~\nSo [3].", "~~~\nx = [1]\n~~~\nSo [1].", (THIRD,)),
        ("So [3].\n```\nx = [1]\n", "So [1].\n```\nx = [1]\n", (THIRD,)),
        ("First [3], then [1, 2].", "First [1], then [2, 3].", (THIRD, FIRST, SECOND)),
        ("All [1-3].", "All [1-3].", PASSAGES),
        ("B [2], all [1]-[3].", "B [1], all [2, 1, 3].", (SECOND, FIRST, THIRD)),
        ("A [1, 9].", "A [1].", (FIRST,)),
        ("A [2][3].", "A [1][2].", (SECOND, THIRD)),
        ("Nested [[3], [2]].", "Nested [1, 2].", (THIRD, SECOND)),
        ("Days.\u00b3 Two m\u00b2, 10\u00b2.", "Days.[1] Two m\u00b2, 10\u00b2.", (THIRD,)),
        ("Ten days\u00b2.", "Ten days[1].", (SECOND,)),
        ("\u5341\u5929[2]\u3002", "\u5341\u5929[1]\u3002", (SECOND,)),
        ("a[10] and m[7][8] [3].", "a[10] and m[7][8] [1].", (THIRD,)),
        ("Days[2] then [3].", "Days[2] then [3].", PASSAGES),
        ("In [2024] [2].", "In [2024] [1].", (SECOND,)),
    ],
)
def test_numbers_refer_to_the_citations_in_their_order(text: str, expected: str, sources: tuple[Passage, ...]) -> None:
    assert renumber_citations(text, PASSAGES) == (expected, sources)


@given(st.lists(st.tuples(st.sampled_from(FORMS), st.integers(0, 99)), min_size=1))
def test_each_mark_of_any_form_points_at_its_own_passage(marks: list[tuple[str, int]]) -> None:
    text, sources = renumber_citations(" | ".join(form.format(number) for form, number in marks), PASSAGES)
    for (_, number), written in zip(marks, text.split(" | "), strict=True):
        if 1 <= number <= len(PASSAGES):
            assert sources[int(written.strip("[]")) - 1] == PASSAGES[number - 1]
        else:
            assert written == ""


@given(st.text("ab[]()12 ,-^`\n\u00b2\u3010\u3011", max_size=40))
def test_no_mark_has_a_number_without_a_citation(text: str) -> None:
    answer, sources = renumber_citations(text.replace("`", ""), PASSAGES)
    for match in re.finditer(r"(?<![\w\]])\[(\d{1,3})\]", answer):
        assert 1 <= int(match[1]) <= len(sources)


@given(st.text("a[]012 ,.", max_size=30), st.sampled_from(["`{}`", "``{}``", "```\n{}\n```", "~~~\n{}\n~~~"]))
def test_code_stays_byte_for_byte(code: str, form: str) -> None:
    block = form.format(f"x{code}x")
    answer, sources = renumber_citations(f"{block}\nSo [3].", PASSAGES)
    assert answer == f"{block}\nSo [1]."
    assert sources == (THIRD,)


@pytest.mark.parametrize("form", [*FORMS, "[1, {}]", "[1-{}]", "[[1], [{}]]", "[1]-[{}]"])
def test_a_mark_that_the_cut_went_through_is_dropped(form: str) -> None:
    mark = form.format(23)
    for length in range(1, len(mark)):
        shown = drop_unfinished_mark(f"So {mark[:length]}")
        assert shown.startswith("So")
        assert not re.search(r"\d", re.sub(r"\[[\d, -]+\]", "", shown)), (mark[:length], shown)


@pytest.mark.parametrize(
    "text", ["So [1]", "So [1].", "a[1", "```c\nint a = [1", "In 2024", "So (see 2", "x = `[1]`", "A [2] b"]
)
def test_what_is_no_unfinished_mark_stays(text: str) -> None:
    assert drop_unfinished_mark(text) == text
