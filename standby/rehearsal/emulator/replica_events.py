"""The S3 event of a replica, in the bucket that gets it. MiniStack writes the replica and sends none.

AWS's pages list the events of a created object, and say nothing about replicas. Users of AWS report
`s3:ObjectCreated:Put` (docs/adr/0087-rehearsal-like-the-product.md). `s3:Replication:*` are events of late and failed
replicas, in the source bucket, for configurations that ask for them. Ours does not.
Source: docs.aws.amazon.com, S3, "Supported event types for SQS, SNS, and Lambda".
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Final

EVENT: Final = "s3:ObjectCreated:Put"
_REPLICA: Final = "_replica"
"""MiniStack's note in an object that was replicated: the bucket, the version and the account of the replica."""

Replicate = Callable[..., None]
Send = Callable[[str, str, Mapping[str, Any], str], None]


def send_replica_events(s3: ModuleType) -> None:
    """Let MiniStack's `s3` send the event of each replica, by its own code for notifications."""
    functions = vars(s3)

    def send(bucket: str, key: str, replica: Mapping[str, Any], account: str) -> None:
        with functions["_in_account"](account):
            functions["_fire_s3_event_async"](bucket, key, EVENT, **replica)

    functions["_maybe_replicate"] = corrected_replication(functions["_maybe_replicate"], send)


def corrected_replication(replicate: Replicate, send: Send) -> Replicate:
    """Return MiniStack's function that replicates an object, changed so that it sends the event of the replica.

    It sends nothing for an object that no enabled rule replicates, or that could not be replicated.
    """

    def replicate_and_send(bucket: str, key: str, stored: Mapping[str, Any], *rest: object, **named: object) -> None:
        before = stored.get(_REPLICA)
        replicate(bucket, key, stored, *rest, **named)
        written = stored.get(_REPLICA)
        if written is not None and written is not before:
            destination, version, account = written
            replica = {"size": stored["size"], "etag": stored["etag"], "version_id": version}
            send(destination, key, replica, account)

    return replicate_and_send
