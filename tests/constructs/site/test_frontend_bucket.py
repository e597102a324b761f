"""The frontend buckets: the site's files, and the files that the distribution may not read."""

import json

import pytest

from tests.constructs.helpers import ACCOUNT, render
from tests.constructs.plan import ROLES, Plan, in_region, only, resources, statements


@pytest.mark.parametrize("role", ROLES)
def test_the_operator_s_files_are_never_served(plan: Plan, role: str) -> None:
    policy = only(body for body in in_region(plan, "aws_s3_bucket_policy", role) if "_frontend_" in body["bucket"])
    deny = only(statement for statement in statements(policy["policy"]) if statement["Sid"] == "DistributionNeverReads")
    assert (deny["Effect"], deny["Principal"]) == ("Deny", {"Service": "cloudfront.amazonaws.com"})
    assert deny["Action"] == ["s3:GetObject"]
    assert [render(plan, resource) for resource in deny["Resource"]] == [
        f"arn:aws:s3:::chatbot-frontend-{ACCOUNT}-{plan.region(role)}/standby/*"
    ]
    assert "Condition" not in deny


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


def test_every_object_waits_for_its_bucket_s_versioning(plan: Plan) -> None:
    waits = [json.dumps(body["depends_on"]) for body in resources(plan, "aws_s3_object").values()]
    assert len(waits) == 12
    assert all("aws_s3_bucket_versioning." in wait for wait in waits)
