"""A Knowledge Base with its vectors in S3 Vectors, created through Cloud Control.

The pinned provider (5.100.0) does not support this storage type. It came with 6.27.0 (the provider's CHANGELOG).
"""

from cdktf import Fn, TerraformLocal
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.documents.bucket import DocumentsBucket
from warm_standby.iam import ServiceRole
from warm_standby.knowledge_base.cloud_control import DATA_SOURCE, KNOWLEDGE_BASE, CloudControlResource
from warm_standby.knowledge_base.vector_store import S3VectorStore
from warm_standby.names import Names
from warm_standby.settings import KnowledgeBase as KnowledgeBaseSettings


class S3VectorsKnowledgeBase(Construct):
    """A Knowledge Base and its data source, the documents bucket, with fixed-size chunks."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        settings: KnowledgeBaseSettings,
        documents: DocumentsBucket,
        store: S3VectorStore,
        role: ServiceRole,
    ) -> None:
        super().__init__(scope, id_)
        knowledge_base = CloudControlResource(
            self,
            "knowledge_base",
            provider=provider,
            resource_type=KNOWLEDGE_BASE,
            desired_state={
                "Name": names.regional("documents"),
                "Description": "The documents that questions are answered from",
                "RoleArn": role.role.arn,
                "KnowledgeBaseConfiguration": _vectors(names, settings),
                "StorageConfiguration": {"Type": "S3_VECTORS", "S3VectorsConfiguration": {"IndexArn": store.index_arn}},
            },
            depends_on=[role.policy, store.index.resource],
        )
        self.knowledge_base_id = knowledge_base.resource.id
        data_source = CloudControlResource(
            self,
            "data_source",
            provider=provider,
            resource_type=DATA_SOURCE,
            desired_state={
                "Name": names.regional("documents"),
                "KnowledgeBaseId": self.knowledge_base_id,
                "DataDeletionPolicy": "RETAIN",
                "DataSourceConfiguration": {"Type": "S3", "S3Configuration": {"BucketArn": documents.arn}},
                "VectorIngestionConfiguration": {"ChunkingConfiguration": _chunks(settings)},
            },
        )
        # The identifier of a data source is KNOWLEDGEBASE|DATASOURCE.
        # Source: docs.aws.amazon.com, Cloud Control API, "Identifying resources".
        parts = Fn.split("|", data_source.resource.id)
        self.data_source_id = TerraformLocal(self, "data_source_id", Fn.element(Fn.reverse(parts), 0)).as_string


def _vectors(names: Names, settings: KnowledgeBaseSettings) -> dict[str, object]:
    model = {"Dimensions": settings.embedding_dimensions, "EmbeddingDataType": "FLOAT32"}
    return {
        "Type": "VECTOR",
        "VectorKnowledgeBaseConfiguration": {
            "EmbeddingModelArn": f"arn:aws:bedrock:{names.region}::foundation-model/{settings.embedding_model}",
            "EmbeddingModelConfiguration": {"BedrockEmbeddingModelConfiguration": model},
        },
    }


def _chunks(settings: KnowledgeBaseSettings) -> dict[str, object]:
    size = {"MaxTokens": settings.chunk_tokens, "OverlapPercentage": settings.chunk_overlap_percent}
    return {"ChunkingStrategy": "FIXED_SIZE", "FixedSizeChunkingConfiguration": size}
