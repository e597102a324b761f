"""What the Knowledge Base of either vector store needs."""

from dataclasses import dataclass
from typing import Final

from warm_standby.documents.bucket import DocumentsBucket
from warm_standby.names import Names
from warm_standby.settings import KnowledgeBase as KnowledgeBaseSettings

INDEX_NAME: Final = "documents"
METADATA_FIELD: Final = "AMAZON_BEDROCK_METADATA"


@dataclass(frozen=True, kw_only=True)
class KnowledgeBaseInputs:
    """The names, the settings, and the bucket of the documents."""

    names: Names
    settings: KnowledgeBaseSettings
    documents: DocumentsBucket

    @property
    def embedding_model_arn(self) -> str:
        """The ARN of the embedding model in this region."""
        return f"arn:aws:bedrock:{self.names.region}::foundation-model/{self.settings.embedding_model}"
