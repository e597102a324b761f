"""A Bedrock Knowledge Base over one region's documents bucket."""

from collections.abc import Sequence

from cdktf import TerraformResource
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.iam import ServiceRole, Statement
from warm_standby.knowledge_base.inputs import KnowledgeBaseInputs
from warm_standby.knowledge_base.opensearch import OpenSearchKnowledgeBase, OpenSearchVectorStore
from warm_standby.knowledge_base.s3_vectors import S3VectorsKnowledgeBase, S3VectorStore


class KnowledgeBase(Construct):
    """A Knowledge Base with its vector store, its role and one S3 data source.

    `applier_arns` are the IAM principals that run Terraform. They manage the index of an OpenSearch collection.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        inputs: KnowledgeBaseInputs,
        applier_arns: Sequence[str],
    ) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        self._inputs = inputs
        names = inputs.names
        self._role_name = names.account_wide("knowledge-base")
        if inputs.settings.vector_store == "opensearch-serverless":
            knowledge_base = self._on_opensearch(applier_arns)
        else:
            knowledge_base = self._on_s3_vectors()
        self._service = knowledge_base
        self.knowledge_base_id = knowledge_base.knowledge_base_id
        self.data_source_id = knowledge_base.data_source_id
        self.arn = names.arn("bedrock", f"knowledge-base/{self.knowledge_base_id}")

    def wait_for_role(self, slow: TerraformResource) -> None:
        """Create `slow` after the role, and the Knowledge Base after `slow`, if nothing else gives IAM the time.

        Bedrock assumes the role at once and refuses one that is some seconds old. Cloud Control, which creates a
        Knowledge Base on S3 Vectors, does not repeat the call. With OpenSearch Serverless the provider repeats it.
        """
        if isinstance(self._service, S3VectorsKnowledgeBase):
            self._service.create_after(slow)

    def _on_opensearch(self, applier_arns: Sequence[str]) -> OpenSearchKnowledgeBase | S3VectorsKnowledgeBase:
        store = OpenSearchVectorStore(
            self,
            "vectors",
            provider=self._provider,
            names=self._inputs.names,
            dimensions=self._inputs.settings.embedding_dimensions,
            role_arn=f"arn:aws:iam::{self._inputs.names.account}:role/{self._role_name}",
            applier_arns=applier_arns,
        )
        role = self._role(store.role_statement())
        return OpenSearchKnowledgeBase(
            self, "service", provider=self._provider, inputs=self._inputs, store=store, role=role
        )

    def _on_s3_vectors(self) -> OpenSearchKnowledgeBase | S3VectorsKnowledgeBase:
        dimensions = self._inputs.settings.embedding_dimensions
        store = S3VectorStore(self, "vectors", provider=self._provider, names=self._inputs.names, dimensions=dimensions)
        role = self._role(store.role_statement())
        return S3VectorsKnowledgeBase(
            self, "service", provider=self._provider, inputs=self._inputs, store=store, role=role
        )

    def _role(self, use_vectors: Statement) -> ServiceRole:
        names = self._inputs.names
        return ServiceRole(
            self,
            "role",
            provider=self._provider,
            name=self._role_name,
            service="bedrock.amazonaws.com",
            trust_conditions={
                "StringEquals": {"aws:SourceAccount": names.account},
                "ArnLike": {"aws:SourceArn": names.arn("bedrock", "knowledge-base/*")},
            },
            statements=[*_read_statements(self._inputs), use_vectors],
        )


def _read_statements(inputs: KnowledgeBaseInputs) -> list[Statement]:
    """Return the permissions of the Knowledge Base's role, except those on its vector store.

    Source: docs.aws.amazon.com, Bedrock, "Create a service role for Amazon Bedrock Knowledge Bases".
    """
    bucket = inputs.documents.arn
    own_account = {"StringEquals": {"aws:ResourceAccount": inputs.names.account}}
    return [
        Statement(sid="Embed", actions=["bedrock:InvokeModel"], resources=[inputs.embedding_model_arn]),
        Statement(sid="ListDocuments", actions=["s3:ListBucket"], resources=[bucket], conditions=own_account),
        Statement(sid="ReadDocuments", actions=["s3:GetObject"], resources=[f"{bucket}/*"], conditions=own_account),
    ]
