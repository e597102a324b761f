"""The documents buckets: uploads from the site, and lifecycle rules."""

import pytest

from tests.constructs.helpers import render
from tests.constructs.plan import ROLES, Plan, Synthesize, in_region, only, resources
from tests.constructs.variants import CHANGED


@pytest.mark.parametrize("role", ROLES)
def test_browsers_may_upload_documents_only_from_the_site(plan: Plan, role: str) -> None:
    cors = only(only(in_region(plan, "aws_s3_bucket_cors_configuration", role))["cors_rule"])
    assert cors["allowed_methods"] == ["POST"]
    assert [render(plan, origin) for origin in cors["allowed_origins"]] == ["https://d111111abcdef8.cloudfront.net"]


def test_old_versions_and_abandoned_uploads_expire_and_documents_do_not(plan: Plan) -> None:
    lifecycles = list(resources(plan, "aws_s3_bucket_lifecycle_configuration").values())
    assert len(lifecycles) == 2
    for body in lifecycles:
        rule = only(body["rule"])
        assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 90}]
        assert rule["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 7}]
        assert rule["expiration"] == [{"expired_object_delete_marker": True}]


def test_documents_expire_in_both_regions_before_their_tombstones_if_the_setting_is_given(
    synthesize: Synthesize,
) -> None:
    plan = synthesize(CHANGED)
    for body in resources(plan, "aws_s3_bucket_lifecycle_configuration").values():
        expired = {rule["filter"][0]["prefix"]: rule["expiration"][0].get("days") for rule in body["rule"]}
        assert expired == {"": None, "uploads/": 400, "deleted/": 430}
        assert body["rule"][0]["noncurrent_version_expiration"] == [{"noncurrent_days": 7}]
