"""A replica raises S3's event in the bucket that gets it, and only there. The emulator and its queues are real."""

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from standby.deadline import poll
from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.emulator.emulator import Emulator
from standby.rehearsal.emulator.replica_events import corrected_replication

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ReplicationConfigurationTypeDef
    from mypy_boto3_sqs import SQSClient

SOURCE: Final = "us-west-2"
DESTINATION: Final = "us-east-1"
SECONDS: Final = 5.0
QUIET_SECONDS: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class Place:
    """A bucket of a region whose events go to a queue."""

    s3: "S3Client"
    sqs: "SQSClient"
    bucket: str
    queue: str

    @classmethod
    def make(cls, emulator: Emulator, region: str) -> "Place":
        session, name = EmulatorSession(region=region, endpoint=emulator.endpoint), f"events-{uuid.uuid4().hex[:12]}"
        s3, sqs = session.client("s3"), session.client("sqs")
        location: Any = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **location)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        queue = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:{region}:000000000000:{name}"
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
        s3.put_bucket_notification_configuration(
            Bucket=name,
            NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
        )
        return cls(s3=s3, sqs=sqs, bucket=name, queue=queue)

    def replicate_to(self, other: "Place", *, status: str = "Enabled") -> None:
        rule = {
            "ID": "all",
            "Priority": 0,
            "Status": status,
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": f"arn:aws:s3:::{other.bucket}"},
        }
        configuration = {"Role": "arn:aws:iam::000000000000:role/replication", "Rules": [rule]}
        self.s3.put_bucket_replication(
            Bucket=self.bucket, ReplicationConfiguration=cast("ReplicationConfigurationTypeDef", configuration)
        )

    def events(self, *, seconds: float = SECONDS) -> list[dict[str, Any]]:
        """Return the records of the next events, without S3's test event; none if no event comes in time."""
        found: list[dict[str, Any]] = []

        def receive() -> bool:
            for message in self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", []):
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                found.extend(json.loads(message["Body"]).get("Records", []))
            return bool(found)

        poll(receive, seconds=seconds, pause=0.1)
        return found


@pytest.fixture
def places(emulator: Emulator) -> tuple[Place, Place]:
    """Two buckets that replicate to each other."""
    source, destination = Place.make(emulator, SOURCE), Place.make(emulator, DESTINATION)
    source.replicate_to(destination)
    destination.replicate_to(source)
    return source, destination


def test_an_upload_raises_one_event_in_each_bucket_and_the_replica_is_named_by_its_own_version(
    places: tuple[Place, Place],
) -> None:
    source, destination = places
    stored = source.s3.put_object(Bucket=source.bucket, Key="uploads/a b.txt", Body=b"text")
    (upload,), (replica,) = source.events(), destination.events()
    assert upload["eventName"] == replica["eventName"] == "ObjectCreated:Put"
    assert (upload["awsRegion"], replica["awsRegion"]) == (SOURCE, DESTINATION)
    assert replica["s3"]["bucket"]["name"] == destination.bucket
    head = destination.s3.head_object(Bucket=destination.bucket, Key="uploads/a b.txt")
    assert head["ReplicationStatus"] == "REPLICA"
    expected = {"key": "uploads/a+b.txt", "size": 4, "eTag": stored["ETag"].strip('"'), "versionId": head["VersionId"]}
    assert expected.items() <= replica["s3"]["object"].items()
    assert source.events(seconds=QUIET_SECONDS) == destination.events(seconds=QUIET_SECONDS) == []


def test_a_copy_and_an_object_of_several_parts_raise_it_too(places: tuple[Place, Place]) -> None:
    source, destination = places
    source.s3.put_object(Bucket=source.bucket, Key="first", Body=b"text")
    source.s3.copy_object(Bucket=source.bucket, Key="copy", CopySource={"Bucket": source.bucket, "Key": "first"})
    upload = source.s3.create_multipart_upload(Bucket=source.bucket, Key="parts")["UploadId"]
    part = source.s3.upload_part(Bucket=source.bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"one")
    parts: Any = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    source.s3.complete_multipart_upload(Bucket=source.bucket, Key="parts", UploadId=upload, MultipartUpload=parts)
    keys: set[str] = set()

    def all_came() -> bool:
        keys.update(one["s3"]["object"]["key"] for one in destination.events(seconds=0))
        return len(keys) == 3

    poll(all_came, seconds=SECONDS, pause=0.1)
    assert keys == {"first", "copy", "parts"}


def test_while_replication_is_paused_no_event_is_raised(places: tuple[Place, Place]) -> None:
    source, destination = places
    source.replicate_to(destination, status="Disabled")
    source.s3.put_object(Bucket=source.bucket, Key="late", Body=b"text")
    assert source.events()
    assert destination.events(seconds=QUIET_SECONDS) == []


@pytest.mark.parametrize("written", [None, ("other", "v1", "000000000000")])
def test_an_object_that_was_not_replicated_now_sends_nothing(written: object) -> None:
    """An object that was copied with the note of an earlier replica is not replicated by that."""
    sent: list[str] = []
    stored = {"size": 1, "etag": '"e"', **({"_replica": written} if written else {})}
    corrected_replication(lambda *_: None, lambda _, key, *__: sent.append(key))("bucket", "key", stored, b"x")
    assert sent == []
