"""The drill's own documents, and their state in both regions. Each has a unique word, by which questions find it."""

import uuid
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from standby.drill.measure.measures import ScenarioTimes, count_failures, of_kind, rounded
from standby.drill.measure.records import Number, Request

CONTENT_TYPE: Final = "text/plain"
WORD_PREFIX: Final = "drill"


@dataclass(frozen=True, kw_only=True)
class StoredDocument:
    """A document in a bucket: its key, how many versions it has, and how many different contents."""

    key: str
    versions: int = 1
    contents: int = 1


@dataclass(frozen=True, kw_only=True)
class DocumentFacts:
    """The accepted documents as both regions have them.

    `keys_at_failover`: the keys in the survivor's bucket when the failover command started; None without a failover.
    `stored` and `found`, by region: the documents in its bucket at the end, and the words that its questions find.
    """

    keys_at_failover: AbstractSet[str] | None = None
    stored: Mapping[str, Sequence[StoredDocument]] = field(default_factory=dict)
    found: Mapping[str, AbstractSet[str]] = field(default_factory=dict)


def new_word() -> str:
    """Return a word that no text contains: letters and digits only, so that every search takes it as one word."""
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


def document_measures(requests: Sequence[Request], facts: DocumentFacts, times: ScenarioTimes) -> dict[str, Number]:
    """Return the state of the documents that S3 accepted."""
    uploads = of_kind(requests, "upload")
    accepted = [request for request in uploads if request.ok]
    return {
        "uploads_attempted": len(uploads),
        "uploads_failed": count_failures(uploads),
        "documents_accepted": len(accepted),
        **_measures_at_failover(accepted, facts, times),
        **_measures_at_end(accepted, facts),
    }


def _measures_at_failover(accepted: Sequence[Request], facts: DocumentFacts, times: ScenarioTimes) -> dict[str, Number]:
    if facts.keys_at_failover is None or times.command_started is None:
        return {"documents_missing_at_failover": None, "documents_rpo_seconds": None}
    before = [request for request in accepted if request.ended <= times.command_started]
    missing = [request.ended for request in before if request.key not in facts.keys_at_failover]
    # The lost region may accept documents after the fault; these count too.
    reference = max([times.fault or 0.0, *missing])
    return {
        "documents_before_failover": len(before),
        "documents_missing_at_failover": len(missing),
        "documents_rpo_seconds": rounded(reference - min(missing)) if missing else 0.0,
    }


def _measures_at_end(accepted: Sequence[Request], facts: DocumentFacts) -> dict[str, Number]:
    if not facts.stored:
        names = ("documents_lost", "documents_duplicated", "documents_not_found", "documents_extra_versions")
        return dict.fromkeys(names)
    keys = [{document.key for document in documents} for documents in facts.stored.values()]
    lost = [request for request in accepted if not all(request.key in there for there in keys)]
    not_found = {r.word for r in accepted if not all(r.word in words for words in facts.found.values())}
    copies = [_copies(accepted, documents) for documents in facts.stored.values()]
    return {
        "documents_lost": len(lost),
        "documents_duplicated": sum(_count_duplicates(there) for there in copies),
        "documents_not_found": len(not_found),
        "documents_extra_versions": sum(max(document.versions, 1) - 1 for there in copies for document in there),
    }


def _copies(accepted: Sequence[Request], documents: Sequence[StoredDocument]) -> list[StoredDocument]:
    """Return the documents of a bucket that are copies of accepted ones, under any key."""
    names = {file_name(request.word) for request in accepted}
    return [document for document in documents if _name(document) in names]


def _count_duplicates(copies: Sequence[StoredDocument]) -> int:
    """Count the documents that a user would find twice: under another key, or with another content."""
    other_contents = sum(document.contents - 1 for document in copies)
    return len(copies) - len({_name(document) for document in copies}) + other_contents


def _name(document: StoredDocument) -> str:
    return document.key.rpartition("/")[2]
