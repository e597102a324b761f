"""The four buckets are versioned, encrypted, private, and accept TLS only."""

from tests.constructs.helpers import ACCOUNT, render
from tests.constructs.plan import ROLES, Json, Plan, only, resources, statements


def bucket_ids(plan: Plan) -> set[str]:
    return {f"${{aws_s3_bucket.{name}.id}}" for name in resources(plan, "aws_s3_bucket")}


def by_bucket(plan: Plan, type_: str) -> dict[str, Json]:
    found = list(resources(plan, type_).values())
    assert len({body["bucket"] for body in found}) == len(found), "a bucket has this twice: the last one would win"
    return {body["bucket"]: body for body in found}


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


def test_every_bucket_blocks_public_access_and_disables_access_control_lists(plan: Plan) -> None:
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


def test_bucket_policies_allow_only_the_one_distribution(plan: Plan) -> None:
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
