"""Remove one object from the journals: one that is no event, and hides or blocks something. S3 keeps its version."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from standby.deployment.concurrency import Unavailable, attempt, run_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest, Region, Role
from standby.deployment.routing_config import NO_SUCH_KEY, read_copy
from standby.operations.facts import journal
from standby.operations.facts.journal import Event, InvalidEvent
from standby.operations.plans.plan import Refusal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SECONDS: Final = 10.0
"""The time for the reads of one region: its object, its config.json and the newest keys of its journal."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a region has under the key (None: nothing), and the highest generation of everything else there."""

    content: Event | InvalidEvent | None
    highest: int


def find_object(connection: Connection, manifest: Manifest, key: str) -> Mapping[Role, Found | Unavailable]:
    """Return what each region has under this key."""
    tasks = {role: partial(_find, connection, region, key) for role, region in manifest.regions.items()}
    return run_concurrently(tasks, seconds=SECONDS)


def removal_refusals(found: Mapping[Role, Found | Unavailable], key: str) -> tuple[Refusal, ...]:
    """Return why the object should stay. `--force` overrides each reason. Pure."""
    return tuple(_refusals([one for one in found.values() if isinstance(one, Found)], key))


def remove_object(connection: Connection, region: Region, key: str) -> str:
    """Delete the object in one region; return "" or why it failed. The bucket keeps it as an earlier version."""
    s3 = connection.clients.s3(region.region)
    answer = attempt(lambda: s3.delete_object(Bucket=region.frontend_bucket, Key=key))
    return str(answer) if isinstance(answer, Unavailable) else ""


def _refusals(found: list[Found], key: str) -> Iterator[Refusal]:
    if any(isinstance(one.content, Event) for one in found):
        yield Refusal(reason="the object is a valid event, and the journal is the record of what was done")
    generation = journal.parse_generation(key)
    highest = max((one.highest for one in found), default=0)
    if generation > highest and any(one.content is not None for one in found):
        yield Refusal(
            reason=f"its key has generation {generation}, higher than all others ({highest}): if a command wrote it, "
            "pages may have seen it, and they obey no lower one"
        )


def _find(connection: Connection, region: Region, key: str) -> Found:
    s3 = connection.clients.s3(region.region)
    content = _read(s3, region, key)
    generation = read_copy(s3, region).generation
    others = (other for other in journal.list_objects(s3, region, since=generation) if other != key)
    return Found(content=content, highest=max([generation, *map(journal.parse_generation, others)]))


def _read(s3: "S3Client", region: Region, key: str) -> Event | InvalidEvent | None:
    try:
        s3.get_object(Bucket=region.frontend_bucket, Key=key)  # of a key that is none of an event, nothing else is read
    except ClientError as error:
        if error.response["Error"]["Code"] == NO_SUCH_KEY:
            return None
        raise
    return journal.read_object(s3, region, key)
