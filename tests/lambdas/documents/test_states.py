"""The state of a document, from the responses of Bedrock."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from documents.document_list import DocumentList
from documents.settings import Settings
from shared.environment import ConfigurationError, Environment
from shared.logs import Log
from tests.lambdas.documents.helpers import IDS
from tests.lambdas.helpers import SITE_ORIGIN

AT = datetime(2026, 11, 24, tzinfo=UTC)


def settings(**changed: str) -> Settings:
    variables = {
        "AWS_REGION": "us-west-2",
        "SITE_ORIGIN": SITE_ORIGIN,
        "DOCUMENTS_BUCKET": "b",
        "KNOWLEDGE_BASE_ID": "KB00000001",
        "DATA_SOURCE_ID": "DS00000001",
        "ACCESS_MODE": "open",
        "DELETE_CLAIMS": "{}",
    }
    return Settings.read(
        Environment(variables={**variables, **{name.upper(): value for name, value in changed.items()}})
    )


def page(*details: tuple[str, str], documents: int = 1, error: str = "") -> list[dict[str, Any]]:
    """Return the listed documents, of which Bedrock returns these states and reasons."""
    s3, agent = boto3.client("s3", region_name="us-west-2"), boto3.client("bedrock-agent", region_name="us-west-2")
    keys = [f"uploads/{IDS[number]}/a.txt" for number in range(documents)]
    identifiers = [{"dataSourceType": "S3", "s3": {"uri": f"s3://b/{key}"}} for key in keys]
    with Stubber(s3) as stubbed_s3, Stubber(agent) as stubbed_agent:
        found = [{"Key": key, "Size": 1, "LastModified": AT} for key in keys]
        stubbed_s3.add_response("list_objects_v2", {"Contents": found, "IsTruncated": False})
        stubbed_s3.add_response("list_objects_v2", {"IsTruncated": False})
        if error:
            stubbed_agent.add_client_error("get_knowledge_base_documents", error)
        else:
            ids = {"knowledgeBaseId": "KB00000001", "dataSourceId": "DS00000001"}
            answers = [
                {**ids, "identifier": identifier, "status": status, "statusReason": reason}
                for identifier, (status, reason) in zip(identifiers, details, strict=False)
            ]
            expected = {**ids, "documentIdentifiers": identifiers}
            stubbed_agent.add_response("get_knowledge_base_documents", {"documentDetails": answers}, expected)
        listing = DocumentList(s3=s3, bedrock_agent=agent, settings=settings())
        shown: Any = listing.page("", Log())["documents"]
        return list(shown)


@pytest.mark.parametrize(
    "status,state",
    [
        ("INDEXED", "ready"),
        ("PARTIALLY_INDEXED", "ready"),
        ("PENDING", "processing"),
        ("STARTING", "processing"),
        ("IN_PROGRESS", "processing"),
        ("NOT_FOUND", "processing"),
        ("SOMETHING_NEW", "processing"),
    ],
)
def test_a_document_is_ready_once_it_is_indexed(status: str, state: str) -> None:
    (document,) = page((status, ""))
    assert (document["state"], "reason" in document) == (state, False)


@pytest.mark.parametrize("status", ["FAILED", "IGNORED"])
def test_a_document_that_cannot_be_read_has_failed_for_bedrock_s_reason(status: str) -> None:
    (document,) = page((status, "The file is encrypted."))
    assert (document["state"], document["reason"]) == ("failed", "The file is encrypted.")


def test_a_document_that_no_job_has_seen_is_processing() -> None:
    assert [one["state"] for one in page(("INDEXED", ""), documents=2)] == ["ready", "processing"]


@pytest.mark.parametrize("error", ["ThrottlingException", "AccessDeniedException"])
def test_without_an_answer_of_bedrock_the_documents_are_listed_and_their_state_is_unknown(error: str) -> None:
    assert [one["state"] for one in page(error=error, documents=2)] == ["unknown", "unknown"]


@pytest.mark.parametrize(
    "changed", [{"access_mode": "Open"}, {"delete_claims": "[]"}, {"delete_claims": "{"}, {"access_mode": ""}]
)
def test_a_wrong_access_variable_stops_the_cold_start(changed: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        settings(**changed)
