"""A document that is uploaded in one region is found by questions in both regions."""

import json
from functools import partial

import pytest

from standby.deployment.manifest import ROLES, Role
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import Document, ask, call, cites, upload, wait_for


def test_every_check_of_the_rehearsal_passes(rehearsal: Rehearsal) -> None:
    failed = [check for check in rehearsal.verify() if check.result != "ok"]
    assert failed == []


@pytest.mark.parametrize("uploaded_in", ROLES)
def test_a_document_uploaded_in_one_region_is_found_by_a_question_in_both(
    rehearsal: Rehearsal, uploaded_in: Role
) -> None:
    document = Document()
    key = upload(rehearsal, uploaded_in, document)
    other = rehearsal.deployment.other(uploaded_in).role
    wait_for(lambda: cites(rehearsal, uploaded_in, document, key), what="found by its S3 event")
    wait_for(lambda: cites(rehearsal, other, document, key), what="found in the other one by its replica's event")


def test_a_replica_has_the_same_content_and_the_status_replica(rehearsal: Rehearsal) -> None:
    document = Document()
    key = upload(rehearsal, "failover", document)
    bucket = rehearsal.deployment.regions["primary"].documents_bucket
    s3 = rehearsal.session("primary").client("s3")
    wait_for(lambda: s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents"), what="the replica")
    replica = s3.get_object(Bucket=bucket, Key=key)
    assert replica["Body"].read() == document.content
    assert replica["ReplicationStatus"] == "REPLICA"


def test_the_only_source_of_an_answer_is_the_document_that_it_quotes(rehearsal: Rehearsal) -> None:
    one, other = Document(), Document()
    keys = [upload(rehearsal, "primary", document) for document in (one, other)]
    for document, key in zip((one, other), keys, strict=True):
        wait_for(partial(cites, rehearsal, "primary", document, key), what="found")
    answer = ask(rehearsal, "primary", one.question)
    assert answer["response"] == f"The handbook says that {one.word} must be renewed every seventeen days [1]."
    assert [part["uri"].rpartition("/")[2] for part in answer["citations"]] == [one.name]


def test_a_follow_up_is_answered_from_the_document_of_the_question_before_it(rehearsal: Rehearsal) -> None:
    document = Document()
    key = upload(rehearsal, "primary", document)
    wait_for(lambda: cites(rehearsal, "primary", document, key), what="found")
    history = [{"role": "user", "text": document.question}, {"role": "assistant", "text": "That depends."}]
    body = json.dumps({"question": "And how long does it take?", "history": history}).encode()
    answer = json.loads(call(rehearsal, "primary", "POST", "docs", body=body).data)
    assert document.word in answer["response"]
    assert [part["uri"].rpartition("/")[2] for part in answer["citations"]] == [document.name]


def test_a_question_without_a_matching_document_gets_an_answer_that_says_so(rehearsal: Rehearsal) -> None:
    answer = ask(rehearsal, "primary", "xyzzyplughnothinglikethis")
    assert (answer["citations"], answer["citation"]) == ([], "")
    assert "No matching document" in answer["response"]


def test_an_answer_names_its_region_and_its_session(rehearsal: Rehearsal) -> None:
    body = json.dumps({"question": "Anything?", "requestSessionId": "session-1"}).encode()
    answers = {role: json.loads(call(rehearsal, role, "POST", "docs", body=body).data) for role in ROLES}
    assert {role: answer["region"] for role, answer in answers.items()} == {
        role: rehearsal.deployment.regions[role].region for role in ROLES
    }
    assert {answer["sessionId"] for answer in answers.values()} == {"session-1"}


@pytest.mark.parametrize("role", ROLES)
def test_a_deep_health_check_retrieves_from_the_knowledge_base_and_invokes_the_model(
    rehearsal: Rehearsal, role: Role
) -> None:
    answer = call(rehearsal, role, "GET", "health?deep=true")
    report = json.loads(answer.data)
    assert (answer.status, report["status"]) == (200, "healthy")
    assert {"retrieve", "answerModel", "knowledgeBase", "documentsBucket", "ingestQueue"} == set(report["checks"])


def test_ingestion_status_lists_jobs_newest_first(rehearsal: Rehearsal) -> None:
    jobs = json.loads(call(rehearsal, "primary", "GET", "ingestion-status").data)["jobs"]
    assert jobs
    assert jobs == sorted(jobs, key=lambda job: job["startedAt"], reverse=True)
    assert all(job["status"] == "COMPLETE" and job["failureReasons"] == [] for job in jobs)


def test_the_health_log_carries_the_metric_that_the_alarm_reads(rehearsal: Rehearsal) -> None:
    call(rehearsal, "primary", "GET", "health?deep=true")
    logs = rehearsal.session("primary").client("logs")
    group = f"/aws/lambda/{rehearsal.deployment.name}-health"
    (filters,) = [
        f for f in logs.describe_metric_filters(logGroupName=group)["metricFilters"] if "healthy" in f["filterName"]
    ]
    assert filters["metricTransformations"][0]["metricValue"] == "$.healthyPercent"

    def logged() -> bool:
        events = logs.filter_log_events(logGroupName=group)["events"]
        return any('"healthyPercent": 100' in event["message"] for event in events)

    wait_for(logged, what="a log line with healthyPercent")


@pytest.mark.parametrize("role", ROLES)
def test_the_manifest_is_in_both_regions(rehearsal: Rehearsal, role: Role) -> None:
    name = f"/warm-standby/{rehearsal.deployment.name}/manifest"
    value = rehearsal.session(role).client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    assert json.loads(value) == json.loads(rehearsal.outputs["manifest"])


@pytest.mark.parametrize("role", ROLES)
def test_after_the_deployment_both_buckets_name_the_primary_region_as_serving(rehearsal: Rehearsal, role: Role) -> None:
    config = json.loads(_first_version(rehearsal, role, "config.json"))
    primary = rehearsal.deployment.regions["primary"]
    assert config.pop("updatedAt").startswith("20")
    assert config.pop("fallbackApiUrl") == rehearsal.deployment.regions["failover"].api_url
    assert config == {"apiUrl": primary.api_url, "region": primary.region, "role": "primary", "generation": 1}


def _first_version(rehearsal: Rehearsal, role: Role, key: str) -> bytes:
    """Return an object of a frontend bucket as the deployment wrote it, whatever other tests wrote after it."""
    bucket = rehearsal.deployment.regions[role].frontend_bucket
    s3 = rehearsal.session(role).client("s3")
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    versions = [version for page in pages for version in page.get("Versions", []) if version["Key"] == key]
    return s3.get_object(Bucket=bucket, Key=key, VersionId=versions[-1]["VersionId"])["Body"].read()  # newest first
