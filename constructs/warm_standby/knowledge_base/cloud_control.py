"""Resources without a type in the pinned provider, created through AWS Cloud Control.

Terraform's `aws_cloudcontrolapi_resource` asks CloudFormation for a type's schema unless the configuration has one. The
schemas here contain only the properties in use. With them, a plan needs no `cloudformation:DescribeType`, and shows a
change before it is applied.
Source: docs.aws.amazon.com, CloudFormation template reference, the page of each type.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.cloudcontrolapi_resource import CloudcontrolapiResource
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """A CloudFormation resource type: its properties by their JSON type, and those that Terraform cannot set."""

    name: str
    strings: Sequence[str]
    objects: Sequence[str] = ()
    integers: Sequence[str] = ()
    identifier: Sequence[str]
    read_only: Sequence[str] = ()
    create_only: Sequence[str] = ()

    def schema(self) -> str:
        """Return the schema in the registry's format, for the properties in use."""
        names_by_type = {"string": self.strings, "object": self.objects, "integer": self.integers}
        return json.dumps(
            {
                "typeName": self.name,
                "description": f"The properties of {self.name} that this project uses",
                "properties": {name: {"type": type_} for type_, names in names_by_type.items() for name in names},
                "additionalProperties": False,
                "primaryIdentifier": [f"/properties/{name}" for name in self.identifier],
                "readOnlyProperties": [f"/properties/{name}" for name in self.read_only],
                "createOnlyProperties": [f"/properties/{name}" for name in self.create_only],
            },
            sort_keys=True,
        )


OPENSEARCH_INDEX: Final = ResourceType(
    name="AWS::OpenSearchServerless::Index",
    strings=("CollectionEndpoint", "IndexName", "Uuid"),
    objects=("Mappings", "Settings"),
    identifier=("IndexName", "CollectionEndpoint"),
    read_only=("Uuid",),
    create_only=("CollectionEndpoint", "IndexName"),
)

VECTOR_BUCKET: Final = ResourceType(
    name="AWS::S3Vectors::VectorBucket",
    strings=("VectorBucketName", "VectorBucketArn"),
    identifier=("VectorBucketArn",),
    read_only=("VectorBucketArn",),
    create_only=("VectorBucketName",),
)

VECTOR_INDEX: Final = ResourceType(
    name="AWS::S3Vectors::Index",
    strings=("DataType", "DistanceMetric", "IndexArn", "IndexName", "VectorBucketName"),
    objects=("MetadataConfiguration",),
    integers=("Dimension",),
    identifier=("IndexArn",),
    read_only=("IndexArn",),
    create_only=("DataType", "Dimension", "DistanceMetric", "IndexName", "MetadataConfiguration", "VectorBucketName"),
)

KNOWLEDGE_BASE: Final = ResourceType(
    name="AWS::Bedrock::KnowledgeBase",
    strings=("Description", "KnowledgeBaseArn", "KnowledgeBaseId", "Name", "RoleArn"),
    objects=("KnowledgeBaseConfiguration", "StorageConfiguration"),
    identifier=("KnowledgeBaseId",),
    read_only=("KnowledgeBaseArn", "KnowledgeBaseId"),
    create_only=("KnowledgeBaseConfiguration", "StorageConfiguration"),
)

DATA_SOURCE: Final = ResourceType(
    name="AWS::Bedrock::DataSource",
    strings=("DataDeletionPolicy", "DataSourceId", "KnowledgeBaseId", "Name"),
    objects=("DataSourceConfiguration", "VectorIngestionConfiguration"),
    identifier=("KnowledgeBaseId", "DataSourceId"),
    read_only=("DataSourceId",),
    create_only=("KnowledgeBaseId", "VectorIngestionConfiguration"),
)


class CloudControlResource(Construct):
    """One resource, created through Cloud Control."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        resource_type: ResourceType,
        desired_state: Mapping[str, object],
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        super().__init__(scope, id_)
        self.resource = CloudcontrolapiResource(
            self,
            "resource",
            provider=provider,
            type_name=resource_type.name,
            schema=resource_type.schema(),
            desired_state=json.dumps(desired_state, sort_keys=True),
            depends_on=list(depends_on),
        )
