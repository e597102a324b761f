"""Retrieval of passages from the Knowledge Base."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agent_runtime import AgentsforBedrockRuntimeClient
    from mypy_boto3_bedrock_agent_runtime.type_defs import KnowledgeBaseRetrievalResultTypeDef

PASSAGES = 5


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A chunk of a document: its `s3://` URI, its text, and the vector store's score (higher is more similar)."""

    uri: str
    text: str
    score: float

    def as_citation(self) -> dict[str, object]:
        """Return the passage as a citation in the API's response."""
        return {"uri": self.uri, "text": self.text, "score": self.score}


def retrieve(client: "AgentsforBedrockRuntimeClient", *, knowledge_base_id: str, text: str) -> tuple[Passage, ...]:
    """Return up to 5 passages for a text of at most 1,000 characters, the best first.

    Raises botocore's errors. Quota: 20 calls per second. (Source: docs.aws.amazon.com, Amazon Bedrock endpoints and
    quotas.)
    """
    answer = client.retrieve(
        knowledgeBaseId=knowledge_base_id,
        retrievalQuery={"text": text},
        retrievalConfiguration={"vectorSearchConfiguration": {"numberOfResults": PASSAGES}},
    )
    passages = (_passage(result) for result in answer["retrievalResults"])
    return tuple(passage for passage in passages if passage.text.strip())


def _passage(result: "KnowledgeBaseRetrievalResultTypeDef") -> Passage:
    location = result.get("location")
    return Passage(
        uri=location.get("s3Location", {}).get("uri", "") if location else "",
        text=result["content"].get("text", ""),
        score=result.get("score", 0.0),
    )
