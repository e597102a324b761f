"""limits.json comes from the settings."""

import pytest

from tests.constructs.helpers import render_json
from tests.constructs.plan import ROLES, Synthesize, in_region, only
from tests.constructs.variants import CHANGED


@pytest.mark.parametrize("role", ROLES)
def test_both_frontend_buckets_have_the_upload_limits(synthesize: Synthesize, role: str) -> None:
    plan = synthesize(CHANGED)
    limits = only(body for body in in_region(plan, "aws_s3_object", role) if body["key"] == "limits.json")
    assert render_json(plan, limits["content"]) == {
        "maxUploadBytes": 2 * 1024 * 1024,
        "uploadTypes": {".md": "text/markdown", ".pdf": "application/pdf"},
    }
    assert limits["cache_control"].startswith("public, max-age=60, ")
