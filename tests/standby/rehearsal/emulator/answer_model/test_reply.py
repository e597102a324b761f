"""The stand-in answers with the sentences that fit, with their marks, and says so if none fits."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.rehearsal.emulator.answer_model.prompt import Prompt
from standby.rehearsal.emulator.answer_model.reply import reply_to

SAMPLES: Final = Path(__file__).resolve().parents[5] / "examples" / "documents"
NAMES: Final = ("expense-policy.md", "spectrometer-maintenance.md", "on-call-handbook.txt")
PASSAGES: Final = {number: (SAMPLES / name).read_text("utf-8") for number, name in enumerate(NAMES, start=1)}
NONE: Final = "NOTHING_FITS"
PAGED: Final = "The primary engineer answers a page within ten minutes [3]."
DRILLED: Final = "A drill of the standby wrote this. The part named {} is renewed every seventeen days."


def ask(question: str, *earlier: str, passages: dict[int, str] = PASSAGES, answers: Sequence[str] = ()) -> str:
    return reply_to(
        Prompt(
            question=question,
            passages=passages,
            earlier_questions=earlier,
            earlier_answers=tuple(answers),
            no_answer=NONE,
        )
    )


@pytest.mark.parametrize(
    "question,answer",
    [
        ("What is the mileage rate for a private car?", "private car is 0.38 euros a kilometer [1]."),
        ("What does error code E14 mean on the HP-220 spectrometer?", "E14: the shutter is blocked. Switch off,"),
        ("When does the on-call week begin, and with what handover?", "on Wednesday at 10:00 Central European Time"),
        ("How long does the deuterium lamp last?", "The deuterium lamp lasts about 2,000 hours [2]."),
        ("What is the hotel limit in London?", "210 euros in London, Zurich and New York [1]."),
        ("How is a lost receipt replaced?", "A lost receipt can be replaced by a signed statement twice a year [1]."),
        ("WHO ANSWERS A PAGE", PAGED),
    ],
)
def test_a_question_about_a_document_gets_the_sentence_that_answers_it_with_its_mark(
    question: str, answer: str
) -> None:
    assert answer in ask(question)


@pytest.mark.parametrize(
    "question", ["What about annual leave?", "Anything?", "What do the documents say?", "health check", "?", ""]
)
def test_a_question_that_no_sentence_fits_gets_the_words_for_it_alone(question: str) -> None:
    assert ask(question) == NONE


def test_without_a_passage_no_sentence_fits() -> None:
    assert ask("Who answers a page?", passages={}) == NONE


@pytest.mark.parametrize(
    "question,answer",
    [
        ("And if they do not answer?", "the page goes to the secondary engineer"),
        ("How long does it take?", "the page goes to the secondary engineer"),
        ("And in London?", "210 euros in London"),
        ("And?", "the page goes to the secondary engineer"),
    ],
)
def test_a_follow_up_continues_where_the_earlier_answer_ended_or_goes_to_its_own_subject(
    question: str, answer: str
) -> None:
    assert answer in ask(question, "Who answers a page?", answers=[PAGED])


def test_a_follow_up_finds_the_subject_of_an_older_question_if_the_last_one_has_none() -> None:
    assert PAGED in ask("Why is that?", "Who answers a page?", "And then?")


def test_a_new_subject_is_not_answered_by_the_old_one() -> None:
    assert ask("What about annual leave?", "Who answers a page?", answers=[PAGED]) == NONE


def test_of_documents_that_differ_in_one_word_only_the_one_with_this_word_is_cited() -> None:
    passages = {number: DRILLED.format(word) for number, word in enumerate(("oak", "elm", "ash", "fir"), start=1)}
    assert ask("How often is the part named ash renewed?", passages=passages) == (
        "The part named ash is renewed every seventeen days [3]."
    )
    assert ask("How often is the part named yew renewed?", passages=passages) == NONE


def test_a_document_that_was_uploaded_twice_is_quoted_once() -> None:
    passages = dict.fromkeys((1, 2, 3), PASSAGES[3])
    answer = "The primary engineer answers a page within ten minutes [1]."
    assert ask("Who answers a page?", passages=passages) == answer
    follow_up = ask("And if they do not answer?", "Who answers a page?", passages=passages, answers=[answer])
    assert follow_up.count("secondary engineer") == 1


def test_a_mark_in_a_document_is_no_mark_of_the_answer() -> None:
    passages = {1: "The refund takes ten days [4], see a[10]."}
    assert ask("How long does the refund take?", passages=passages) == "The refund takes ten days, see a[10] [1]."


@given(st.text(), st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_every_prompt_has_one_reply_and_always_the_same(question: str, texts: list[str], earlier: list[str]) -> None:
    passages = dict(enumerate(texts, start=1))
    first = ask(question, *earlier, passages=passages, answers=earlier)
    assert first
    assert ask(question, *earlier, passages=passages, answers=earlier) == first
