"""A Bedrock Knowledge Base over one region's documents bucket."""

from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.documents.bucket import DocumentsBucket
from warm_standby.iam import ServiceRole, Statement
from warm_standby.knowledge_base.opensearch import OpenSearchKnowledgeBase
from warm_standby.knowledge_base.s3_vectors import S3VectorsKnowledgeBase
from warm_standby.knowledge_base.vector_store import IndexPrincipals, OpenSearchVectorStore, S3VectorStore
from warm_standby.names import Names
from warm_standby.settings import KnowledgeBase as KnowledgeBaseSettings


class KnowledgeBase(Construct):
    """A Knowledge Base with its vector store, its role and one S3 data source.

    `deployer_arn` is the IAM principal that runs Terraform. It creates the index of an OpenSearch collection.
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
        deployer_arn: str,
    ) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        self._names = names
        self._settings = settings
        self._documents = documents
        self._role_name = names.account_wide("knowledge-base")
        if settings.vector_store == "opensearch-serverless":
            knowledge_base = self._on_opensearch(deployer_arn)
        else:
            knowledge_base = self._on_s3_vectors()
        self.knowledge_base_id = knowledge_base.knowledge_base_id
        self.data_source_id = knowledge_base.data_source_id
        self.arn = names.arn("bedrock", f"knowledge-base/{self.knowledge_base_id}")

    def _on_opensearch(self, deployer_arn: str) -> OpenSearchKnowledgeBase | S3VectorsKnowledgeBase:
        store = OpenSearchVectorStore(
            self,
            "vectors",
            provider=self._provider,
            names=self._names,
            dimensions=self._settings.embedding_dimensions,
            principals=IndexPrincipals(
                knowledge_base_role_arn=f"arn:aws:iam::{self._names.account}:role/{self._role_name}",
                deployer_arn=deployer_arn,
            ),
        )
        return OpenSearchKnowledgeBase(
            self,
            "service",
            provider=self._provider,
            names=self._names,
            settings=self._settings,
            documents=self._documents,
            store=store,
            role=self._role(store.role_statement()),
        )

    def _on_s3_vectors(self) -> OpenSearchKnowledgeBase | S3VectorsKnowledgeBase:
        store = S3VectorStore(
            self,
            "vectors",
            provider=self._provider,
            names=self._names,
            dimensions=self._settings.embedding_dimensions,
        )
        return S3VectorsKnowledgeBase(
            self,
            "service",
            provider=self._provider,
            names=self._names,
            settings=self._settings,
            documents=self._documents,
            store=store,
            role=self._role(store.role_statement()),
        )

    def _role(self, use_vectors: Statement) -> ServiceRole:
        return ServiceRole(
            self,
            "role",
            provider=self._provider,
            name=self._role_name,
            service="bedrock.amazonaws.com",
            trust_conditions={
                "StringEquals": {"aws:SourceAccount": self._names.account},
                "ArnLike": {"aws:SourceArn": self._names.arn("bedrock", "knowledge-base/*")},
            },
            statements=_role_statements(self._names, self._settings, self._documents, use_vectors),
        )


def _role_statements(
    names: Names, settings: KnowledgeBaseSettings, documents: DocumentsBucket, use_vectors: Statement
) -> list[Statement]:
    """Return the permissions of the Knowledge Base's role.

    Source: docs.aws.amazon.com, Bedrock, "Create a service role for Amazon Bedrock Knowledge Bases".
    """
    own_account = {"StringEquals": {"aws:ResourceAccount": names.account}}
    model = f"arn:aws:bedrock:{names.region}::foundation-model/{settings.embedding_model}"
    return [
        Statement(sid="Embed", actions=["bedrock:InvokeModel"], resources=[model]),
        Statement(sid="ListDocuments", actions=["s3:ListBucket"], resources=[documents.arn], conditions=own_account),
        Statement(
            sid="ReadDocuments", actions=["s3:GetObject"], resources=[f"{documents.arn}/*"], conditions=own_account
        ),
        use_vectors,
    ]
