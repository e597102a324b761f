"""The alarms of the design, each in the region where its metric is published."""

import re

import pytest

from tests.constructs.helpers import render, render_json, without_hash
from tests.constructs.plan import ROLES, ROOT, Json, Plan, Synthesize, default_settings, in_region, only, resources
from tests.constructs.variants import CHANGED, SAME_API
from warm_standby.settings import Settings

OTHER = {"primary": "failover", "failover": "primary"}


def alarm(plan: Plan, role: str, name: str) -> Json:
    found = in_region(plan, "aws_cloudwatch_metric_alarm", role)
    return only(body for body in found if body["alarm_name"] == f"chatbot-{name}")


def condition(body: Json) -> tuple[str, float, int, int]:
    return body["comparison_operator"], body["threshold"], body["evaluation_periods"], body["period"]


def documents(role: str) -> str:
    return f"${{aws_s3_bucket.{role}_documents_private_bucket.bucket}}"


@pytest.mark.parametrize("role", ROLES)
def test_a_region_has_the_nine_alarms(plan: Plan, role: str) -> None:
    assert len(in_region(plan, "aws_cloudwatch_metric_alarm", role)) == 9


@pytest.mark.parametrize("settings", [default_settings(), SAME_API], ids=["two-way", "one-way"])
def test_the_manifest_says_how_many_alarms_a_region_has(synthesize: Synthesize, settings: Settings) -> None:
    plan = synthesize(settings)
    regions = render_json(plan, plan.document["output"]["manifest"]["value"])["regions"]
    for role in ROLES:
        assert regions[role]["alarms"] == len(in_region(plan, "aws_cloudwatch_metric_alarm", role))


@pytest.mark.parametrize("role", ROLES)
def test_two_failed_readiness_checks_or_none_at_all_raise_an_alarm(plan: Plan, role: str) -> None:
    body = alarm(plan, role, "readiness")
    assert condition(body) == ("LessThanThreshold", 100, 2, 3600)
    assert body["treat_missing_data"] == "breaching"
    assert "datapoints_to_alarm" not in body


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("purpose, above", [("query", 5), ("ingest", 3)])
def test_logged_errors_and_failed_invocations_are_counted_over_five_minutes(
    plan: Plan, role: str, purpose: str, above: int
) -> None:
    body = alarm(plan, role, f"{purpose}-errors")
    queries = {query["id"]: query for query in body["metric_query"]}
    metrics = [query["metric"] for query in queries.values() if "metric" in query]
    assert body["threshold"] == above
    assert body["comparison_operator"] == "GreaterThanThreshold"
    assert body["evaluation_periods"] == 1
    assert {(metric["period"], metric["stat"]) for metric in metrics} == {(300, "Sum")}
    assert [query["id"] for query in queries.values() if query.get("return_data")] == ["errors"]
    died = only(metric for metric in metrics if metric["namespace"] == "AWS/Lambda")
    assert (died["metric_name"], died["dimensions"]) == ("Errors", {"FunctionName": f"chatbot-{purpose}"})


@pytest.mark.parametrize(
    "settings, minutes, period", [(CHANGED, 1, 300), (default_settings(), 5, 300), (SAME_API, 60, 3600)]
)
def test_ingestion_that_keeps_failing_raises_an_alarm(
    synthesize: Synthesize, settings: Settings, minutes: int, period: int
) -> None:
    plan = synthesize(settings)
    assert settings.operations.sweep_minutes == minutes
    for role in ROLES:
        body = alarm(plan, role, "ingestion-stuck")
        metrics = {query["id"]: query["metric"] for query in body["metric_query"] if "metric" in query}
        assert (body["comparison_operator"], body["threshold"]) == ("GreaterThanThreshold", 0)
        assert (body["datapoints_to_alarm"], body["evaluation_periods"]) == (3, 4)
        assert body["treat_missing_data"] == "notBreaching"
        assert {(metric["period"], metric["stat"]) for metric in metrics.values()} == {(period, "Sum")}
        assert metrics["died"]["dimensions"] == {"FunctionName": "chatbot-ingest"}
        log_filter = only(
            found
            for found in in_region(plan, "aws_cloudwatch_log_metric_filter", role)
            if found["metric_transformation"]["name"] == metrics["logged"]["metric_name"]
        )
        assert log_filter["pattern"] == '{ $.message = "last_job_failed" }'
        assert (
            without_hash(log_filter["log_group_name"])
            == f"${{aws_cloudwatch_log_group.{role}_functions_ingest_logs.name}}"
        )


def test_the_alarm_for_stuck_ingestion_names_the_runbook_s_section(plan: Plan) -> None:
    file, _, section = (
        alarm(plan, "primary", "ingestion-stuck")["alarm_description"].rpartition(". ")[2].partition(", ")
    )
    assert f"\n## {section}\n" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("role", ROLES)
def test_any_dead_letter_raises_an_alarm(plan: Plan, role: str) -> None:
    body = alarm(plan, role, "dead-letters")
    assert condition(body) == ("GreaterThanThreshold", 0, 1, 300)
    assert (body["namespace"], body["metric_name"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert render(plan, body["dimensions"]["QueueName"]) == "chatbot-ingest-dead-letters"


@pytest.mark.parametrize("role", ROLES)
def test_more_than_five_percent_of_5xx_answers_raise_an_alarm(plan: Plan, role: str) -> None:
    body = alarm(plan, role, "api-errors")
    assert condition(body) == ("GreaterThanThreshold", 0.05, 1, 300)
    assert (body["namespace"], body["metric_name"], body["statistic"]) == ("AWS/ApiGateway", "5XXError", "Average")
    api = only(in_region(plan, "aws_api_gateway_rest_api", role))
    assert body["dimensions"] == {"ApiName": api["name"], "Stage": "prod"}


@pytest.mark.parametrize("role", ROLES)
def test_health_below_100_percent_or_missing_for_three_minutes_raises_an_alarm(plan: Plan, role: str) -> None:
    body = alarm(plan, role, "health")
    assert condition(body) == ("LessThanThreshold", 100, 3, 60)
    assert (body["statistic"], body["treat_missing_data"]) == ("Minimum", "breaching")


@pytest.mark.parametrize("role", ROLES)
def test_replication_latency_has_an_alarm_in_the_destination_s_region(plan: Plan, role: str) -> None:
    """Source: docs.aws.amazon.com, S3, "Monitoring replication with metrics, event notifications, and statuses"."""
    body = alarm(plan, role, "replication-latency")
    assert condition(body) == ("GreaterThanThreshold", 15 * 60, 1, 300)
    assert (body["namespace"], body["metric_name"], body["statistic"]) == ("AWS/S3", "ReplicationLatency", "Maximum")
    assert without_hash(body["dimensions"]["SourceBucket"]) == documents(OTHER[role])
    assert without_hash(body["dimensions"]["DestinationBucket"]) == documents(role)


@pytest.mark.parametrize("role", ROLES)
def test_failed_replication_has_an_alarm_in_the_source_s_region(plan: Plan, role: str) -> None:
    body = alarm(plan, role, "replication-failed")
    assert condition(body) == ("GreaterThanThreshold", 0, 1, 300)
    assert (body["metric_name"], body["statistic"]) == ("OperationsFailedReplication", "Sum")
    assert without_hash(body["dimensions"]["SourceBucket"]) == documents(role)
    assert without_hash(body["dimensions"]["DestinationBucket"]) == documents(OTHER[role])


def test_the_replication_alarms_name_the_rule_that_replicates(plan: Plan) -> None:
    rules = {only(b["rule"])["id"] for b in resources(plan, "aws_s3_bucket_replication_configuration").values()}
    alarms = resources(plan, "aws_cloudwatch_metric_alarm").values()
    watched = [body["dimensions"]["RuleId"] for body in alarms if body.get("namespace") == "AWS/S3"]
    assert set(watched) == rules
    assert len(watched) == 4


@pytest.mark.parametrize("role", ROLES)
def test_every_alarm_notifies_its_own_region_s_topic_when_it_starts_and_when_it_ends(plan: Plan, role: str) -> None:
    for body in in_region(plan, "aws_cloudwatch_metric_alarm", role):
        assert without_hash(only(body["alarm_actions"])) == f"${{aws_sns_topic.{role}_alerts_topic.arn}}"
        assert body["ok_actions"] == body["alarm_actions"]
        assert body["alarm_description"]


@pytest.mark.parametrize("role", ROLES)
def test_every_custom_metric_that_an_alarm_reads_is_counted_from_a_function_s_log(plan: Plan, role: str) -> None:
    filters = in_region(plan, "aws_cloudwatch_log_metric_filter", role)
    counted = {(body["metric_transformation"]["namespace"], body["metric_transformation"]["name"]) for body in filters}
    alarms = in_region(plan, "aws_cloudwatch_metric_alarm", role)
    metrics = [query["metric"] for body in alarms for query in body.get("metric_query", []) if "metric" in query]
    metrics += [body for body in alarms if "namespace" in body]
    read = {(metric["namespace"], metric["metric_name"]) for metric in metrics}
    assert {metric for metric in read if not metric[0].startswith("AWS/")} == counted
    logs = {without_hash(body["log_group_name"]) for body in filters}
    assert logs == {
        f"${{aws_cloudwatch_log_group.{role}_functions_{name}_logs.name}}" for name in ("query", "ingest", "health")
    }


@pytest.mark.parametrize("field", ["level", "message", "healthyPercent", "readyPercent"])
def test_the_functions_write_the_fields_that_the_metric_filters_look_for(plan: Plan, field: str) -> None:
    patterns = [body["pattern"] for body in resources(plan, "aws_cloudwatch_log_metric_filter").values()]
    read = {name for pattern in patterns for name in re.findall(r"\$\.(\w+)", pattern)}
    assert read == {"level", "message", "healthyPercent", "readyPercent"}
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "lambda_src").rglob("*.py")]
    assert any(re.search(rf'"{field}": |\b{field}=', source) for source in sources)
