"""A Knowledge Base with its vectors in OpenSearch Serverless."""

import cdktf_cdktf_provider_aws.bedrockagent_knowledge_base as bindings
from cdktf_cdktf_provider_aws.bedrockagent_data_source import (
    BedrockagentDataSource,
    BedrockagentDataSourceDataSourceConfiguration,
    BedrockagentDataSourceDataSourceConfigurationS3Configuration,
    BedrockagentDataSourceVectorIngestionConfiguration,
    BedrockagentDataSourceVectorIngestionConfigurationChunkingConfiguration,
    BedrockagentDataSourceVectorIngestionConfigurationChunkingConfigurationFixedSizeChunkingConfiguration,
)
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.documents.bucket import DocumentsBucket
from warm_standby.iam import ServiceRole
from warm_standby.knowledge_base.vector_store import (
    INDEX_NAME,
    METADATA_FIELD,
    TEXT_FIELD,
    VECTOR_FIELD,
    OpenSearchVectorStore,
)
from warm_standby.names import Names
from warm_standby.settings import KnowledgeBase as KnowledgeBaseSettings

# The bindings name a nested block after all the blocks around it. These are short names for four of them.
_Configuration = bindings.BedrockagentKnowledgeBaseKnowledgeBaseConfiguration
_Vector = bindings.BedrockagentKnowledgeBaseKnowledgeBaseConfigurationVectorKnowledgeBaseConfiguration
_Embedding = getattr(bindings, f"{_Vector.__name__}EmbeddingModelConfiguration")
_BedrockEmbedding = getattr(bindings, f"{_Embedding.__name__}BedrockEmbeddingModelConfiguration")


class OpenSearchKnowledgeBase(Construct):
    """A Knowledge Base and its data source, the documents bucket, with fixed-size chunks.

    The data source retains its vectors when it is deleted. With the policy DELETE, `destroy` would wait until the
    vectors are deleted, and hang if their store is deleted first.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        settings: KnowledgeBaseSettings,
        documents: DocumentsBucket,
        store: OpenSearchVectorStore,
        role: ServiceRole,
    ) -> None:
        super().__init__(scope, id_)
        knowledge_base = bindings.BedrockagentKnowledgeBase(
            self,
            "knowledge_base",
            provider=provider,
            name=names.regional("documents"),
            description="The documents that questions are answered from",
            role_arn=role.role.arn,
            knowledge_base_configuration=[_vectors(names, settings)],
            storage_configuration=[_storage(store)],
            depends_on=[role.policy, store.index.resource],
        )
        data_source = BedrockagentDataSource(
            self,
            "data_source",
            provider=provider,
            name=names.regional("documents"),
            knowledge_base_id=knowledge_base.id,
            description="The documents bucket",
            data_deletion_policy="RETAIN",
            data_source_configuration=[_bucket(documents)],
            vector_ingestion_configuration=[_chunks(settings)],
        )
        self.knowledge_base_id = knowledge_base.id
        self.data_source_id = data_source.data_source_id


def _vectors(
    names: Names, settings: KnowledgeBaseSettings
) -> bindings.BedrockagentKnowledgeBaseKnowledgeBaseConfiguration:
    model = _BedrockEmbedding(dimensions=settings.embedding_dimensions, embedding_data_type="FLOAT32")
    vector = _Vector(
        embedding_model_arn=f"arn:aws:bedrock:{names.region}::foundation-model/{settings.embedding_model}",
        embedding_model_configuration=[_Embedding(bedrock_embedding_model_configuration=[model])],
    )
    return _Configuration(type="VECTOR", vector_knowledge_base_configuration=[vector])


def _storage(store: OpenSearchVectorStore) -> bindings.BedrockagentKnowledgeBaseStorageConfiguration:
    mapping = bindings.BedrockagentKnowledgeBaseStorageConfigurationOpensearchServerlessConfigurationFieldMapping(
        vector_field=VECTOR_FIELD, text_field=TEXT_FIELD, metadata_field=METADATA_FIELD
    )
    index = bindings.BedrockagentKnowledgeBaseStorageConfigurationOpensearchServerlessConfiguration(
        collection_arn=store.collection.arn, vector_index_name=INDEX_NAME, field_mapping=[mapping]
    )
    return bindings.BedrockagentKnowledgeBaseStorageConfiguration(
        type="OPENSEARCH_SERVERLESS", opensearch_serverless_configuration=[index]
    )


def _bucket(documents: DocumentsBucket) -> BedrockagentDataSourceDataSourceConfiguration:
    s3 = BedrockagentDataSourceDataSourceConfigurationS3Configuration(bucket_arn=documents.bucket.arn)
    return BedrockagentDataSourceDataSourceConfiguration(type="S3", s3_configuration=[s3])


def _chunks(settings: KnowledgeBaseSettings) -> BedrockagentDataSourceVectorIngestionConfiguration:
    fixed = BedrockagentDataSourceVectorIngestionConfigurationChunkingConfigurationFixedSizeChunkingConfiguration(
        max_tokens=settings.chunk_tokens, overlap_percentage=settings.chunk_overlap_percent
    )
    chunking = BedrockagentDataSourceVectorIngestionConfigurationChunkingConfiguration(
        chunking_strategy="FIXED_SIZE", fixed_size_chunking_configuration=[fixed]
    )
    return BedrockagentDataSourceVectorIngestionConfiguration(chunking_configuration=[chunking])
