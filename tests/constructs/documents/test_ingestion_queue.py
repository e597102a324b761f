"""From a document's event to the ingest function: no event is lost, and a burst becomes few batches."""

import pytest

from tests.constructs.helpers import ACCOUNT, render, without_hash
from tests.constructs.plan import ROLES, Json, Plan, functions, in_region, only, resources, statements

FOURTEEN_DAYS = 14 * 24 * 3600


def queue(plan: Plan, role: str, name: str) -> Json:
    return only(body for body in in_region(plan, "aws_sqs_queue", role) if body["name"] == name)


def mapping(plan: Plan, role: str) -> Json:
    return only(in_region(plan, "aws_lambda_event_source_mapping", role))


@pytest.mark.parametrize("role", ROLES)
def test_the_visibility_timeout_is_six_function_timeouts_and_the_batching_window(plan: Plan, role: str) -> None:
    """Source: docs.aws.amazon.com, Lambda, "Creating and configuring an Amazon SQS event source mapping"."""
    timeout = functions(plan, role)["ingest"]["timeout"]
    window = mapping(plan, role)["maximum_batching_window_in_seconds"]
    assert queue(plan, role, "chatbot-ingest")["visibility_timeout_seconds"] >= 6 * timeout + window


@pytest.mark.parametrize("role", ROLES)
def test_events_and_dead_letters_are_kept_14_days_and_encrypted(plan: Plan, role: str) -> None:
    for name in ("chatbot-ingest", "chatbot-ingest-dead-letters"):
        body = queue(plan, role, name)
        assert body["message_retention_seconds"] == FOURTEEN_DAYS
        assert body["sqs_managed_sse_enabled"] is True


@pytest.mark.parametrize("role", ROLES)
def test_an_event_that_keeps_failing_moves_to_the_dead_letter_queue(plan: Plan, role: str) -> None:
    body = only(in_region(plan, "aws_sqs_queue_redrive_policy", role))
    assert without_hash(body["queue_url"]) == f"${{aws_sqs_queue.{role}_ingestion_queue.url}}"
    policy = body["redrive_policy"]
    target = without_hash(policy).split('"deadLetterTargetArn" = ')[1].split(",")[0]
    assert target == f"aws_sqs_queue.{role}_ingestion_dead_letters.arn"
    assert int(policy.split('"maxReceiveCount" = ')[1].split("}")[0]) >= 5


@pytest.mark.parametrize("role", ROLES)
def test_a_burst_becomes_few_batches_and_failures_are_reported_one_by_one(plan: Plan, role: str) -> None:
    body = mapping(plan, role)
    assert body["function_response_types"] == ["ReportBatchItemFailures"]
    assert body["batch_size"] >= 100
    assert body["maximum_batching_window_in_seconds"] >= 1  # AWS requires it for batches above ten messages
    assert body["scaling_config"] == {"maximum_concurrency": 2}
    assert without_hash(body["function_name"]) == f"${{aws_lambda_function.{role}_functions_ingest_function.arn}}"
    assert without_hash(body["event_source_arn"]) == f"${{aws_sqs_queue.{role}_ingestion_queue.arn}}"


@pytest.mark.parametrize("role", ROLES)
def test_only_the_region_s_own_documents_bucket_may_send_events(plan: Plan, role: str) -> None:
    policy = statements(only(body["policy"] for body in in_region(plan, "aws_sqs_queue", role) if "policy" in body))
    allow = only(statement for statement in policy if statement["Effect"] == "Allow")
    assert (allow["Principal"], allow["Action"]) == ({"Service": "s3.amazonaws.com"}, ["sqs:SendMessage"])
    source = render(plan, allow["Condition"]["ArnLike"]["aws:SourceArn"])
    assert source == f"arn:aws:s3:::chatbot-docs-{ACCOUNT}-{plan.region(role)}"
    assert render(plan, allow["Condition"]["StringEquals"]["aws:SourceAccount"]) == ACCOUNT


def documents_bucket(plan: Plan, role: str) -> Json:
    return only(body for body in in_region(plan, "aws_s3_bucket", role) if "-docs-" in body["bucket"])


@pytest.mark.parametrize("role", ROLES)
def test_every_creation_and_every_removal_of_a_document_is_sent_to_the_region_s_queue(plan: Plan, role: str) -> None:
    notification = only(in_region(plan, "aws_s3_bucket_notification", role))
    queue = only(notification["queue"])
    assert sorted(queue["events"]) == ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
    assert not {"filter_prefix", "filter_suffix"} & queue.keys()
    assert render(plan, queue["queue_arn"].replace(".arn}", ".name}")) == "chatbot-ingest"
    assert plan.document["resource"]["aws_s3_bucket"][notification["bucket"].split(".")[1]] == documents_bucket(
        plan, role
    )
    sending_to = resources(plan, "aws_sqs_queue")[queue["queue_arn"].split(".")[1]]
    assert "s3.amazonaws.com" in sending_to["policy"]  # S3 sends a test message when the notification is created
