"""`ingest` deletes what was deleted in the other region, in whichever order tombstone and document arrive."""

import json

import boto3
import pytest

from tests.lambdas.helpers import (
    ColdStart,
    Context,
    EmulatedRegion,
    Handler,
    Variables,
    s3_notification,
    sqs_record,
)

ID, OTHER = "11111111-2222-5333-8444-555555555555", "21111111-2222-5333-8444-555555555555"
KEY, TOMBSTONE = f"uploads/{ID}/a b.txt", f"deleted/{ID}"
SWEEP = {"source": "aws.events"}


@pytest.fixture
def ingest(emulated: EmulatedRegion, cold_start: ColdStart, variables: Variables) -> Handler:
    return cold_start("ingest", variables(emulated))


def put(emulated: EmulatedRegion, *keys: str) -> None:
    for key in keys:
        boto3.client("s3", region_name=emulated.region).put_object(Bucket=emulated.bucket, Key=key, Body=b"text")


def documents(emulated: EmulatedRegion) -> list[str]:
    found = boto3.client("s3", region_name=emulated.region).list_objects_v2(Bucket=emulated.bucket, Prefix="uploads/")
    return [one["Key"] for one in found.get("Contents", [])]


def deliver(ingest: Handler, emulated: EmulatedRegion, *keys: str) -> None:
    records = [
        sqs_record(s3_notification(bucket=emulated.bucket, key=key.replace(" ", "+")), message_id=key) for key in keys
    ]
    ingest({"Records": records}, Context())


def jobs(emulated: EmulatedRegion) -> int:
    agent = boto3.client("bedrock-agent", region_name=emulated.region)
    ids = {"knowledgeBaseId": emulated.knowledge_base_id, "dataSourceId": emulated.data_source_id}
    return len(agent.list_ingestion_jobs(**ids)["ingestionJobSummaries"])  # type: ignore[arg-type]


def test_a_tombstone_that_arrives_deletes_the_document_and_starts_a_job(
    ingest: Handler, emulated: EmulatedRegion
) -> None:
    put(emulated, KEY, f"uploads/{OTHER}/kept.txt", TOMBSTONE)
    deliver(ingest, emulated, TOMBSTONE)
    assert documents(emulated) == [f"uploads/{OTHER}/kept.txt"]
    assert jobs(emulated) == 1


def test_a_document_that_arrives_after_its_tombstone_is_deleted(ingest: Handler, emulated: EmulatedRegion) -> None:
    put(emulated, TOMBSTONE, KEY)
    deliver(ingest, emulated, KEY)
    assert documents(emulated) == []


def test_a_document_uploaded_again_under_its_deleted_key_is_deleted(ingest: Handler, emulated: EmulatedRegion) -> None:
    put(emulated, KEY, TOMBSTONE)
    deliver(ingest, emulated, TOMBSTONE)
    put(emulated, KEY)
    deliver(ingest, emulated, KEY)
    assert documents(emulated) == []


def test_a_document_uploaded_again_under_a_new_id_stays(ingest: Handler, emulated: EmulatedRegion) -> None:
    put(emulated, KEY, TOMBSTONE, f"uploads/{OTHER}/a b.txt")
    deliver(ingest, emulated, TOMBSTONE, f"uploads/{OTHER}/a b.txt")
    assert documents(emulated) == [f"uploads/{OTHER}/a b.txt"]


def test_a_document_deleted_in_both_regions_needs_nothing(ingest: Handler, emulated: EmulatedRegion) -> None:
    put(emulated, TOMBSTONE)
    deliver(ingest, emulated, TOMBSTONE)
    assert documents(emulated) == []


def test_the_sweep_deletes_a_document_whose_events_were_lost(ingest: Handler, emulated: EmulatedRegion) -> None:
    put(emulated, KEY)
    assert ingest(SWEEP, Context()) == {"decision": "start"}
    put(emulated, TOMBSTONE)
    assert ingest(SWEEP, Context()) == {"decision": "start"}
    assert documents(emulated) == []
    assert ingest(SWEEP, Context()) == {"decision": "covered"}


def test_a_deletion_keeps_the_document_s_versions(ingest: Handler, emulated: EmulatedRegion) -> None:
    """A mistake can be undone until the versions expire."""
    put(emulated, KEY, TOMBSTONE)
    deliver(ingest, emulated, TOMBSTONE)
    s3 = boto3.client("s3", region_name=emulated.region)
    assert [one["Key"] for one in s3.list_object_versions(Bucket=emulated.bucket, Prefix=KEY)["Versions"]] == [KEY]


def test_an_object_of_an_operator_is_deleted_by_no_tombstone(ingest: Handler, emulated: EmulatedRegion) -> None:
    put(emulated, "uploads/hr/plan.txt", "deleted/hr")
    deliver(ingest, emulated, "deleted/hr", "uploads/hr/plan.txt")
    assert ingest(SWEEP, Context())["decision"] in {"start", "covered"}
    assert documents(emulated) == ["uploads/hr/plan.txt"]


def test_the_log_counts_deletions_and_names_no_file(
    ingest: Handler, emulated: EmulatedRegion, capsys: pytest.CaptureFixture[str]
) -> None:
    put(emulated, KEY, TOMBSTONE)
    deliver(ingest, emulated, TOMBSTONE)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["count"] for line in lines if line["message"] == "documents_deleted"] == [1]
    assert "a b.txt" not in json.dumps(lines)
