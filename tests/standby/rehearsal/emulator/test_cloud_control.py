"""What Cloud Control creates in the emulator is what the service itself would have created."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from standby.deployment.sessions import EMULATOR_ACCOUNT, EmulatorSession
from standby.rehearsal.emulator.cloud_control import DATA_SOURCE, KNOWLEDGE_BASE, VECTOR_BUCKET, VECTOR_INDEX
from standby.rehearsal.emulator.emulator import Emulator
from standby.rehearsal.emulator.knowledge_base_rules import PROPAGATION_SECONDS, ROLE_MESSAGE

REGION = "us-west-2"
ROLE = f"arn:aws:iam::{EMULATOR_ACCOUNT}:role/knowledge-base"
BUCKET = f"arn:aws:s3vectors:{REGION}:{EMULATOR_ACCOUNT}:bucket/vectors"
INDEX = f"{BUCKET}/index/documents"
VECTORS = {"DataType": "float32", "Dimension": 1024, "DistanceMetric": "cosine"}
TEXT = b"The spectrometer is calibrated with argon every ninth day."
QUESTION = "How often is the spectrometer calibrated?"

Event = Mapping[str, Any]
Create = Callable[..., Event]


class Account:
    """The emulator's account, used through Cloud Control and through Bedrock."""

    def __init__(self, emulator: Emulator) -> None:
        self.session = EmulatorSession(region=REGION, endpoint=emulator.endpoint)
        self.control = self.session.client("cloudcontrol")
        self.agent = self.session.client("bedrock-agent")

    def create(self, type_name: str, **state: object) -> Event:
        """Return the progress event of a creation."""
        event = self.control.create_resource(TypeName=type_name, DesiredState=json.dumps(state))
        return dict(event["ProgressEvent"])

    def created(self, type_name: str, **state: object) -> str:
        """Create a resource and return its identifier."""
        event = self.create(type_name, **state)
        assert event["OperationStatus"] == "SUCCESS", event
        return str(event["Identifier"])

    def properties(self, type_name: str, identifier: str) -> dict[str, Any]:
        """Return the properties of a resource."""
        answer = self.control.get_resource(TypeName=type_name, Identifier=identifier)
        return dict(json.loads(answer["ResourceDescription"]["Properties"]))

    def create_role(self) -> None:
        """Create the role that Bedrock assumes."""
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "bedrock.amazonaws.com"}}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self.session.client("iam").create_role(RoleName="knowledge-base", AssumeRolePolicyDocument=document)

    def create_knowledge_base(self, *, index: str = INDEX, dimensions: int = 1024) -> Event:
        """Return the progress event of the creation of a Knowledge Base."""
        model = {"BedrockEmbeddingModelConfiguration": {"Dimensions": dimensions, "EmbeddingDataType": "FLOAT32"}}
        vector = {"EmbeddingModelArn": "arn:aws:bedrock:us-west-2::foundation-model/amazon.titan-embed-text-v2:0"}
        return self.create(
            KNOWLEDGE_BASE,
            Name="documents",
            Description="The documents",
            RoleArn=ROLE,
            KnowledgeBaseConfiguration={
                "Type": "VECTOR",
                "VectorKnowledgeBaseConfiguration": {**vector, "EmbeddingModelConfiguration": model},
            },
            StorageConfiguration={"Type": "S3_VECTORS", "S3VectorsConfiguration": {"IndexArn": index}},
        )


@pytest.fixture(scope="module")
def account(emulator: Emulator) -> Account:
    """An account with a vector index, and a role that is old enough."""
    account = Account(emulator)
    account.create_role()
    assert account.created(VECTOR_BUCKET, VectorBucketName="vectors") == BUCKET
    assert account.created(VECTOR_INDEX, VectorBucketName="vectors", IndexName="documents", **VECTORS) == INDEX
    young = account.create_knowledge_base()
    assert (young["OperationStatus"], young["ErrorCode"], young["StatusMessage"]) == (
        "FAILED",
        "InvalidRequest",
        ROLE_MESSAGE,
    )
    time.sleep(PROPAGATION_SECONDS + 1)
    return account


@pytest.fixture(scope="module")
def knowledge_base(account: Account) -> str:
    """The identifier of a Knowledge Base."""
    event = account.create_knowledge_base()
    assert event["OperationStatus"] == "SUCCESS", event
    return str(event["Identifier"])


@pytest.fixture(scope="module")
def data_source(account: Account, knowledge_base: str) -> str:
    """The identifier of a data source with one document."""
    s3 = account.session.client("s3")
    s3.create_bucket(Bucket="docs", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="docs", Key="manual.txt", Body=TEXT)
    return account.created(
        DATA_SOURCE,
        Name="documents",
        KnowledgeBaseId=knowledge_base,
        DataDeletionPolicy="RETAIN",
        DataSourceConfiguration={"Type": "S3", "S3Configuration": {"BucketArn": "arn:aws:s3:::docs"}},
    )


def test_a_knowledge_base_is_one_of_bedrock_with_the_read_only_properties(
    account: Account, knowledge_base: str
) -> None:
    found = account.agent.get_knowledge_base(knowledgeBaseId=knowledge_base)["knowledgeBase"]
    assert (found["name"], found["roleArn"]) == ("documents", ROLE)
    assert found["storageConfiguration"]["s3VectorsConfiguration"]["indexArn"] == INDEX
    properties = account.properties(KNOWLEDGE_BASE, knowledge_base)
    assert properties["KnowledgeBaseArn"] == found["knowledgeBaseArn"]
    assert properties["KnowledgeBaseId"] == knowledge_base


def test_a_document_of_a_data_source_is_ingested_and_retrieved(account: Account, data_source: str) -> None:
    knowledge_base, source = data_source.split("|")
    job = account.agent.start_ingestion_job(knowledgeBaseId=knowledge_base, dataSourceId=source)["ingestionJob"]
    done = account.agent.get_ingestion_job(
        knowledgeBaseId=knowledge_base, dataSourceId=source, ingestionJobId=job["ingestionJobId"]
    )["ingestionJob"]
    assert (done["status"], done["statistics"]["numberOfNewDocumentsIndexed"]) == ("COMPLETE", 1)
    runtime = account.session.client("bedrock-agent-runtime")
    found = runtime.retrieve(knowledgeBaseId=knowledge_base, retrievalQuery={"text": QUESTION})["retrievalResults"]
    assert found[0]["content"]["text"] == TEXT.decode()


def test_an_update_reaches_bedrock(account: Account, knowledge_base: str) -> None:
    patch = [{"op": "replace", "path": "/Description", "value": "All documents"}]
    account.control.update_resource(TypeName=KNOWLEDGE_BASE, Identifier=knowledge_base, PatchDocument=json.dumps(patch))
    found = account.agent.get_knowledge_base(knowledgeBaseId=knowledge_base)["knowledgeBase"]
    assert found["description"] == account.properties(KNOWLEDGE_BASE, knowledge_base)["Description"] == "All documents"


@pytest.mark.parametrize("index,dimensions", [(f"{BUCKET}/index/other", 1024), (INDEX, 512)])
def test_a_knowledge_base_that_cannot_use_its_index_is_refused(account: Account, index: str, dimensions: int) -> None:
    event = account.create_knowledge_base(index=index, dimensions=dimensions)
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "InvalidRequest")
    assert "storage configuration provided is invalid" in event["StatusMessage"]


def test_bedrock_itself_refuses_alike(account: Account) -> None:
    with pytest.raises(ClientError, match="storage configuration provided is invalid") as refused:
        account.agent.create_knowledge_base(
            name="typed",
            roleArn=ROLE,
            knowledgeBaseConfiguration={"type": "VECTOR"},
            storageConfiguration={"type": "S3_VECTORS", "s3VectorsConfiguration": {"indexArn": f"{INDEX}s"}},
        )
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_bucket_with_an_index_is_not_deleted_and_an_index_needs_its_bucket(account: Account) -> None:
    event = account.control.delete_resource(TypeName=VECTOR_BUCKET, Identifier=BUCKET)["ProgressEvent"]
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "ResourceConflict")
    assert account.properties(VECTOR_BUCKET, BUCKET)["VectorBucketArn"] == BUCKET
    missing = account.create(VECTOR_INDEX, VectorBucketName="nowhere", IndexName="documents", **VECTORS)
    assert (missing["OperationStatus"], missing["ErrorCode"]) == ("FAILED", "NotFound")


def test_what_the_service_refuses_is_refused_in_the_words_of_its_model(account: Account) -> None:
    large = account.create(
        VECTOR_INDEX, VectorBucketName="vectors", IndexName="large", **{**VECTORS, "Dimension": 5000}
    )
    assert (large["OperationStatus"], large["ErrorCode"]) == ("FAILED", "InvalidRequest")
    assert "at 'dimension' failed to satisfy constraint: Member must have value less than" in large["StatusMessage"]


def test_what_exists_is_not_created_again(account: Account) -> None:
    again = account.create(VECTOR_BUCKET, VectorBucketName="vectors")
    assert (again["OperationStatus"], again["ErrorCode"]) == ("FAILED", "AlreadyExists")


def test_a_data_source_that_was_deleted_elsewhere_is_missing_in_cloud_control(
    account: Account, knowledge_base: str
) -> None:
    made = account.created(
        DATA_SOURCE,
        Name="second",
        KnowledgeBaseId=knowledge_base,
        DataSourceConfiguration={"Type": "S3", "S3Configuration": {"BucketArn": "arn:aws:s3:::docs"}},
    )
    account.agent.delete_data_source(knowledgeBaseId=knowledge_base, dataSourceId=made.split("|")[1])
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        account.properties(DATA_SOURCE, made)


def test_a_deleted_knowledge_base_is_gone_from_bedrock(account: Account) -> None:
    identifier = account.create_knowledge_base()["Identifier"]
    account.control.delete_resource(TypeName=KNOWLEDGE_BASE, Identifier=identifier)
    with pytest.raises(account.agent.exceptions.ResourceNotFoundException):
        account.agent.get_knowledge_base(knowledgeBaseId=identifier)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        account.properties(KNOWLEDGE_BASE, identifier)


def test_another_type_is_stored_as_before(account: Account) -> None:
    identifier = account.created("AWS::Logs::LogGroup", Name="group")
    assert account.properties("AWS::Logs::LogGroup", identifier) == {"Name": "group"}
