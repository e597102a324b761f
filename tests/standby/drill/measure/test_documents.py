"""The state of the drill's documents: missing at the failover, lost, duplicated, not found."""

from dataclasses import replace

import pytest

from standby.drill.measure.documents import DocumentFacts, StoredDocument, document_measures
from standby.drill.measure.measures import ScenarioTimes
from standby.drill.measure.records import Request, Result
from tests.standby.drill.helpers import request


def upload(at: float, word: str, *, ok: bool = True) -> Request:
    return request(at, kind="upload", took=0.0, result=Result.OK if ok else Result.NO_ANSWER, word=word)


def stored_documents(*words: str) -> tuple[StoredDocument, ...]:
    return tuple(StoredDocument(key=f"uploads/{word}.txt") for word in words)


FACTS = DocumentFacts(
    keys_at_failover=frozenset(),
    stored={"primary": stored_documents("a", "b"), "failover": stored_documents("a", "b")},
    found={"primary": {"a", "b"}, "failover": {"a", "b"}},
)
TIMES = ScenarioTimes(load_ended=10, fault=4.0, command_started=5.0)


def test_the_documents_rpo_is_the_age_at_the_fault_of_the_oldest_that_the_survivor_lacks() -> None:
    uploads = [upload(1, "a"), upload(2, "b"), upload(3, "c")]
    measures = document_measures(uploads, replace(FACTS, keys_at_failover={"uploads/a.txt"}), TIMES)
    assert (measures["documents_missing_at_failover"], measures["documents_rpo_seconds"]) == (2, 2.0)


def test_a_document_that_the_lost_region_accepted_after_the_fault_counts_too() -> None:
    uploads = [upload(3, "a"), upload(4.5, "b")]
    measures = document_measures(uploads, replace(FACTS, keys_at_failover=frozenset()), TIMES)
    assert (measures["documents_missing_at_failover"], measures["documents_rpo_seconds"]) == (2, 1.5)


def test_a_document_that_was_accepted_after_the_failover_is_not_missing_at_the_failover() -> None:
    measures = document_measures(
        [upload(1, "a"), upload(6, "b")], replace(FACTS, keys_at_failover={"uploads/a.txt"}), TIMES
    )
    assert (measures["documents_missing_at_failover"], measures["documents_rpo_seconds"]) == (0, 0.0)


def test_an_upload_that_s3_did_not_accept_is_not_lost() -> None:
    uploads = [upload(1, "a"), upload(2, "b"), upload(3, "c", ok=False)]
    measures = document_measures(uploads, FACTS, TIMES)
    assert (measures["documents_lost"], measures["documents_accepted"], measures["uploads_failed"]) == (0, 2, 1)


def test_a_document_that_one_region_lacks_is_lost() -> None:
    stored = {"primary": stored_documents("a"), "failover": stored_documents("a", "b")}
    measures = document_measures([upload(1, "a"), upload(2, "b")], replace(FACTS, stored=stored), TIMES)
    assert (measures["documents_lost"], measures["documents_duplicated"]) == (1, 0)


@pytest.mark.parametrize(
    "there",
    [
        (StoredDocument(key="uploads/a.txt", versions=2, contents=2), StoredDocument(key="uploads/b.txt")),
        (*stored_documents("a", "b"), StoredDocument(key="uploads/other/a.txt")),
    ],
    ids=["another content", "another key"],
)
def test_a_document_that_a_region_has_twice_is_duplicated(there: tuple[StoredDocument, ...]) -> None:
    stored = {"primary": stored_documents("a", "b"), "failover": there}
    measures = document_measures([upload(1, "a"), upload(2, "b")], replace(FACTS, stored=stored), TIMES)
    assert (measures["documents_lost"], measures["documents_duplicated"]) == (0, 1)


def test_a_document_that_a_question_finds_in_one_region_only_is_not_found() -> None:
    found = {"primary": {"a", "b"}, "failover": {"a"}}
    measures = document_measures([upload(1, "a"), upload(2, "b")], replace(FACTS, found=found), TIMES)
    assert measures["documents_not_found"] == 1


def test_a_second_version_with_the_same_content_is_counted_and_is_no_duplicate() -> None:
    stored = {
        "primary": (StoredDocument(key="uploads/a.txt", versions=2), *stored_documents("b")),
        "failover": stored_documents("a", "b"),
    }
    measures = document_measures([upload(1, "a"), upload(2, "b")], replace(FACTS, stored=stored), TIMES)
    assert (measures["documents_duplicated"], measures["documents_extra_versions"]) == (0, 1)


def test_documents_of_other_users_are_no_duplicates() -> None:
    stored = {
        "primary": stored_documents("a", "b", "z"),
        "failover": (*stored_documents("a", "b"), StoredDocument(key="uploads/z.txt", versions=3)),
    }
    measures = document_measures([upload(1, "a"), upload(2, "b")], replace(FACTS, stored=stored), TIMES)
    assert (measures["documents_lost"], measures["documents_duplicated"]) == (0, 0)
