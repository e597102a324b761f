"""From a document's event to an ingestion job: nothing is lost, and a burst becomes few jobs."""

import pytest

from tests.constructs.helpers import ACCOUNT, render, render_json
from tests.constructs.plan import (
    ROLES,
    Json,
    Plan,
    Synthesize,
    functions,
    in_region,
    only,
    resources,
    statements,
)
from tests.constructs.twins import without_hash
from tests.constructs.variants import CHANGED

FOURTEEN_DAYS = 14 * 24 * 3600


def queue(plan: Plan, role: str, name: str) -> Json:
    return only(body for body in in_region(plan, "aws_sqs_queue", role) if body["name"] == name)


def mapping(plan: Plan, role: str) -> Json:
    return only(in_region(plan, "aws_lambda_event_source_mapping", role))


@pytest.mark.parametrize("role", ROLES)
def test_a_message_stays_hidden_for_six_time_outs_and_the_batching_window(plan: Plan, role: str) -> None:
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
def test_an_event_that_cannot_be_taken_ends_in_the_dead_letters(plan: Plan, role: str) -> None:
    policy = queue(plan, role, "chatbot-ingest")["redrive_policy"]
    target = without_hash(policy).split('"deadLetterTargetArn" = ')[1].split(",")[0]
    assert target == f"aws_sqs_queue.{role}_ingestion_dead_letters.arn"
    assert int(policy.split('"maxReceiveCount" = ')[1].split("}")[0]) >= 5


@pytest.mark.parametrize("role", ROLES)
def test_a_burst_becomes_few_batches_and_failures_are_reported_one_by_one(plan: Plan, role: str) -> None:
    body = mapping(plan, role)
    assert body["function_response_types"] == ["ReportBatchItemFailures"]
    assert body["batch_size"] >= 100
    assert body["maximum_batching_window_in_seconds"] >= 1  # AWS asks for it above ten messages
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


def schedules(plan: Plan, role: str) -> dict[str, tuple[str, str]]:
    targets = {without_hash(body["rule"]): body for body in in_region(plan, "aws_cloudwatch_event_target", role)}
    found = {}
    for name, rule in resources(plan, "aws_cloudwatch_event_rule").items():
        if rule["provider"] == f"aws.{role}":
            target = targets[f"${{aws_cloudwatch_event_rule.{without_hash(name)}.name}}"]
            function = without_hash(target["arn"]).removeprefix(f"${{aws_lambda_function.{role}_functions_")
            found[rule["name"]] = (rule["schedule_expression"], function.removesuffix("_function.arn}"))
    return found


@pytest.mark.parametrize("role", ROLES)
def test_the_bucket_is_swept_every_five_minutes_and_health_checked_every_minute(plan: Plan, role: str) -> None:
    assert schedules(plan, role) == {
        "chatbot-sweep": ("rate(5 minutes)", "ingest"),
        "chatbot-health-check": ("rate(1 minute)", "health"),
    }


def test_the_sweep_s_rate_is_a_setting_in_eventbridge_s_grammar(synthesize: Synthesize, plan: Plan) -> None:
    """Source: docs.aws.amazon.com, EventBridge, "Creating a rule that runs on a schedule", "Rate expressions"."""
    each_minute = synthesize(CHANGED)
    assert [schedules(each_minute, role)["chatbot-sweep"][0] for role in ROLES] == ["rate(1 minute)"] * 2
    assert [schedules(plan, role)["chatbot-sweep"][0] for role in ROLES] == ["rate(5 minutes)"] * 2


@pytest.mark.parametrize("role", ROLES)
def test_eventbridge_may_invoke_what_it_schedules(plan: Plan, role: str) -> None:
    sources = {
        render(plan, body["source_arn"])
        for body in in_region(plan, "aws_lambda_permission", role)
        if body["principal"] == "events.amazonaws.com"
    }
    prefix = f"arn:aws:events:{plan.region(role)}:{ACCOUNT}:rule/"
    assert sources == {f"{prefix}chatbot-sweep", f"{prefix}chatbot-health-check"}


@pytest.mark.parametrize("role", ROLES)
def test_the_scheduled_health_check_asks_as_a_caller_of_the_api_would(plan: Plan, role: str) -> None:
    targets = {body["target_id"]: body for body in in_region(plan, "aws_cloudwatch_event_target", role)}
    event = render_json(plan, targets["health-check"]["input"])
    assert (event["httpMethod"], event["path"]) == ("GET", "/health")
    assert "input" not in targets["sweep"]  # ingest knows EventBridge's own event by its source
