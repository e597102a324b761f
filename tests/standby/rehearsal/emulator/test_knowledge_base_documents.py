"""The emulator's Knowledge Base forgets what is gone from the bucket, and knows the state of an S3 document."""

import json
from typing import Any

from standby.rehearsal.emulator.knowledge_base_documents import Response, corrected_job, corrected_read


def test_a_job_removes_the_documents_that_are_gone_from_every_store() -> None:
    stores: tuple[dict[str, Any], ...] = ({"kb/ds/a": 1, "kb/ds/b": 1, "kb/other/a": 1}, {"kb/ds/a": 1, "kb/ds/c": 1})

    def run(*_: object) -> tuple[dict[str, Any], list[str]]:
        return {"NumberOfDocumentsDeleted": 0}, []

    statistics, failures = corrected_job(run, stores, lambda _: {"b"})("kb", "ds", {})
    assert (statistics, failures) == ({"NumberOfDocumentsDeleted": 2}, [])
    assert stores == ({"kb/ds/b": 1, "kb/other/a": 1}, {})


def test_a_job_that_cannot_read_its_bucket_removes_nothing() -> None:
    store: dict[str, Any] = {"kb/ds/a": 1}
    corrected_job(lambda *_: ({"NumberOfDocumentsDeleted": 0}, ["no bucket"]), (store,), lambda _: None)("kb", "ds", {})
    assert store == {"kb/ds/a": 1}


def test_documents_of_s3_are_found_by_their_uris_and_an_unknown_one_is_not_found() -> None:
    known = {"kb/ds/uploads/1/a b.txt": {"Status": "FAILED", "StatusReason": "unreadable"}}
    wanted = [{"dataSourceType": "S3", "s3": {"uri": f"s3://docs/uploads/{key}"}} for key in ("1/a b.txt", "2/b.txt")]
    read = corrected_read(lambda *_: (200, {}, b'{"DocumentDetails": []}'), known)
    status, _, answer = read("kb", "ds", json.dumps({"documentIdentifiers": wanted}).encode())
    details = json.loads(answer)["documentDetails"]
    assert status == 200
    assert [(one["identifier"], one["status"], one["statusReason"]) for one in details] == [
        (wanted[0], "FAILED", "unreadable"),
        (wanted[1], "NOT_FOUND", ""),
    ]


def test_a_refusal_and_documents_of_another_source_are_answered_as_before() -> None:
    custom = json.dumps({"documentIdentifiers": [{"dataSourceType": "CUSTOM", "custom": {"id": "1"}}]})
    refused: Response = (404, {}, b"{}")
    answered: Response = (200, {}, b"{}")
    assert corrected_read(lambda *_: refused, {})("kb", "ds", custom) == refused
    assert corrected_read(lambda *_: answered, {})("kb", "ds", custom) == answered
