"""Documents that one region accepted while the other was lost: after reconcile, questions find them in both regions."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from standby.deployment.manifest import ROLES, Role
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import Document, cites, upload, wait_for
from tests.e2e.operations.helpers import Operator, without_events


@pytest.fixture
def operator(rehearsal: Rehearsal) -> Iterator[Operator]:
    operator = Operator(rehearsal=rehearsal)
    operator.put_back()
    operator.reconcile()
    yield operator
    operator.put_back()


def replication(operator: Operator, role: Role) -> Mapping[str, Any]:
    found: dict[str, Any] = operator.status()["regions"][role]["replication"]
    return found


def test_after_reconcile_questions_find_unreplicated_documents_in_both_regions(operator: Operator) -> None:
    rehearsal, west, east = operator.rehearsal, Document(), Document()
    for role in ("primary", "failover"):
        rehearsal.faults.set("replication-paused", role)
    west_key, east_key = upload(rehearsal, "primary", west), upload(rehearsal, "failover", east)
    assert replication(operator, "primary")["missing"] == 1
    assert replication(operator, "failover")["missing"] == 1
    operator.failover()
    assert operator.failback().code == 3
    ran = operator.reconcile("--verbose")
    assert ran.result == "done"
    assert {line.rsplit(" ", 2)[1] for line in ran.document["details"]} == {west_key, east_key}
    assert cites(rehearsal, "failover", west, west_key)
    assert cites(rehearsal, "primary", east, east_key)
    assert operator.reconcile().result == "nothing to do"
    assert operator.failback().result == "done"


def test_a_document_deleted_while_the_other_region_was_lost_is_reported_and_not_copied(operator: Operator) -> None:
    rehearsal, document = operator.rehearsal, Document()
    key = upload(rehearsal, "primary", document)
    operator.reconcile()
    rehearsal.faults.set("replication-paused", "failover")
    bucket = rehearsal.deployment.regions["failover"].documents_bucket
    operator.s3("failover").delete_object(Bucket=bucket, Key=key)
    status = operator.status()
    assert replication(operator, "primary")["conflicts"] == 1
    assert any("that are not copied: 1 deleted" in note for note in status["notes"])
    ran = operator.reconcile()
    assert any(key in note and "deleted in the other region" in note for note in ran.document["notes"])
    assert replication(operator, "primary")["missing"] == 0
    operator.s3("primary").delete_object(Bucket=rehearsal.deployment.regions["primary"].documents_bucket, Key=key)


def test_one_upload_leaves_the_verdict_ready_without_a_sweep(operator: Operator) -> None:
    document = Document()
    key = upload(operator.rehearsal, "primary", document)
    for role in ROLES:
        wait_for(partial(cites, operator.rehearsal, role, document, key), what=f"found in {role}", seconds=20)
    wait_for(lambda: operator.status()["verdict"] == "ready", what="the verdict ready", seconds=20)


def test_a_knowledge_base_that_is_behind_is_reported_and_brought_into_sync(operator: Operator) -> None:
    rehearsal, document = operator.rehearsal, Document()
    with without_events(rehearsal, "failover"):
        key = upload(rehearsal, "primary", document)
        knowledge = operator.status()["regions"]["failover"]["knowledgeBase"]
        assert knowledge["inSync"] is False
        assert operator.reconcile().result == "done"
        assert operator.status()["regions"]["failover"]["knowledgeBase"]["inSync"] is True
        assert cites(rehearsal, "failover", document, key)
