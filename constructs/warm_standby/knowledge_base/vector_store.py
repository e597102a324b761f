"""The vector stores of a Knowledge Base: OpenSearch Serverless or S3 Vectors."""

import json
from dataclasses import dataclass
from typing import Final

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.opensearchserverless_access_policy import OpensearchserverlessAccessPolicy
from cdktf_cdktf_provider_aws.opensearchserverless_collection import OpensearchserverlessCollection
from cdktf_cdktf_provider_aws.opensearchserverless_security_policy import OpensearchserverlessSecurityPolicy
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.iam import Statement
from warm_standby.knowledge_base.cloud_control import (
    OPENSEARCH_INDEX,
    VECTOR_BUCKET,
    VECTOR_INDEX,
    CloudControlResource,
)
from warm_standby.names import Names

VECTOR_FIELD: Final = "bedrock-knowledge-base-default-vector"
TEXT_FIELD: Final = "AMAZON_BEDROCK_TEXT_CHUNK"
METADATA_FIELD: Final = "AMAZON_BEDROCK_METADATA"
INDEX_NAME: Final = "documents"


@dataclass(frozen=True, kw_only=True)
class IndexPrincipals:
    """The principals with access to the index: the Knowledge Base's role, and the deployer's role (not its session)."""

    knowledge_base_role_arn: str
    deployer_arn: str


class OpenSearchVectorStore(Construct):
    """A vector search collection with one index for a Knowledge Base.

    It has no standby replicas, because the other region is the redundancy. That halves the minimum to 1 OCU.
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
        principals: IndexPrincipals,
    ) -> None:
        super().__init__(scope, id_)
        self.name = names.regional("documents")
        policies = [self._encryption(provider), self._network(provider), self._data_access(provider, principals)]
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

    def _encryption(self, provider: AwsProvider) -> ITerraformDependable:
        rule = {"ResourceType": "collection", "Resource": [f"collection/{self.name}"]}
        return OpensearchserverlessSecurityPolicy(
            self,
            "encryption",
            provider=provider,
            name=self.name,
            description="Encrypt the collection with a key that AWS owns",
            type="encryption",
            policy=json.dumps({"AWSOwnedKey": True, "Rules": [rule]}, sort_keys=True),
        )

    def _network(self, provider: AwsProvider) -> ITerraformDependable:
        # Public means reachable, not readable: every request is signed and needs the data access policy below. The
        # Knowledge Base could use SourceServices instead, but Cloud Control, which creates the index, could not.
        rule = {"ResourceType": "collection", "Resource": [f"collection/{self.name}"]}
        return OpensearchserverlessSecurityPolicy(
            self,
            "network",
            provider=provider,
            name=self.name,
            description="Reach the collection's endpoint; requests are signed",
            type="network",
            policy=json.dumps([{"AllowFromPublic": True, "Rules": [rule]}], sort_keys=True),
        )

    def _data_access(self, provider: AwsProvider, principals: IndexPrincipals) -> ITerraformDependable:
        resource = [f"index/{self.name}/*"]
        use = ["aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument"]
        manage = ["aoss:CreateIndex", "aoss:DeleteIndex", "aoss:DescribeIndex", "aoss:UpdateIndex"]
        rules = [(use, principals.knowledge_base_role_arn), (manage, principals.deployer_arn)]
        return OpensearchserverlessAccessPolicy(
            self,
            "data_access",
            provider=provider,
            name=self.name,
            description="The Knowledge Base uses the index; whoever applies manages it",
            type="data",
            policy=json.dumps(
                [
                    {
                        "Principal": [principal],
                        "Rules": [{"ResourceType": "index", "Resource": resource, "Permission": permissions}],
                    }
                    for permissions, principal in rules
                ],
                sort_keys=True,
            ),
        )

    def role_statement(self) -> Statement:
        """Return the permission that the Knowledge Base's role needs to call the collection's API."""
        return Statement(sid="UseVectors", actions=["aoss:APIAccessAll"], resources=[self.collection.arn])


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
