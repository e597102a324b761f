"""Missing documents are copied. No newer content, no deletion and no version is lost."""

import time
from typing import TYPE_CHECKING

from standby.deployment.manifest import ROLES, Role
from standby.operations.execution.reconcile_steps import ReconcileSteps
from standby.operations.execution.run import PlanRun
from standby.operations.facts.documents import FULL_DEPTH, Replication, collect_replication, list_documents
from standby.operations.plans.plan import CopyDocuments, Plan
from tests.standby.helpers import World

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef


def write(world: World, role: Role, key: str, text: str) -> None:
    world.s3(role).put_object(Bucket=world.manifest.regions[role].documents_bucket, Key=key, Body=text.encode())


def delete(world: World, role: Role, key: str) -> None:
    world.s3(role).delete_object(Bucket=world.manifest.regions[role].documents_bucket, Key=key)


def contents(world: World, role: Role) -> dict[str, str]:
    s3, bucket = world.s3(role), world.manifest.regions[role].documents_bucket
    keys = list_documents(s3, world.manifest.regions[role]).documents
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys}


def versions(world: World, role: Role, key: str) -> int:
    bucket = world.manifest.regions[role].documents_bucket
    return len(world.s3(role).list_object_versions(Bucket=bucket, Prefix=key)["Versions"])


def found(world: World, source: Role) -> Replication:
    listings = {role: list_documents(world.s3(role), world.manifest.regions[role]) for role in ROLES}
    return collect_replication(world.connect(), world.manifest, source, listings, depth=FULL_DEPTH)


def copy(world: World, source: Role) -> PlanRun:
    left = found(world, source).missing
    run = PlanRun(plan=Plan(command="reconcile", summary=""), event=None)
    action = CopyDocuments(source=source, destination=world.manifest.other(source).role, documents=left)
    ReconcileSteps(world.connect(), world.manifest, wait_seconds=1).copy_documents(run, action)
    return run


def test_missing_documents_are_copied_in_both_directions(world: World) -> None:
    for number in range(40):
        write(world, "primary", f"west{number}", f"w{number}")
        write(world, "failover", f"east{number}", f"e{number}")
    for role in ROLES:
        copy(world, role)
    assert contents(world, "primary") == contents(world, "failover")
    assert len(contents(world, "primary")) == 80
    assert not found(world, "primary").differences
    assert not found(world, "failover").differences


def test_the_reason_for_a_missing_document_is_reported(world: World) -> None:
    write(world, "primary", "never", "x")
    write(world, "primary", "deleted", "x")
    write(world, "failover", "deleted", "x")
    delete(world, "failover", "deleted")
    write(world, "failover", "older", "old")
    write(world, "primary", "older", "new")
    assert {one.document.key: one.why for one in found(world, "primary").differences} == {
        "never": "never",
        "deleted": "deleted",
        "older": "older",
    }


def test_a_deleted_document_stays_deleted_in_one_region_and_stays_in_the_other(world: World) -> None:
    write(world, "primary", "gone", "x")
    write(world, "failover", "gone", "x")
    delete(world, "failover", "gone")
    copy(world, "primary")
    assert "gone" not in contents(world, "failover")
    assert "gone" in contents(world, "primary")
    assert [one.why for one in found(world, "primary").conflicts] == ["deleted"]


def test_the_newer_content_wins_and_the_older_version_is_kept(world: World) -> None:
    write(world, "failover", "plan", "old")
    write(world, "primary", "plan", "new")
    assert not found(world, "failover").missing
    copy(world, "primary")
    assert contents(world, "failover") == {"plan": "new"}
    assert versions(world, "failover", "plan") == 2


def test_a_document_that_arrived_during_the_run_is_not_overwritten(world: World) -> None:
    write(world, "primary", "plan", "west")
    left = found(world, "primary").missing
    write(world, "failover", "plan", "east, and newer")
    run = PlanRun(plan=Plan(command="reconcile", summary=""), event=None)
    action = CopyDocuments(source="primary", destination="failover", documents=left)
    told = ReconcileSteps(world.connect(), world.manifest, wait_seconds=1).copy_documents(run, action)
    assert told == "1 changed"
    assert contents(world, "failover") == {"plan": "east, and newer"}


def test_a_document_that_changed_during_the_run_is_pending_for_the_next_run(world: World) -> None:
    write(world, "primary", "plan", "first")
    left = found(world, "primary").missing
    write(world, "primary", "plan", "second")
    run = PlanRun(plan=Plan(command="reconcile", summary=""), event=None)
    action = CopyDocuments(source="primary", destination="failover", documents=left)
    told = ReconcileSteps(world.connect(), world.manifest, wait_seconds=1).copy_documents(run, action)
    assert told == "1 changed"
    copy(world, "primary")
    assert contents(world, "failover") == {"plan": "second"}


def test_after_an_interrupted_copy_the_next_run_copies_the_rest_once(world: World) -> None:
    for number in range(6):
        write(world, "primary", f"d{number}", "x")
    left = found(world, "primary").missing
    run = PlanRun(plan=Plan(command="reconcile", summary=""), event=None)
    half = CopyDocuments(source="primary", destination="failover", documents=left[:3])
    ReconcileSteps(world.connect(), world.manifest, wait_seconds=1).copy_documents(run, half)
    again = copy(world, "primary")
    assert sorted(line.rsplit(" ", 2)[1] for line in again.details) == ["d3", "d4", "d5"]
    assert {versions(world, "failover", f"d{number}") for number in range(6)} == {1}


def test_keys_with_special_characters_in_urls_are_copied(world: World) -> None:
    keys = ["uploads/ü ñ/日本.txt", "a+b?versionId=1", "q&a=b#c%20d"]
    for key in keys:
        write(world, "primary", key, key)
    copy(world, "primary")
    assert contents(world, "failover") == {key: key for key in keys}


def test_a_document_that_was_uploaded_in_parts_is_in_sync_after_the_next_run(world: World) -> None:
    """A copy gets another ETag: it counts as the newer content until it is copied back. Then both are in sync."""
    s3, bucket = world.s3("primary"), world.manifest.regions["primary"].documents_bucket
    part = b"x" * (5 * 1024 * 1024)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="large")["UploadId"]
    parts: list[CompletedPartTypeDef] = []
    for number, body in ((1, part), (2, b"end")):
        sent = s3.upload_part(Bucket=bucket, Key="large", UploadId=upload, PartNumber=number, Body=body)
        parts.append({"ETag": sent["ETag"], "PartNumber": number})
    s3.complete_multipart_upload(Bucket=bucket, Key="large", UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-2"')
    copy(world, "primary")
    time.sleep(1)  # S3 lists times in whole seconds
    for role in ("failover", "primary"):
        copy(world, role)
    assert not found(world, "primary").differences
    assert not found(world, "failover").differences


def test_a_document_that_arrived_after_the_listing_counts_as_pending(world: World) -> None:
    write(world, "primary", "plan", "x")
    listings = {role: list_documents(world.s3(role), world.manifest.regions[role]) for role in ROLES}
    write(world, "failover", "plan", "x")
    left = collect_replication(world.connect(), world.manifest, "primary", listings, depth=FULL_DEPTH)
    assert [one.why for one in left.missing] == ["pending"]  # the Knowledge Base is compared with this listing, too
