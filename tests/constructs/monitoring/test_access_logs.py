"""The access logs: the log bucket of each region, and what is written into it."""

import json

import pytest

from tests.constructs.helpers import render
from tests.constructs.plan import ROLES, Json, Plan, Synthesize, in_region, only, resources, statements
from tests.constructs.variants import SHIELDED
from warm_standby.documents.ingestion_queue import MAX_CONCURRENCY
from warm_standby.settings.validators import FUNCTIONS, LEAST_RESERVED
from warm_standby.site.access_logs import FIELDS


@pytest.fixture(scope="module")
def logged(synthesize: Synthesize) -> Plan:
    return synthesize(SHIELDED)


def log_bucket(plan: Plan, role: str) -> tuple[str, Json]:
    found = resources(plan, "aws_s3_bucket").items()
    return only((name, body) for name, body in found if name.startswith(f"{role}_logs_"))


def policy(plan: Plan, role: str) -> dict[str, Json]:
    found = resources(plan, "aws_s3_bucket_policy").items()
    text = only(body["policy"] for name, body in found if name.startswith(f"{role}_logs_"))
    return {statement["Sid"]: statement for statement in statements(text)}


@pytest.mark.parametrize("role", ROLES)
def test_the_log_bucket_is_private_encrypted_and_deletes_its_logs(logged: Plan, role: str) -> None:
    name, _ = log_bucket(logged, role)
    reference = f"${{aws_s3_bucket.{name}.id}}"

    def of(type_: str) -> Json:
        return only(body for body in in_region(logged, type_, role) if body["bucket"] == reference)

    assert all(
        of("aws_s3_bucket_public_access_block")[argument]
        for argument in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    )
    assert of("aws_s3_bucket_ownership_controls")["rule"] == {"object_ownership": "BucketOwnerEnforced"}
    encryption = of("aws_s3_bucket_server_side_encryption_configuration")["rule"]
    assert encryption == [{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}]
    rule = only(of("aws_s3_bucket_lifecycle_configuration")["rule"])
    assert rule["expiration"] == [{"days": 30}]
    assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 1}]
    denied = policy(logged, role)["DenyWithoutTls"]
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


@pytest.mark.parametrize("role", ROLES)
def test_only_the_two_services_write_into_it_for_this_account_s_resources(logged: Plan, role: str) -> None:
    found = policy(logged, role)
    writers = {sid: body["Principal"] for sid, body in found.items() if body["Effect"] == "Allow"}
    assert writers == {
        "ServerAccessLogs": {"Service": "logging.s3.amazonaws.com"},
        "Deliveries": {"Service": "delivery.logs.amazonaws.com"},
    }
    region, account = logged.region(role), "111122223333"
    for sid in writers:
        assert found[sid]["Action"] == ["s3:PutObject"]
        assert render(logged, json.dumps(found[sid]["Condition"]["StringEquals"])).count(account) == 1
    logs = json.loads(render(logged, json.dumps(found["ServerAccessLogs"])))
    assert logs["Resource"] == [f"arn:aws:s3:::chatbot-logs-{account}-{region}/s3/*"]
    assert logs["Condition"]["ArnLike"]["aws:SourceArn"] == [
        f"arn:aws:s3:::chatbot-{purpose}-{account}-{region}" for purpose in ("docs", "frontend")
    ]
    deliveries = json.loads(render(logged, json.dumps(found["Deliveries"])))
    assert deliveries["Resource"] == [f"arn:aws:s3:::chatbot-logs-{account}-{region}/AWSLogs/{account}/*"]
    assert deliveries["Condition"]["ArnLike"]["aws:SourceArn"] == f"arn:aws:logs:us-east-1:{account}:delivery-source:*"


@pytest.mark.parametrize("role", ROLES)
def test_the_requests_to_both_other_buckets_are_logged_in_their_own_region(logged: Plan, role: str) -> None:
    target, _ = log_bucket(logged, role)
    found = in_region(logged, "aws_s3_bucket_logging", role)
    assert {body["target_prefix"] for body in found} == {"s3/docs/", "s3/frontend/"}
    assert {body["target_bucket"] for body in found} == {f"${{aws_s3_bucket.{target}.id}}"}
    assert all(f"aws_s3_bucket.{role}_" in body["bucket"] and "_logs_" not in body["bucket"] for body in found)
    assert all("aws_s3_bucket_policy" in only(body["depends_on"]) for body in found)


def test_cloudfront_delivers_into_the_primary_region_s_bucket_from_us_east_1(logged: Plan) -> None:
    types = (
        "aws_cloudwatch_log_delivery_source",
        "aws_cloudwatch_log_delivery_destination",
        "aws_cloudwatch_log_delivery",
    )
    source, destination, delivery = (only(resources(logged, type_).values()) for type_ in types)
    assert {body["provider"] for body in (source, destination, delivery)} == {"aws.failover"}
    assert "aws_cloudfront_distribution.distribution" in source["resource_arn"]
    bucket, _ = log_bucket(logged, "primary")
    assert destination["delivery_destination_configuration"] == [
        {"destination_resource_arn": f"${{aws_s3_bucket.{bucket}.arn}}"}
    ]
    assert delivery["record_fields"] == list(FIELDS)
    assert "aws_s3_bucket_policy.primary_logs" in only(delivery["depends_on"])


def test_no_access_log_has_a_query_a_cookie_a_referrer_or_a_body(logged: Plan) -> None:
    """After a sign-in, the page's address has a code of the identity provider, and so has the referrer."""
    fields = set(only(resources(logged, "aws_cloudwatch_log_delivery").values())["record_fields"])
    assert not {field for field in fields if any(part in field.lower() for part in ("query", "cookie", "referer"))}
    for stage in resources(logged, "aws_api_gateway_stage").values():
        text = stage["access_log_settings"]["format"].lower()
        assert not any(part in text for part in ("authorization", "header", "body", "query", "claims"))


def test_executions_can_be_reserved_for_each_function_of_the_stack(plan: Plan) -> None:
    assert set(FUNCTIONS) == {
        body["handler"].partition(".")[0] for body in resources(plan, "aws_lambda_function").values()
    }


def test_the_least_for_ingest_is_what_the_queue_runs_and_the_sweep() -> None:
    assert LEAST_RESERVED["ingest"][0] == MAX_CONCURRENCY + 1


@pytest.mark.parametrize("role", ROLES)
def test_executions_are_reserved_for_the_named_functions_alone(logged: Plan, role: str) -> None:
    found = {
        body["handler"].partition(".")[0]: body["reserved_concurrent_executions"]
        for body in in_region(logged, "aws_lambda_function", role)
        if "reserved_concurrent_executions" in body
    }
    assert found == {"health": 5, "ingest": 4}
