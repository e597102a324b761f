"""`config.json` in the frontend buckets: one copy in each, read and replaced on condition.

The rules for its content are those of `standby_protocol.routing_config`, whose names this module hands on. A copy is
replaced by `standby_protocol.conditional_write`, so no command overwrites a write that it has not seen.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from standby.deployment.answers import take_text
from standby.deployment.api_call import read_stream
from standby.deployment.concurrency import NoAnswerError, explain
from standby.deployment.manifest import Region
from standby_protocol import conditional_write
from standby_protocol.conditional_write import NO_SUCH_KEY, judge_write, write_arguments
from standby_protocol.routing_config import (
    KEY,
    MAX_BRACKETS,
    MAX_BYTES,
    MAX_GENERATION,
    MAX_READ_BYTES,
    READ_ORDER,
    ConfigCopies,
    ConfigCopy,
    ConfigHistory,
    RoutingConfig,
    authoritative_copy,
    config_for_role,
    copies_agree,
    moves_users,
    parse_config,
    render_config,
    serving_role,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = [
    "KEY",
    "MAX_BRACKETS",
    "MAX_BYTES",
    "MAX_GENERATION",
    "MAX_READ_BYTES",
    "NO_SUCH_KEY",
    "READ_ORDER",
    "ConfigCopies",
    "ConfigCopy",
    "ConfigHistory",
    "PreconditionFailedError",
    "RoutingConfig",
    "UnknownWriteError",
    "authoritative_copy",
    "config_for_role",
    "copies_agree",
    "is_refused_by_condition",
    "may_have_landed",
    "moves_users",
    "parse_config",
    "read_copy",
    "render_config",
    "serving_role",
    "write_copy",
]


class UnknownWriteError(NoAnswerError):
    """The answer to a write was lost, and a look does not show whether it was carried out.

    `shown`: the object could be read again, and it is the old one. S3 may still carry out the write.
    """

    def __init__(self, why: str, *, shown: bool) -> None:
        seen = "shows the old config.json" if shown else "shows no config.json"
        may = "the write may still land" if shown else "the write may have landed"
        super().__init__(f"{why}, and then {seen}: {may}")


class PreconditionFailedError(Exception):
    """The object is not the one that was read: another command or a person has written it since."""


def read_copy(s3: "S3Client", region: Region) -> ConfigCopy:
    """Read one bucket's copy; a missing object is a result. Raises botocore's errors."""
    absent = ConfigCopy(role=region.role, region=region.region, bucket=region.frontend_bucket)
    try:
        answer = s3.get_object(Bucket=region.frontend_bucket, Key=KEY)
    except ClientError as error:
        if error.response["Error"]["Code"] == NO_SUCH_KEY:
            return absent
        raise
    body, etag = read_stream(answer["Body"], MAX_READ_BYTES), take_text(answer, "ETag")
    try:
        config = parse_config(body)
    except ValueError:
        config = None
    return replace(absent, config=config, etag=etag, text=body.decode("utf-8", errors="replace"))


def write_copy(s3: "S3Client", seen: ConfigCopy, text: str) -> None:
    """Replace the copy that was read.

    Raises `PreconditionFailedError` when the object has changed since, and botocore's errors when nothing was written.
    If the answer to a write is lost, the object is read again. Raises `UnknownWriteError` if it is not this text then:
    without an answer, S3 may carry out the write later.
    """
    try:
        take_text(s3.put_object(**write_arguments(seen, text)), "ETag")
    except (ClientError, BotoCoreError) as error:
        written = _is_written(s3, seen, text)
        outcome = judge_write(error, written=written)
        if outcome == "changed":
            raise PreconditionFailedError from error
        if outcome == "unknown":
            raise UnknownWriteError(explain(error).why, shown=written is False) from error
        if outcome == "failed":
            raise


def is_refused_by_condition(error: ClientError) -> bool:
    """Return whether S3 refused a write because of its `If-Match` or `If-None-Match`."""
    return conditional_write.is_refused_by_condition(error.response)


def may_have_landed(error: ClientError | BotoCoreError) -> bool:
    """Return whether a write that ended with this error may have been carried out."""
    return conditional_write.may_have_landed(error)


def _is_written(s3: "S3Client", seen: ConfigCopy, text: str) -> bool | None:
    """Return whether the object has this text; None if it cannot be read."""
    try:
        body = s3.get_object(Bucket=seen.bucket, Key=KEY)["Body"]
        return read_stream(body, MAX_READ_BYTES) == text.encode()
    except ClientError as error:
        return False if error.response["Error"]["Code"] == NO_SUCH_KEY else None
    except BotoCoreError:
        return None
