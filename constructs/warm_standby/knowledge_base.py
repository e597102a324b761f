"""A Bedrock Knowledge Base over one region's documents bucket."""

from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.documents_bucket import DocumentsBucket
from warm_standby.iam import ServiceRole, Statement
from warm_standby.knowledge_base_opensearch import OpenSearchKnowledgeBase
from warm_standby.knowledge_base_s3_vectors import S3VectorsKnowledgeBase
from warm_standby.names import Names
from warm_standby.settings import KnowledgeBase as KnowledgeBaseSettings
from warm_standby.vector_store import OpenSearchVectorStore, Reader, S3VectorStore


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
        role_name = names.in_account("knowledge-base")
        store: OpenSearchVectorStore | S3VectorStore
        if settings.vector_store == "opensearch-serverless":
            reader = Reader(
                knowledge_base_role_arn=f"arn:aws:iam::{names.account}:role/{role_name}", applier_arn=applier_arn
            )
            store = OpenSearchVectorStore(
                self,
                "vectors",
                provider=provider,
                names=names,
                dimensions=settings.embedding_dimensions,
                reader=reader,
            )
        else:
            store = S3VectorStore(
                self, "vectors", provider=provider, names=names, dimensions=settings.embedding_dimensions
            )
        role = ServiceRole(
            self,
            "role",
            provider=provider,
            name=role_name,
            service="bedrock.amazonaws.com",
            trust_conditions={
                "StringEquals": {"aws:SourceAccount": names.account},
                "ArnLike": {"aws:SourceArn": names.arn("bedrock", "knowledge-base/*")},
            },
            statements=_permissions(names, settings, documents, store.role_statement()),
        )
        knowledge_base: OpenSearchKnowledgeBase | S3VectorsKnowledgeBase
        if isinstance(store, OpenSearchVectorStore):
            knowledge_base = OpenSearchKnowledgeBase(
                self,
                "service",
                provider=provider,
                names=names,
                settings=settings,
                documents=documents,
                store=store,
                role=role,
            )
        else:
            knowledge_base = S3VectorsKnowledgeBase(
                self,
                "service",
                provider=provider,
                names=names,
                settings=settings,
                documents=documents,
                store=store,
                role=role,
            )
        self.knowledge_base_id = knowledge_base.knowledge_base_id
        self.data_source_id = knowledge_base.data_source_id
        self.arn = names.arn("bedrock", f"knowledge-base/{self.knowledge_base_id}")


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
