"""A Knowledge Base with its vectors in S3 Vectors, created through Cloud Control.

The pinned provider (5.100.0) does not support this storage type. It came with 6.27.0 (the provider's CHANGELOG).
"""

from cdktf import Fn, TerraformLocal, TerraformResource
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.documents.prefixes import DOCUMENTS_PREFIX
from warm_standby.iam import ServiceRole, Statement
from warm_standby.knowledge_base.cloud_control import (
    DATA_SOURCE,
    KNOWLEDGE_BASE,
    VECTOR_BUCKET,
    VECTOR_INDEX,
    CloudControlResource,
)
from warm_standby.knowledge_base.inputs import INDEX_NAME, METADATA_FIELD, KnowledgeBaseInputs
from warm_standby.names import Names
from warm_standby.settings import KnowledgeBase as KnowledgeBaseSettings


class S3VectorStore(Construct):
    """A vector bucket with one index for a Knowledge Base. It costs nothing while idle.

    The two AMAZON_BEDROCK fields are non-filterable, because a chunk exceeds the size limit of filterable metadata.
    Source: docs.aws.amazon.com, Bedrock, "Prerequisites for using a vector store you created for a knowledge base".
    """

    def __init__(self, scope: Construct, id_: str, *, provider: AwsProvider, names: Names, dimensions: int) -> None:
        super().__init__(scope, id_)
        bucket_name = names.bucket("vectors")
        self.index_arn = names.arn("s3vectors", f"bucket/{bucket_name}/index/{INDEX_NAME}")
        self.bucket = CloudControlResource(
            self,
            "bucket",
            provider=provider,
            resource_type=VECTOR_BUCKET,
            desired_state={"VectorBucketName": bucket_name},
        )
        self.index = CloudControlResource(
            self,
            "index",
            provider=provider,
            resource_type=VECTOR_INDEX,
            desired_state={
                "VectorBucketName": bucket_name,
                "IndexName": INDEX_NAME,
                "DataType": "float32",
                "Dimension": dimensions,
                "DistanceMetric": "cosine",
                "MetadataConfiguration": {"NonFilterableMetadataKeys": ["AMAZON_BEDROCK_TEXT", METADATA_FIELD]},
            },
            depends_on=[self.bucket.resource],
        )

    def role_statement(self) -> Statement:
        """Return the permissions that the Knowledge Base's role needs on the index."""
        verbs = ("DeleteVectors", "GetIndex", "GetVectors", "PutVectors", "QueryVectors")
        return Statement(sid="UseVectors", actions=[f"s3vectors:{verb}" for verb in verbs], resources=[self.index_arn])


class S3VectorsKnowledgeBase(Construct):
    """A Knowledge Base and its data source, the documents bucket, with fixed-size chunks."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        inputs: KnowledgeBaseInputs,
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
                "Name": inputs.names.regional("documents"),
                "Description": "The documents that questions are answered from",
                "RoleArn": role.role.arn,
                "KnowledgeBaseConfiguration": _vectors(inputs),
                "StorageConfiguration": {"Type": "S3_VECTORS", "S3VectorsConfiguration": {"IndexArn": store.index_arn}},
            },
            depends_on=[role.policy, store.index.resource],
        )
        self._role = role
        self._resource = knowledge_base.resource
        self.knowledge_base_id = knowledge_base.resource.id
        data_source = CloudControlResource(
            self,
            "data_source",
            provider=provider,
            resource_type=DATA_SOURCE,
            desired_state={
                "Name": inputs.names.regional("documents"),
                "KnowledgeBaseId": self.knowledge_base_id,
                "DataDeletionPolicy": "RETAIN",
                "DataSourceConfiguration": {
                    "Type": "S3",
                    "S3Configuration": {"BucketArn": inputs.documents.arn, "InclusionPrefixes": [DOCUMENTS_PREFIX]},
                },
                "VectorIngestionConfiguration": {"ChunkingConfiguration": _chunks(inputs.settings)},
            },
        )
        # The identifier of a data source is KNOWLEDGEBASE|DATASOURCE.
        # Source: docs.aws.amazon.com, Cloud Control API, "Identifying resources".
        parts = Fn.split("|", data_source.resource.id)
        self.data_source_id = TerraformLocal(self, "data_source_id", Fn.element(Fn.reverse(parts), 0)).as_string

    def create_after(self, slow: TerraformResource) -> None:
        """Create a resource after the role's policy, and the Knowledge Base after that resource."""
        slow.depends_on = [*(slow.depends_on or []), _address(self._role.policy)]
        self._resource.depends_on = [*(self._resource.depends_on or []), _address(slow)]


def _address(resource: TerraformResource) -> str:
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"


def _vectors(inputs: KnowledgeBaseInputs) -> dict[str, object]:
    model = {"Dimensions": inputs.settings.embedding_dimensions, "EmbeddingDataType": "FLOAT32"}
    return {
        "Type": "VECTOR",
        "VectorKnowledgeBaseConfiguration": {
            "EmbeddingModelArn": inputs.embedding_model_arn,
            "EmbeddingModelConfiguration": {"BedrockEmbeddingModelConfiguration": model},
        },
    }


def _chunks(settings: KnowledgeBaseSettings) -> dict[str, object]:
    size = {"MaxTokens": settings.chunk_tokens, "OverlapPercentage": settings.chunk_overlap_percent}
    return {"ChunkingStrategy": "FIXED_SIZE", "FixedSizeChunkingConfiguration": size}
