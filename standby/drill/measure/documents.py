"""The drill's own documents: each has one unusual word that no other text has, so that it can be found again."""

import uuid
from typing import Final

CONTENT_TYPE: Final = "text/plain"
WORD_PREFIX: Final = "drill"


def new_word() -> str:
    """Return a word that no text has: letters and digits, so that it is one word to every search."""
    return f"{WORD_PREFIX}{uuid.uuid4().hex}"


def file_name(word: str) -> str:
    """Return the name under which the document with this word is uploaded."""
    return f"{word}.txt"


def document_text(word: str) -> bytes:
    """Return the text of the document with this word."""
    return f"A drill of the standby wrote this. The part named {word} is renewed every seventeen days.".encode()


def question_about(word: str) -> str:
    """Return a question that only the document with this word answers."""
    return f"How often is the part named {word} renewed?"
