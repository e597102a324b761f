"""The four buckets: versioned, encrypted, private, TLS-only; what is in them, and what they tell."""

import json
from pathlib import Path

import pytest

from tests.constructs.helpers import ACCOUNT, render, render_json
from tests.constructs.plan import (
    ROLES,
    ROOT,
    Json,
    Plan,
    Synthesize,
    in_region,
    only,
    resources,
    statements,
)
from tests.constructs.variants import CHANGED
from warm_standby.assets import read_assets


def bucket_ids(plan: Plan) -> set[str]:
    return {f"${{aws_s3_bucket.{name}.id}}" for name in resources(plan, "aws_s3_bucket")}


def by_bucket(plan: Plan, type_: str) -> dict[str, Json]:
    found = list(resources(plan, type_).values())
    assert len({body["bucket"] for body in found}) == len(found), "a bucket has this twice: the last one wins"
    return {body["bucket"]: body for body in found}


def documents_bucket(plan: Plan, role: str) -> Json:
    return only(body for body in in_region(plan, "aws_s3_bucket", role) if "-docs-" in body["bucket"])


def test_there_are_two_buckets_a_region_with_the_names_of_the_design(plan: Plan) -> None:
    names = {render(plan, body["bucket"]) for body in resources(plan, "aws_s3_bucket").values()}
    expected = [("docs", role) for role in ROLES] + [("frontend", role) for role in ROLES]
    assert names == {f"chatbot-{purpose}-{ACCOUNT}-{plan.region(role)}" for purpose, role in expected}


def test_every_bucket_is_versioned(plan: Plan) -> None:
    versioning = by_bucket(plan, "aws_s3_bucket_versioning")
    assert set(versioning) == bucket_ids(plan)
    assert {body["versioning_configuration"]["status"] for body in versioning.values()} == {"Enabled"}


def test_every_bucket_is_encrypted_by_default(plan: Plan) -> None:
    encryption = by_bucket(plan, "aws_s3_bucket_server_side_encryption_configuration")
    assert set(encryption) == bucket_ids(plan)
    for body in encryption.values():
        assert only(body["rule"])["apply_server_side_encryption_by_default"]["sse_algorithm"] == "AES256"


def test_every_bucket_blocks_public_access_and_knows_no_access_control_lists(plan: Plan) -> None:
    blocks = by_bucket(plan, "aws_s3_bucket_public_access_block")
    owners = by_bucket(plan, "aws_s3_bucket_ownership_controls")
    assert set(blocks) == set(owners) == bucket_ids(plan)
    switches = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    assert [body[switch] for body in blocks.values() for switch in switches] == [True] * 16
    assert {body["rule"]["object_ownership"] for body in owners.values()} == {"BucketOwnerEnforced"}
    assert resources(plan, "aws_s3_bucket_acl") == resources(plan, "aws_s3_bucket_website_configuration") == {}


def test_every_bucket_refuses_plain_http_for_itself_and_its_objects(plan: Plan) -> None:
    policies = by_bucket(plan, "aws_s3_bucket_policy")
    assert set(policies) == bucket_ids(plan)
    for bucket, body in policies.items():
        arn = f"arn:aws:s3:::{plan.document['resource']['aws_s3_bucket'][bucket.split('.')[1]]['bucket']}"
        deny = only(statement for statement in statements(body["policy"]) if statement["Sid"] == "DenyWithoutTls")
        assert (deny["Principal"], deny["Action"]) == ("*", ["s3:*"])
        assert deny["Resource"] == [arn, f"{arn}/*"]
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_nobody_but_the_one_distribution_is_let_in_by_a_bucket_policy(plan: Plan) -> None:
    allowed = {
        bucket: [statement for statement in statements(body["policy"]) if statement["Effect"] == "Allow"]
        for bucket, body in by_bucket(plan, "aws_s3_bucket_policy").items()
    }
    for bucket, found in allowed.items():
        if "_documents_" in bucket:
            assert found == []
            continue
        reads = only(found)
        assert reads["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        assert reads["Action"] == ["s3:GetObject"]
        source = reads["Condition"]["StringEquals"]["AWS:SourceArn"]
        assert render(plan, source) == f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1A2B3C4D5E6F7"


@pytest.mark.parametrize("role", ROLES)
def test_what_operators_keep_beside_the_site_is_never_served(plan: Plan, role: str) -> None:
    policy = only(body for body in in_region(plan, "aws_s3_bucket_policy", role) if "_frontend_" in body["bucket"])
    deny = only(statement for statement in statements(policy["policy"]) if statement["Sid"] == "DistributionNeverReads")
    assert (deny["Effect"], deny["Principal"]) == ("Deny", {"Service": "cloudfront.amazonaws.com"})
    assert deny["Action"] == ["s3:GetObject"]
    assert [render(plan, resource) for resource in deny["Resource"]] == [
        f"arn:aws:s3:::chatbot-frontend-{ACCOUNT}-{plan.region(role)}/standby/*"
    ]
    assert "Condition" not in deny


@pytest.mark.parametrize("role", ROLES)
def test_browsers_may_post_documents_from_the_site_alone(plan: Plan, role: str) -> None:
    cors = only(only(in_region(plan, "aws_s3_bucket_cors_configuration", role))["cors_rule"])
    assert cors["allowed_methods"] == ["POST"]
    assert [render(plan, origin) for origin in cors["allowed_origins"]] == ["https://d111111abcdef8.cloudfront.net"]


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
    assert "s3.amazonaws.com" in sending_to["policy"]  # S3 tries the queue when it is told


def test_old_versions_and_abandoned_uploads_expire_and_documents_do_not(plan: Plan) -> None:
    lifecycles = list(resources(plan, "aws_s3_bucket_lifecycle_configuration").values())
    assert len(lifecycles) == 2
    for body in lifecycles:
        rule = only(body["rule"])
        assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 90}]
        assert rule["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 7}]
        assert "expiration" not in rule


def test_documents_expire_in_both_regions_where_the_setting_says_so(synthesize: Synthesize) -> None:
    plan = synthesize(CHANGED)
    for body in resources(plan, "aws_s3_bucket_lifecycle_configuration").values():
        assert [rule["expiration"] for rule in body["rule"] if "expiration" in rule] == [[{"days": 400}]]
        assert body["rule"][0]["noncurrent_version_expiration"] == [{"noncurrent_days": 7}]


@pytest.mark.parametrize("role", ROLES)
def test_both_frontend_buckets_get_every_file_of_the_site_with_its_type_and_cache_rules(plan: Plan, role: str) -> None:
    files = {body["key"]: body for body in in_region(plan, "aws_s3_object", role) if "source" in body}
    assert {key: body["content_type"].partition(";")[0] for key, body in files.items()} == {
        "index.html": "text/html",
        "app.js": "text/javascript",
        "style.css": "text/css",
    }
    for key, body in files.items():
        assert (plan.directory / body["source"]).name == key
        assert (plan.directory / body["source"]).is_file()
        assert body["source_hash"] == f'${{filesha256("{body["source"]}")}}'
        assert {"stale-while-revalidate=86400", "stale-if-error=604800"} <= set(body["cache_control"].split(", "))


def test_every_file_of_the_project_s_own_site_would_be_uploaded_but_no_config(tmp_path: Path) -> None:
    assets = read_assets(functions=ROOT / "lambda_src", site=ROOT / "frontend", archive=tmp_path / "functions.zip")
    keys = {file.key for file in assets.site_files}
    assert keys == {p.relative_to(ROOT / "frontend").as_posix() for p in (ROOT / "frontend").rglob("*") if p.is_file()}
    assert "index.html" in keys
    assert "config.json" not in keys  # Terraform would put it back at every apply


@pytest.mark.parametrize("role", ROLES)
def test_config_json_is_made_once_and_then_left_to_the_operator(plan: Plan, role: str) -> None:
    config = only(body for body in in_region(plan, "aws_s3_object", role) if body["key"] == "config.json")
    assert config["lifecycle"] == {"ignore_changes": "all"}
    assert config["cache_control"] == "no-store"
    assert config["content_type"] == "application/json"
    assert render_json(plan, config["content"].replace("plantimestamp()", '"2026-11-24T00:00:00Z"')) == {
        "apiUrl": f"https://a1b2c3d4e5.execute-api.{plan.region('primary')}.amazonaws.com/prod/",
        "fallbackApiUrl": f"https://a1b2c3d4e5.execute-api.{plan.region('failover')}.amazonaws.com/prod/",
        "region": plan.region("primary"),
        "role": "primary",
        "generation": 1,
        "updatedAt": "2026-11-24T00:00:00Z",
    }


def test_without_the_fallback_config_json_names_one_api_alone(synthesize: Synthesize) -> None:
    plan = synthesize(CHANGED)
    for role in ROLES:
        config = only(body for body in in_region(plan, "aws_s3_object", role) if body["key"] == "config.json")
        assert "fallbackApiUrl" not in config["content"]
    assert render_json(plan, plan.document["output"]["manifest"]["value"])["site"]["apiFallback"] is False


@pytest.mark.parametrize("role", ROLES)
def test_both_frontend_buckets_tell_the_page_what_may_be_uploaded(synthesize: Synthesize, role: str) -> None:
    plan = synthesize(CHANGED)
    limits = only(body for body in in_region(plan, "aws_s3_object", role) if body["key"] == "limits.json")
    assert render_json(plan, limits["content"]) == {
        "maxUploadBytes": 2 * 1024 * 1024,
        "uploadTypes": {".md": "text/markdown", ".pdf": "application/pdf"},
    }
    assert limits["cache_control"].startswith("public, max-age=60, ")


def test_every_object_waits_for_its_bucket_s_versioning(plan: Plan) -> None:
    waits = [json.dumps(body["depends_on"]) for body in resources(plan, "aws_s3_object").values()]
    assert len(waits) == 10
    assert all("aws_s3_bucket_versioning." in wait for wait in waits)
