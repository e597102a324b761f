"""A document that users delete goes in both regions, in every order of docs/failure-matrix.md."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest

from standby.deployment.manifest import ROLES, Role
from tests.constructs.plan import default_settings
from tests.e2e.erasure.helpers import Deleted, listed, paused_replication, without_events
from tests.e2e.erasure.lifecycle import Lifecycle, versions
from tests.e2e.helpers import call, cites, send, sweep, upload, wait_for
from tests.e2e.operations.helpers import Operator
from tests.e2e.operations.test_documents import replication


@pytest.fixture
def operator(rehearsal: object) -> Iterator[Operator]:
    operator = Operator(rehearsal=rehearsal)  # type: ignore[arg-type]  # the fixture of tests/conftest.py
    operator.put_back()
    operator.reconcile()
    yield operator
    operator.put_back()


@pytest.mark.parametrize("role", ROLES)
def test_a_deletion_in_one_region_reaches_the_other_and_no_question_cites_the_document(
    operator: Operator, role: Role
) -> None:
    document = Deleted.uploaded(operator, "primary")
    assert all(document.is_listed(each) for each in ROLES)
    assert document.delete(role) == 202
    document.wait_until_gone(*ROLES)
    assert operator.reconcile().result == "nothing to do"
    wait_for(lambda: operator.status()["verdict"] == "ready", what="ready")


def test_a_document_deleted_in_both_regions_is_gone_and_nothing_differs(operator: Operator) -> None:
    document = Deleted.uploaded(operator)
    assert [document.delete(role) for role in ROLES] == [202, 202]
    document.wait_until_gone(*ROLES)
    assert operator.reconcile().result == "nothing to do"


def test_a_region_that_missed_a_deletion_deletes_when_the_deletion_arrives_and_reconcile_revives_nothing(
    operator: Operator,
) -> None:
    document = Deleted.uploaded(operator)
    with paused_replication(operator, "primary"):
        assert document.delete("primary") == 202
        document.wait_until_gone("primary")
        assert document.is_stored("failover")
        found = replication(operator, "primary")
        assert (found["deletions"], found["missing"], found["conflicts"]) == (1, 1, 0)
        assert replication(operator, "failover")["undeleted"] == 1
        assert replication(operator, "failover")["missing"] == 0
    ran = operator.reconcile()
    assert ran.result == "done"
    document.wait_until_gone(*ROLES)
    assert operator.reconcile().result == "nothing to do"


def test_failback_is_refused_while_the_primary_region_has_a_document_that_users_deleted(operator: Operator) -> None:
    document = Deleted.uploaded(operator)
    operator.failover()
    with paused_replication(operator, "failover"):
        assert document.delete("failover") == 202
    refused = operator.failback()
    assert refused.code == 3
    assert "deletion" in json.dumps(refused.document) + refused.stderr
    assert operator.reconcile().result == "done"
    assert operator.failback().result == "done"
    document.wait_until_gone(*ROLES)


def test_a_document_that_arrives_after_its_deletion_is_deleted(operator: Operator) -> None:
    with paused_replication(operator, "primary"):
        document = Deleted.uploaded(operator, "primary", found_in=("primary",))
    assert document.delete("primary") == 202
    document.wait_until_gone("primary")
    document.put_again("failover")
    document.wait_until_gone(*ROLES)


def test_a_document_uploaded_again_under_its_old_key_is_deleted_again(operator: Operator) -> None:
    document = Deleted.uploaded(operator)
    document.delete("primary")
    document.wait_until_gone(*ROLES)
    document.put_again("primary")
    document.wait_until_gone(*ROLES)


def test_a_document_uploaded_again_by_a_user_is_a_new_one_and_stays(operator: Operator) -> None:
    document = Deleted.uploaded(operator)
    document.delete("primary")
    document.wait_until_gone(*ROLES)
    key = upload(operator.rehearsal, "primary", document.document)
    assert key != document.key
    for role in ROLES:
        wait_for(partial(cites, operator.rehearsal, role, document.document, key), what=f"found in {role}")


def test_a_deletion_whose_event_was_lost_is_made_by_the_sweep(operator: Operator) -> None:
    document = Deleted.uploaded(operator)
    with without_events(operator.rehearsal, "failover"):
        document.delete("primary")
        wait_for(lambda: document.is_gone("primary"), what="gone in primary")
        assert document.is_stored("failover")
        assert not document.is_listed("failover")
        wait_for(lambda: sweep(operator.rehearsal, "failover") == {} and document.is_gone("failover"), what="swept")


def test_a_deletion_that_was_interrupted_after_its_tombstone_is_finished(operator: Operator) -> None:
    document = Deleted.uploaded(operator)
    bucket = operator.rehearsal.deployment.regions["primary"].documents_bucket
    operator.s3("primary").put_object(Bucket=bucket, Key=f"deleted/{document.id}", Body=b"")
    document.wait_until_gone(*ROLES)


def test_a_deletion_outside_the_api_stays_in_its_region_and_is_a_conflict(operator: Operator) -> None:
    document = Deleted.uploaded(operator)
    bucket = operator.rehearsal.deployment.regions["failover"].documents_bucket
    operator.s3("failover").delete_object(Bucket=bucket, Key=document.key)
    wait_for(lambda: replication(operator, "primary")["conflicts"] == 1, what="a conflict")
    assert document.is_stored("primary")
    assert document.delete("primary") == 202
    document.wait_until_gone(*ROLES)
    assert replication(operator, "primary")["conflicts"] == 0


def test_no_version_of_a_deleted_document_is_older_than_the_setting_in_either_region(operator: Operator) -> None:
    document, kept = (Deleted.uploaded(operator) for _ in range(2))
    assert document.delete("primary") == 202
    document.wait_until_gone(*ROLES)
    days = default_settings().documents.noncurrent_version_days
    for role in ROLES:
        s3, bucket = operator.s3(role), operator.rehearsal.deployment.regions[role].documents_bucket
        found = {key: versions(s3, bucket, key) for key in (document.key, kept.key)}
        assert [one["Marker"] for one in found[document.key]] == [True, False]
        deleted_at = found[document.key][0]["LastModified"]
        lifecycle = Lifecycle(s3=s3, bucket=bucket)
        for key, before in found.items():
            lifecycle.run(key, at=deleted_at + timedelta(days=days, seconds=-1))
            assert versions(s3, bucket, key) == before
            lifecycle.run(key, at=deleted_at + timedelta(days=days + 1))
        assert versions(s3, bucket, document.key) == []
        assert versions(s3, bucket, kept.key) == found[kept.key]
        assert document.is_gone(role)


def test_the_list_says_when_a_document_is_ready_and_its_link_opens_it(operator: Operator) -> None:
    document = Deleted.uploaded(operator)
    for role in ROLES:
        (found,) = [one for one in listed(operator.rehearsal, role) if one["id"] == document.id]
        assert (found["name"], found["state"]) == (document.document.name, "ready")
        link = json.loads(call(operator.rehearsal, role, "GET", f"documents/{document.id}/content").data)
        opened = send("GET", link["url"], endpoint=operator.rehearsal.endpoint)
        assert opened.data == document.document.content
        assert opened.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert opened.headers["Content-Disposition"].startswith("inline")


def test_a_link_that_was_changed_opens_nothing(operator: Operator) -> None:
    document, other = (Deleted.uploaded(operator, found_in=()) for _ in range(2))
    link = json.loads(call(operator.rehearsal, "primary", "GET", f"documents/{document.id}/content").data)["url"]
    changed = link.replace(document.id, other.id)
    assert send("GET", changed, endpoint=operator.rehearsal.endpoint).status == 403


def test_an_unknown_document_is_404_in_both_regions(operator: Operator) -> None:
    for role in ROLES:
        assert call(operator.rehearsal, role, "DELETE", f"documents/{uuid.uuid4()}").status == 404
