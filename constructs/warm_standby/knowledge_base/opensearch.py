"""A Knowledge Base with its vectors in OpenSearch Serverless."""

import json
from collections.abc import Sequence
from typing import Final

import cdktf_cdktf_provider_aws.bedrockagent_knowledge_base as bindings
from cdktf import Fn, ITerraformDependable
from cdktf_cdktf_provider_aws.bedrockagent_data_source import (
    BedrockagentDataSource,
    BedrockagentDataSourceDataSourceConfiguration,
    BedrockagentDataSourceDataSourceConfigurationS3Configuration,
    BedrockagentDataSourceVectorIngestionConfiguration,
    BedrockagentDataSourceVectorIngestionConfigurationChunkingConfiguration,
    BedrockagentDataSourceVectorIngestionConfigurationChunkingConfigurationFixedSizeChunkingConfiguration,
)
from cdktf_cdktf_provider_aws.opensearchserverless_access_policy import OpensearchserverlessAccessPolicy
from cdktf_cdktf_provider_aws.opensearchserverless_collection import OpensearchserverlessCollection
from cdktf_cdktf_provider_aws.opensearchserverless_security_policy import OpensearchserverlessSecurityPolicy
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.documents.prefixes import DOCUMENTS_PREFIX
from warm_standby.iam import ServiceRole, Statement
from warm_standby.knowledge_base.cloud_control import OPENSEARCH_INDEX, CloudControlResource
from warm_standby.knowledge_base.inputs import INDEX_NAME, METADATA_FIELD, KnowledgeBaseInputs
from warm_standby.names import Names
from warm_standby.settings import KnowledgeBase as KnowledgeBaseSettings

VECTOR_FIELD: Final = "bedrock-knowledge-base-default-vector"
TEXT_FIELD: Final = "AMAZON_BEDROCK_TEXT_CHUNK"

# The bindings name a nested block after all the blocks around it. These are short names for four of them.
_Configuration = bindings.BedrockagentKnowledgeBaseKnowledgeBaseConfiguration
_Vector = bindings.BedrockagentKnowledgeBaseKnowledgeBaseConfigurationVectorKnowledgeBaseConfiguration
_Embedding = getattr(bindings, f"{_Vector.__name__}EmbeddingModelConfiguration")
_BedrockEmbedding = getattr(bindings, f"{_Embedding.__name__}BedrockEmbeddingModelConfiguration")


class OpenSearchVectorStore(Construct):
    """A vector search collection with one index for a Knowledge Base.

    It has no standby replicas, because the other region is the redundancy. That halves the minimum to 1 OCU.
    The Knowledge Base's role uses the index. `applier_arns` manage it: the role that applies now (not its session), and
    the listed ones. Terraform reads an index with the rights of its caller, so a role that is not listed cannot plan.
    The list is sorted by Terraform, so that the policy is the same for each of them.
    Source: docs.aws.amazon.com, Bedrock, "Prerequisites for using a vector store you created for a knowledge base".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        dimensions: int,
        role_arn: str,
        applier_arns: Sequence[str],
    ) -> None:
        super().__init__(scope, id_)
        self.name = names.regional("documents")
        self._provider = provider
        rules = [{"ResourceType": "collection", "Resource": [f"collection/{self.name}"]}]
        policies = [
            self._security_policy(
                "encryption", {"AWSOwnedKey": True, "Rules": rules}, "Encrypt the collection with a key that AWS owns"
            ),
            # Public means reachable, not readable: every request is signed and needs the data access policy below. The
            # Knowledge Base could use SourceServices instead, but Cloud Control, which creates the index, could not.
            self._security_policy(
                "network",
                [{"AllowFromPublic": True, "Rules": rules}],
                "Reach the collection's endpoint; requests are signed",
            ),
            self._data_access(role_arn, applier_arns),
        ]
        self.collection = OpensearchserverlessCollection(
            self,
            "collection",
            provider=provider,
            name=self.name,
            description="Vectors of the documents, for the Knowledge Base",
            type="VECTORSEARCH",
            standby_replicas="DISABLED",
            depends_on=policies,
        )
        self.index = CloudControlResource(
            self,
            "index",
            provider=provider,
            resource_type=OPENSEARCH_INDEX,
            desired_state={
                "CollectionEndpoint": self.collection.collection_endpoint,
                "IndexName": INDEX_NAME,
                "Settings": {"Index": {"Knn": True}},
                "Mappings": {"Properties": _mappings(dimensions)},
            },
            depends_on=policies,
        )

    def _security_policy(self, type_: str, policy: object, description: str) -> ITerraformDependable:
        return OpensearchserverlessSecurityPolicy(
            self,
            type_,
            provider=self._provider,
            name=self.name,
            description=description,
            type=type_,
            policy=json.dumps(policy, sort_keys=True),
        )

    def _data_access(self, role_arn: str, applier_arns: Sequence[str]) -> ITerraformDependable:
        resource = [f"index/{self.name}/*"]
        use = ["aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument"]
        manage = ["aoss:CreateIndex", "aoss:DeleteIndex", "aoss:DescribeIndex", "aoss:UpdateIndex"]
        several = len(applier_arns) > 1  # one of them may be the present one: Terraform decides
        appliers = Fn.sort(Fn.distinct([*applier_arns])) if several else [*applier_arns]
        rules = [(use, [role_arn]), (manage, appliers)]
        policy = [
            {"Principal": arns, "Rules": [{"ResourceType": "index", "Resource": resource, "Permission": permissions}]}
            for permissions, arns in rules
        ]
        return OpensearchserverlessAccessPolicy(
            self,
            "data_access",
            provider=self._provider,
            name=self.name,
            description="The Knowledge Base uses the index; the identity that applies the stack manages it",
            type="data",
            policy=Fn.jsonencode(policy) if several else json.dumps(policy, sort_keys=True),
        )

    def role_statement(self) -> Statement:
        """Return the permission that the Knowledge Base's role needs to call the collection's API."""
        return Statement(sid="UseVectors", actions=["aoss:APIAccessAll"], resources=[self.collection.arn])


def _mappings(dimensions: int) -> dict[str, object]:
    # Engine faiss: other engines ignore metadata filters.
    # Source: docs.aws.amazon.com, Bedrock, "Prerequisites for using a vector store you created for a knowledge base".
    return {
        VECTOR_FIELD: {
            "Type": "knn_vector",
            "Dimension": dimensions,
            "Method": {"Name": "hnsw", "Engine": "faiss", "SpaceType": "l2"},
        },
        TEXT_FIELD: {"Type": "text", "Index": True},
        METADATA_FIELD: {"Type": "text", "Index": False},
    }


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
        inputs: KnowledgeBaseInputs,
        store: OpenSearchVectorStore,
        role: ServiceRole,
    ) -> None:
        super().__init__(scope, id_)
        knowledge_base = bindings.BedrockagentKnowledgeBase(
            self,
            "knowledge_base",
            provider=provider,
            name=inputs.names.regional("documents"),
            description="The documents that questions are answered from",
            role_arn=role.role.arn,
            knowledge_base_configuration=[_vectors(inputs)],
            storage_configuration=[_storage(store)],
            depends_on=[role.policy, store.index.resource],
        )
        data_source = BedrockagentDataSource(
            self,
            "data_source",
            provider=provider,
            name=inputs.names.regional("documents"),
            knowledge_base_id=knowledge_base.id,
            description="The documents bucket",
            data_deletion_policy="RETAIN",
            data_source_configuration=[_bucket(inputs)],
            vector_ingestion_configuration=[_chunks(inputs.settings)],
        )
        self.knowledge_base_id = knowledge_base.id
        self.data_source_id = data_source.data_source_id


def _vectors(inputs: KnowledgeBaseInputs) -> bindings.BedrockagentKnowledgeBaseKnowledgeBaseConfiguration:
    model = _BedrockEmbedding(dimensions=inputs.settings.embedding_dimensions, embedding_data_type="FLOAT32")
    vector = _Vector(
        embedding_model_arn=inputs.embedding_model_arn,
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


def _bucket(inputs: KnowledgeBaseInputs) -> BedrockagentDataSourceDataSourceConfiguration:
    s3 = BedrockagentDataSourceDataSourceConfigurationS3Configuration(
        bucket_arn=inputs.documents.bucket.arn, inclusion_prefixes=[DOCUMENTS_PREFIX]
    )
    return BedrockagentDataSourceDataSourceConfiguration(type="S3", s3_configuration=[s3])


def _chunks(settings: KnowledgeBaseSettings) -> BedrockagentDataSourceVectorIngestionConfiguration:
    fixed = BedrockagentDataSourceVectorIngestionConfigurationChunkingConfigurationFixedSizeChunkingConfiguration(
        max_tokens=settings.chunk_tokens, overlap_percentage=settings.chunk_overlap_percent
    )
    chunking = BedrockagentDataSourceVectorIngestionConfigurationChunkingConfiguration(
        chunking_strategy="FIXED_SIZE", fixed_size_chunking_configuration=[fixed]
    )
    return BedrockagentDataSourceVectorIngestionConfiguration(chunking_configuration=[chunking])
