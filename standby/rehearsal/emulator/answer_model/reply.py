"""The stand-in's reply: the best sentences of the passages with their marks, or the words for "no passage fits".

A sentence is compared with the question by words. A word that few sentences have weighs more. A sentence fits if it
has most of the question's weight, in its own words or in the headings above it. A question that refers to earlier turns
is also compared by their words.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log
from typing import Final

from standby.rehearsal.emulator.answer_model.prompt import Prompt
from standby.rehearsal.emulator.answer_model.sentences import Sentence, split_sentences
from standby.rehearsal.emulator.answer_model.words import content_words, goes_on, refers_back

FITS: Final = 0.6
"""The part of the question's weight that a sentence must have, so that it is an answer."""

_HEADING_PART: Final = 0.7
"""The part of a word's weight that counts if it is only in a heading."""

_EARLIER_PART: Final = 0.5
_NEAR_THE_BEST: Final = 0.75
_MOST_SENTENCES: Final = 3

Words = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A sentence, its place among all sentences, and how well it fits."""

    place: int
    score: float


class _Corpus:
    """All sentences of the passages, and the weight of each word."""

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        self.sentences = sentences
        self._own = [frozenset(content_words(sentence.text)) for sentence in sentences]
        self._above = [frozenset(content_words(sentence.headings)) for sentence in sentences]
        self._counts = Counter(word for own, above in zip(self._own, self._above, strict=True) for word in own | above)

    def coverage(self, place: int, words: Words) -> float:
        """Return the part of the words' weight that a sentence has, 0 if none of them is in the sentence itself."""
        if self._own[place].isdisjoint(words):
            return 0.0
        found = sum(self._weight(word) * self._part(place, word) for word in words)
        return found / sum(map(self._weight, words))

    def _weight(self, word: str) -> float:
        return log(1 + len(self.sentences) / (1 + self._counts[word]))

    def _part(self, place: int, word: str) -> float:
        if word in self._own[place]:
            return 1.0
        return _HEADING_PART if word in self._above[place] else 0.0


def reply_to(prompt: Prompt) -> str:
    """Return the reply to a prompt. The same prompt has the same reply."""
    corpus = _Corpus(
        [found for number, text in prompt.passages.items() for found in split_sentences(text, passage=number)]
    )
    fitting = next(filter(None, _attempts(prompt, corpus)), [])
    chosen = [_not_said_before(place, corpus.sentences, prompt) for place in _best(fitting, corpus.sentences)]
    return " ".join(_marked(sentence) for sentence in dict.fromkeys(chosen)) or prompt.no_answer


def _attempts(prompt: Prompt, corpus: _Corpus) -> Iterator[list[_Found]]:
    """Yield the sentences that fit, by the question's own words or also by those of an earlier one, newest first.

    The earlier ones come first if the question refers to them ("How long does it take?").
    """
    if not refers_back(prompt.question):
        yield _fitting(corpus, prompt.question)
    if goes_on(prompt.question):
        for question in reversed(prompt.earlier_questions):
            yield _fitting(corpus, prompt.question, after=question)
    if refers_back(prompt.question):
        yield _fitting(corpus, prompt.question)


def _fitting(corpus: _Corpus, question: str, *, after: str = "") -> list[_Found]:
    """Return the sentences that fit the question, or those that fit the one before it, ranked by both."""
    own, earlier = content_words(question), content_words(after)
    subject, part = (earlier, _EARLIER_PART) if after else (own, 0.0)
    return [
        _Found(place=place, score=part * fit + corpus.coverage(place, own))
        for place in range(len(corpus.sentences))
        if (fit := corpus.coverage(place, subject)) >= FITS
    ]


def _best(found: Sequence[_Found], sentences: Sequence[Sentence]) -> list[int]:
    """Return the places of the best sentences, best first. Of equal ones in several documents, the first is taken."""
    ranked = sorted(found, key=lambda one: (-one.score, one.place))
    near = [one for one in ranked if one.score >= _NEAR_THE_BEST * ranked[0].score]
    different = {sentences[one.place].text: one.place for one in reversed(near)}
    return [one.place for one in near if different[sentences[one.place].text] == one.place][:_MOST_SENTENCES]


def _not_said_before(place: int, sentences: Sequence[Sentence], prompt: Prompt) -> Sentence:
    """Return the sentence, or the next one of its paragraph if an earlier answer has it already."""
    sentence, following = sentences[place], sentences[place + 1 : place + 2]
    said = any(sentence.text.rstrip(".!?") in answer for answer in prompt.earlier_answers)
    next_ones = [one for one in following if (one.passage, one.paragraph) == (sentence.passage, sentence.paragraph)]
    return next_ones[0] if said and next_ones else sentence


def _marked(sentence: Sentence) -> str:
    """Return the sentence with the mark of its passage, in front of its full stop."""
    end = sentence.text[-1] if sentence.text[-1] in ".!?" else ""
    return f"{sentence.text.removesuffix(end)} [{sentence.passage}]{end}"
