"""The drill's own documents: each has one unusual word, by which it is found again; and what became of them."""

import uuid
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from standby.drill.measure.measures import Moments, failures, of_kind, rounded
from standby.drill.measure.records import Number, Request

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


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A document as a bucket holds it: its key, how many versions there are, and how many different contents."""

    key: str
    versions: int = 1
    contents: int = 1


@dataclass(frozen=True, kw_only=True)
class Documents:
    """What became of the uploads.

    `at_failover`: the keys in the survivor's bucket when the command began (None: there was none). `after` and `found`:
    for each region, what its bucket holds in the end, and the words of the documents that a question finds there.
    """

    at_failover: AbstractSet[str] | None = None
    after: Mapping[str, Sequence[Stored]] = field(default_factory=dict)
    found: Mapping[str, AbstractSet[str]] = field(default_factory=dict)


def document_measures(requests: Sequence[Request], documents: Documents, moments: Moments) -> dict[str, Number]:
    """Return what became of the documents that S3 had accepted."""
    uploads = of_kind(requests, "upload")
    accepted = [request for request in uploads if request.ok]
    return {
        "uploads_asked": len(uploads),
        "uploads_failed": failures(uploads),
        "documents_accepted": len(accepted),
        **_at_failover(accepted, documents, moments),
        **_in_the_end(accepted, documents),
    }


def _at_failover(accepted: Sequence[Request], documents: Documents, moments: Moments) -> dict[str, Number]:
    if documents.at_failover is None or moments.command is None:
        return {"documents_behind": None, "documents_rpo_seconds": None}
    before = [request for request in accepted if request.ended <= moments.command]
    behind = [request.ended for request in before if request.key not in documents.at_failover]
    # What the lost region still took in after the fault is as much behind as what came before it.
    reference = max([moments.fault or 0.0, *behind])
    return {
        "documents_before_failover": len(before),
        "documents_behind": len(behind),
        "documents_rpo_seconds": rounded(reference - min(behind)) if behind else 0.0,
    }


def _in_the_end(accepted: Sequence[Request], documents: Documents) -> dict[str, Number]:
    if not documents.after:
        return dict.fromkeys(("documents_lost", "documents_doubled", "documents_not_found", "documents_extra_versions"))
    held = [{stored.key for stored in there} for there in documents.after.values()]
    lost = [request for request in accepted if not all(request.key in keys for keys in held)]
    not_found = {r.word for r in accepted if not all(r.word in words for words in documents.found.values())}
    copies = [_copies(accepted, there) for there in documents.after.values()]
    return {
        "documents_lost": len(lost),
        "documents_doubled": sum(_doubled(there) for there in copies),
        "documents_not_found": len(not_found),
        "documents_extra_versions": sum(max(stored.versions, 1) - 1 for there in copies for stored in there),
    }


def _copies(accepted: Sequence[Request], there: Sequence[Stored]) -> list[Stored]:
    """Return what a bucket holds of the accepted documents, under whatever key."""
    names = {file_name(request.word) for request in accepted}
    return [stored for stored in there if _name(stored) in names]


def _doubled(copies: Sequence[Stored]) -> int:
    """Count what a user would find twice: another key with the same document, another content under the same key."""
    others = sum(stored.contents - 1 for stored in copies)
    return len(copies) - len({_name(stored) for stored in copies}) + others


def _name(stored: Stored) -> str:
    return stored.key.rpartition("/")[2]
