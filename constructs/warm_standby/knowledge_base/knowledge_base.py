"""A Bedrock Knowledge Base over one region's documents bucket."""

from typing import Any

from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.documents.bucket import DocumentsBucket
from warm_standby.iam import ServiceRole, Statement
from warm_standby.knowledge_base.opensearch import OpenSearchKnowledgeBase
from warm_standby.knowledge_base.s3_vectors import S3VectorsKnowledgeBase
from warm_standby.knowledge_base.vector_store import OpenSearchVectorStore, Reader, S3VectorStore
from warm_standby.names import Names
from warm_standby.settings import KnowledgeBase as KnowledgeBaseSettings


class KnowledgeBase(Construct):
    """A Knowledge Base with its vector store, its role and one S3 data source."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        settings: KnowledgeBaseSettings,
        documents: DocumentsBucket,
        applier_arn: str,
    ) -> None:
        super().__init__(scope, id_)
        self._names = names
        self._role_name = names.in_account("knowledge-base")
        self._common: dict[str, Any] = {
            "provider": provider,
            "names": names,
            "settings": settings,
            "documents": documents,
        }
        if settings.vector_store == "opensearch-serverless":
            service = self._on_opensearch(provider, settings, applier_arn)
        else:
            service = self._on_s3_vectors(provider, settings)
        self.knowledge_base_id = service.knowledge_base_id
        self.data_source_id = service.data_source_id
        self.arn = names.arn("bedrock", f"knowledge-base/{self.knowledge_base_id}")

    def _on_opensearch(
        self, provider: AwsProvider, settings: KnowledgeBaseSettings, applier_arn: str
    ) -> OpenSearchKnowledgeBase | S3VectorsKnowledgeBase:
        store = OpenSearchVectorStore(
            self,
            "vectors",
            provider=provider,
            names=self._names,
            dimensions=settings.embedding_dimensions,
            reader=Reader(
                knowledge_base_role_arn=f"arn:aws:iam::{self._names.account}:role/{self._role_name}",
                applier_arn=applier_arn,
            ),
        )
        return OpenSearchKnowledgeBase(self, "service", **self._common, store=store, role=self._role(store))

    def _on_s3_vectors(
        self, provider: AwsProvider, settings: KnowledgeBaseSettings
    ) -> OpenSearchKnowledgeBase | S3VectorsKnowledgeBase:
        store = S3VectorStore(
            self, "vectors", provider=provider, names=self._names, dimensions=settings.embedding_dimensions
        )
        return S3VectorsKnowledgeBase(self, "service", **self._common, store=store, role=self._role(store))

    def _role(self, store: OpenSearchVectorStore | S3VectorStore) -> ServiceRole:
        return ServiceRole(
            self,
            "role",
            provider=self._common["provider"],
            name=self._role_name,
            service="bedrock.amazonaws.com",
            trust_conditions={
                "StringEquals": {"aws:SourceAccount": self._names.account},
                "ArnLike": {"aws:SourceArn": self._names.arn("bedrock", "knowledge-base/*")},
            },
            statements=_permissions(
                self._names, self._common["settings"], self._common["documents"], store.role_statement()
            ),
        )


def _permissions(
    names: Names, settings: KnowledgeBaseSettings, documents: DocumentsBucket, use_vectors: Statement
) -> list[Statement]:
    """Return what a Knowledge Base's role needs.

    Source: docs.aws.amazon.com, Bedrock, "Create a service role for Amazon Bedrock Knowledge Bases".
    """
    ours = {"StringEquals": {"aws:ResourceAccount": names.account}}
    model = f"arn:aws:bedrock:{names.region}::foundation-model/{settings.embedding_model}"
    return [
        Statement(sid="Embed", actions=["bedrock:InvokeModel"], resources=[model]),
        Statement(sid="ListDocuments", actions=["s3:ListBucket"], resources=[documents.arn], conditions=ours),
        Statement(sid="ReadDocuments", actions=["s3:GetObject"], resources=[f"{documents.arn}/*"], conditions=ours),
        use_vectors,
    ]
