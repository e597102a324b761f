import pytest

from query.citations import renumber_citations
from query.retrieval import Passage
from tests.lambdas.query.helpers import FIRST, SECOND


@pytest.mark.parametrize(
    "text,expected,sources",
    [
        ("A [2], B [1], C [2].", "A [1], B [2], C [1].", (SECOND, FIRST)),
        ("A [1] and [7].", "A [1] and .", (FIRST,)),
        ("A [0].", "A [0].", (FIRST, SECOND)),
        ("No mark.", "No mark.", (FIRST, SECOND)),
    ],
)
def test_numbers_refer_to_the_citations_in_their_order(text: str, expected: str, sources: tuple[Passage, ...]) -> None:
    assert renumber_citations(text, (FIRST, SECOND)) == (expected, sources)
