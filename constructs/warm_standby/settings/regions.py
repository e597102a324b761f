"""The AWS regions (commercial partition) in which a deployment can be, and what the others lack."""

import difflib
from typing import Final

BEDROCK_REGIONS: Final = (
    *("af-south-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2"),
    *("ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6"),
    *("ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1"),
    *("eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1"),
    *("mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"),
)
"""The regions that offer Bedrock. Source: botocore's endpoint list. A test compares the two, because reading that list
here would take as long as creating fifty resources."""

_WITHOUT_COMMON: Final = frozenset(
    {
        *("af-south-1", "ap-east-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6"),
        *("ap-southeast-7", "ca-west-1", "il-central-1", "me-central-1", "me-south-1", "mx-central-1"),
    }
)
MISSING: Final = {
    "Bedrock Knowledge Bases": _WITHOUT_COMMON | {"us-west-1"},
    "OpenSearch Serverless": _WITHOUT_COMMON,
    "S3 Vectors": frozenset({"il-central-1", "me-central-1", "me-south-1"}),
    "support by AWS provider 5.100.0": frozenset({"ap-southeast-6"}),
}
"""What a deployment needs in a region, and the regions with Bedrock that lack it.

Source: the CloudFormation resource types of each region, as cfn-lint 1.58.0 has them (November 2026):
`AWS::Bedrock::KnowledgeBase` and `AWS::Bedrock::DataSource`, `AWS::OpenSearchServerless::Collection` and `Index`,
`AWS::S3Vectors::VectorBucket` and `Index`; me-south-1 has no list there. The 20 regions with Knowledge Bases are on
docs.aws.amazon.com, Bedrock, "Supported models and Regions for Amazon Bedrock knowledge bases". For the provider: its
error `invalid AWS Region`; a test asks it."""

_ALWAYS_NEEDED: Final = ("Bedrock Knowledge Bases", "support by AWS provider 5.100.0")
_VECTOR_STORES: Final = {"opensearch-serverless": "OpenSearch Serverless", "s3-vectors": "S3 Vectors"}


def bedrock_region(value: str) -> str:
    """Return a region that offers Bedrock, so that a model may run there. Raises `ValueError` with the fix."""
    if value in BEDROCK_REGIONS:
        return value
    close = difflib.get_close_matches(value, BEDROCK_REGIONS, n=3) or ["us-west-2", "us-east-1"]
    raise ValueError(f"not an AWS region with Bedrock: did you mean {' or '.join(close)}?")


def missing_services(region: str, *, vector_store: str) -> tuple[str, ...]:
    """Return what a deployment with this vector store needs and the region lacks."""
    return tuple(need for need in (*_ALWAYS_NEEDED, _VECTOR_STORES[vector_store]) if region in MISSING[need])


def deployment_regions(*, vector_store: str) -> tuple[str, ...]:
    """Return the regions that lack nothing."""
    return tuple(region for region in BEDROCK_REGIONS if not missing_services(region, vector_store=vector_store))
