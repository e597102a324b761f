"""The command and the controller of the automatic failover replace config.json alike, and call the outcome the same."""

from datetime import UTC, datetime
from typing import Final
from unittest.mock import Mock, create_autospec

import boto3
import pytest
from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from controller.move import move_users
from controller.objects import BucketFacts, JournalEnd
from controller.settings import ControlledDeployment, ControlledRegion, ControlledSite
from standby.deployment.routing_config import PreconditionFailedError, UnknownWriteError, write_copy
from standby_protocol.conditional_write import NOT_SENT
from standby_protocol.deployment import Role
from standby_protocol.routing_config import KEY
from tests.standby.helpers import EAST, WEST, config, copy_of

LOST: Final = ReadTimeoutError(endpoint_url="https://s3")
NOT_CONNECTED: Final = exceptions.EndpointConnectionError(endpoint_url="https://s3")
SEEN: Final = copy_of("failover", config("primary", 3))
REGIONS: Final[dict[Role, str]] = {"primary": WEST, "failover": EAST}
NOW: Final = datetime(2026, 11, 28, 12, tzinfo=UTC)


def refused(status: int, code: str = "AccessDenied") -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutObject")  # type: ignore[arg-type]  # the parts that are read


def s3_client(write: Exception, look: Exception | bytes) -> Mock:
    """Return a client of S3 whose write of config.json ends with an error, and whose read shows `look`."""
    s3: Mock = create_autospec(boto3.client("s3", region_name=EAST), spec_set=True)

    def put_object(**arguments: object) -> dict[str, str]:
        if arguments["Key"] == KEY:
            assert arguments["IfMatch"] == SEEN.etag
            raise write
        return {"ETag": '"1"'}

    s3.put_object.side_effect = put_object
    if isinstance(look, Exception):
        s3.get_object.side_effect = look
    else:
        s3.get_object.return_value = {"Body": Mock(read=Mock(side_effect=[look, b""]))}
    return s3


def outcome_of_command(s3: Mock) -> str:
    try:
        write_copy(s3, SEEN, "{}")
    except PreconditionFailedError:
        return "lost"
    except UnknownWriteError:
        return "unknown"
    except (BotoCoreError, ClientError):
        return "failed"
    return "moved"


def outcome_of_controller(s3: Mock) -> str:
    regions = {
        role: ControlledRegion(role=role, region=region, api_url=f"https://{region}.example.com/", frontend_bucket=role)
        for role, region in REGIONS.items()
    }
    deployment = ControlledDeployment(regions=regions, site=ControlledSite(url="https://site", api_fallback=True))
    end = JournalEnd(generation=3, last_start=None)
    facts = {
        role: BucketFacts(
            copy=SEEN if role == "failover" else copy_of("primary", config("primary", 3)),
            journal=end,
            switched_on=True,
            drill_until=None,
        )
        for role in regions
    }
    return move_users(s3, deployment, facts, reason="test", actor="test", now=NOW).outcome


@pytest.mark.parametrize(
    "write, look, outcome",
    [
        (LOST, LOST, "unknown"),
        (LOST, refused(403), "unknown"),
        (LOST, b"old", "unknown"),
        (refused(500), LOST, "unknown"),
        (refused(500), b"old", "failed"),
        (refused(403), LOST, "failed"),
        (NOT_CONNECTED, NOT_CONNECTED, "failed"),
        (refused(412, "PreconditionFailed"), b"old", "lost"),
        (refused(404, "NoSuchKey"), refused(404, "NoSuchKey"), "lost"),
    ],
    ids=str,
)
def test_the_command_and_the_controller_call_a_write_that_ends_with_an_error_the_same(
    write: Exception, look: Exception | bytes, outcome: str
) -> None:
    assert outcome_of_command(s3_client(write, look)) == outcome
    assert outcome_of_controller(s3_client(write, look)) == outcome


def test_each_error_that_counts_as_not_sent_is_one_of_botocore() -> None:
    assert all(issubclass(getattr(exceptions, name), BotoCoreError) for name in NOT_SENT)
