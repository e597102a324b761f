"""What the Knowledge Base of either vector store needs."""

from dataclasses import dataclass
from typing import Final

from warm_standby.documents.bucket import DocumentsBucket
from warm_standby.region import Region
from warm_standby.settings import KnowledgeBase as KnowledgeBaseSettings

INDEX_NAME: Final = "documents"
METADATA_FIELD: Final = "AMAZON_BEDROCK_METADATA"


@dataclass(frozen=True, kw_only=True)
class KnowledgeBaseInputs:
    """The region, the settings, and the bucket of the documents."""

    region: Region
    settings: KnowledgeBaseSettings
    documents: DocumentsBucket

    @property
    def embedding_model_arn(self) -> str:
        """The ARN of the embedding model in this region."""
        return f"arn:aws:bedrock:{self.region.names.region}::foundation-model/{self.settings.embedding_model}"
