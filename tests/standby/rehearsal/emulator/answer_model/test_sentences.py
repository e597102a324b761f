"""A passage is split into sentences that can be quoted, each under its headings."""

import pytest

from standby.rehearsal.emulator.answer_model.sentences import LONGEST_SENTENCE, split_sentences


@pytest.mark.parametrize(
    "text,sentences",
    [
        (
            "It costs 0.38 euros, e.g. for a car. It is\npaid late.",
            ["It costs 0.38 euros, e.g. for a car.", "It is paid late."],
        ),
        ("- E14: blocked. Switch off.\n- E27: too\n  warm.", ["E14: blocked. Switch off.", "E27: too warm."]),
        ("1. First\n2) Second", ["First", "Second"]),
        ("| Minutes | Who |\n| --- | --- |\n| 10 | secondary |", ["Minutes, Who", "10, secondary"]),
        ("One.\n\nTwo.\n---\nThree.", ["One.", "Two.", "Three."]),
        ("\u7532\u3002\u4e59\u3002", ["\u7532\u3002", "\u4e59\u3002"]),
        ("", []),
        ("   \n\n", []),
    ],
)
def test_a_passage_is_split_at_full_stops_items_rows_and_paragraphs(text: str, sentences: list[str]) -> None:
    assert [one.text for one in split_sentences(text, passage=1)] == sentences


@pytest.mark.parametrize(
    "text,headings",
    [
        ("# Policy\n\n## Cars ##\nThe rate is low.", "Policy Cars"),
        ("HANDBOOK\nPlatform Team\n\nRota\nThe rate is low.", "Rota"),
        ("The rate is low.", ""),
        ("Dear all,\nThe rate is low.", ""),
    ],
)
def test_a_sentence_stands_under_the_title_and_the_last_heading(text: str, headings: str) -> None:
    assert split_sentences(text, passage=1)[-1].headings == headings


def test_a_table_without_full_stops_is_split_at_its_lines_and_a_long_line_is_cut() -> None:
    rows = "\n".join(f"2026-01-{day:02};{day * 1000};a description of some length" for day in range(1, 29))
    assert [one.text for one in split_sentences(rows, passage=1)] == rows.splitlines()
    (cut,) = split_sentences("word " * LONGEST_SENTENCE, passage=1)
    assert len(cut.text) <= LONGEST_SENTENCE + 2
    assert cut.text.endswith("word …")
