"""A manifest in the stack's format."""

import json
from collections.abc import Mapping
from typing import Final

from standby.deployment.manifest import Role

REGIONS: Final[Mapping[Role, str]] = {"primary": "us-west-2", "failover": "us-east-1"}


def manifest_text(suffix: str = "", *, name: str = "chatbot", vector_store: str = "s3-vectors") -> str:
    """Return a manifest in the stack's format."""
    regions = {
        role: {
            "region": region,
            "apiUrl": f"https://api{role}.execute-api.{region}.amazonaws.com/prod/",
            "healthUrl": f"https://api{role}.execute-api.{region}.amazonaws.com/prod/health",
            "documentsBucket": f"docs{suffix}-{region}",
            "frontendBucket": f"frontend{suffix}-{region}",
            "knowledgeBaseId": "KBABCDEFGH",
            "dataSourceId": "DSABCDEFGH",
            "ingestQueueUrl": f"https://sqs.{region}.amazonaws.com/000000000000/ingest",
            "deadLetterQueueUrl": f"https://sqs.{region}.amazonaws.com/000000000000/dead",
            "alertTopicArn": f"arn:aws:sns:{region}:000000000000:{name}-alerts",
            "ingestFunction": f"{name}-ingest",
            "replicatesTo": REGIONS["failover" if role == "primary" else "primary"],
        }
        for role, region in REGIONS.items()
    }
    site = {"url": "https://d1.cloudfront.net", "distributionId": "E1ABCDEFGHIJK", "apiFallback": True}
    of = {"name": name, "account": "000000000000", "vectorStore": vector_store}
    return json.dumps({"schemaVersion": 2, **of, "site": site, "regions": regions})
