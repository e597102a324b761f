"""The operator's boto3 clients: created once, few attempts, bounded calls, nothing shared between regions."""

import threading
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypedDict, TypeVar

from botocore import handlers
from botocore.client import BaseClient
from botocore.config import Config
from botocore.model import OperationModel

from standby.deployment.api_call import BoundedClient, bound_clients
from standby.deployment.clock import Clock
from standby.listing.page import PAGE, parse_page

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_bedrock_agent import AgentsforBedrockClient
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

GLOBAL_REGION: Final = "us-east-1"
"""The region of the control planes of CloudFront and IAM. Source: docs.aws.amazon.com, AWS Fault Isolation Boundaries,
Appendix B."""

FACTS_CONFIG: Final = Config(
    connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1}, max_pool_connections=20
)
"""One attempt, because an operator must know immediately that a region is down."""
RETRYING_CONFIG: Final = Config(
    connect_timeout=1, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 5}, max_pool_connections=20
)
"""For thousands of requests to a region that is up: S3 may throttle some of them."""
LISTING_CONFIG: Final = Config(
    connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 5}, max_pool_connections=32
)
"""For the pages of long listings, several of which are read in parallel. Of 20,000 requests, a few connections hang:
such a request is repeated before the listing counts as stalled (`STALL_SECONDS`)."""
COPYING_CONFIG: Final = Config(
    connect_timeout=1,
    read_timeout=70,
    retries={"mode": "adaptive", "total_max_attempts": 1},
    max_pool_connections=40,
)
"""For copies of thousands of documents. When S3 asks to slow down, the adaptive mode lowers the rate of all of them. It
repeats nothing: a copy without an answer may have been made."""
LONG_RUNNING_CONFIG: Final = Config(
    connect_timeout=1, read_timeout=70, retries={"total_max_attempts": 1}, max_pool_connections=20
)
"""For the `ingest` function, which may run for 60 s."""

C = TypeVar("C")


class _Limits(NamedTuple):
    """The time-outs and attempts of botocore, and the deadline of a call as a whole, in seconds."""

    config: Config
    seconds: float


_FACTS: Final = _Limits(FACTS_CONFIG, 3.0)
_RETRYING: Final = _Limits(RETRYING_CONFIG, 25.0)
_LISTING: Final = _Limits(LISTING_CONFIG, 25.0)
_COPYING: Final = _Limits(COPYING_CONFIG, 75.0)
_LONG_RUNNING: Final = _Limits(LONG_RUNNING_CONFIG, 75.0)


class _Arguments(TypedDict, total=False):
    region_name: str
    endpoint_url: str
    config: Config


class Clients:
    """The clients of both regions. They use the given `endpoints`, and `elsewhere` in any other region.

    `clock` shows the time of AWS.

    `session` creates a region's session. Each region has its own session and its own credentials, because a session
    fetches all its credentials through one region.
    """

    def __init__(
        self,
        session: "Callable[[str], boto3.Session]",
        *,
        endpoints: Mapping[str, str] | None = None,
        elsewhere: str = "",
    ) -> None:
        self._session = session
        self._endpoints = endpoints
        self._elsewhere = elsewhere
        self._sessions: dict[str, boto3.Session] = {}
        self.clock = Clock()
        self._made: dict[tuple[str, str], object] = {}
        # A boto3 session is not thread-safe; its clients are. Creating a session may wait for its region's credentials.
        self._locks: dict[str, threading.Lock] = {}

    def s3(self, region: str) -> "S3Client":
        """Return the S3 client for facts and small objects."""
        return self._once("s3", region, lambda session, extra: session.client("s3", **extra))

    def retrying_s3(self, region: str) -> "S3Client":
        """Return the S3 client for listings, and for one request for each of many objects."""
        return self._once("retrying s3", region, lambda session, extra: session.client("s3", **extra), _RETRYING)

    def listing_s3(self, region: str) -> "S3Client":
        """Return the S3 client for listings of documents, which reads a page 20 times faster (`standby.listing`)."""
        return self._once("listing s3", region, _make_listing_client, _LISTING)

    def long_running_s3(self, region: str) -> "S3Client":
        """Return the S3 client for documents of any size."""
        return self._once("copying s3", region, lambda session, extra: session.client("s3", **extra), _COPYING)

    def ssm(self, region: str) -> "SSMClient":
        """Return the client for Parameter Store, which has the manifest."""
        return self._once("ssm", region, lambda session, extra: session.client("ssm", **extra))

    def sts(self, region: str) -> "STSClient":
        """Return the client for STS, which returns the operator's identity."""
        return self._once("sts", region, lambda session, extra: session.client("sts", **extra))

    def sqs(self, region: str) -> "SQSClient":
        """Return the client for SQS."""
        return self._once("sqs", region, lambda session, extra: session.client("sqs", **extra))

    def cloudwatch(self, region: str) -> "CloudWatchClient":
        """Return the client for CloudWatch, for alarms."""
        return self._once("cloudwatch", region, lambda session, extra: session.client("cloudwatch", **extra))

    def bedrock_agent(self, region: str) -> "AgentsforBedrockClient":
        """Return the client for Agents for Amazon Bedrock, for the Knowledge Base's documents and jobs."""
        return self._once("bedrock-agent", region, lambda session, extra: session.client("bedrock-agent", **extra))

    def functions(self, region: str) -> "LambdaClient":
        """Return the client for Lambda, for the `ingest` function."""
        return self._once("lambda", region, lambda session, extra: session.client("lambda", **extra), _LONG_RUNNING)

    def function_settings(self, region: str) -> "LambdaClient":
        """Return the client for Lambda, for the settings of the functions."""
        return self._once("lambda settings", region, lambda session, extra: session.client("lambda", **extra))

    def events(self, region: str) -> "EventBridgeClient":
        """Return the client for EventBridge, for the schedules."""
        return self._once("events", region, lambda session, extra: session.client("events", **extra))

    def iam(self) -> "IAMClient":
        """Return the client for IAM, for simulations of policies."""
        return self._once("iam", GLOBAL_REGION, lambda session, extra: session.client("iam", **extra))

    def cloudfront(self) -> "CloudFrontClient":
        """Return the client for CloudFront's control plane."""
        return self._once("cloudfront", GLOBAL_REGION, lambda session, extra: session.client("cloudfront", **extra))

    def read(
        self,
        service: str,
        region: str,
        operation: str,
        parameters: Mapping[str, object] | None = None,
        *,
        quick: bool = False,
    ) -> Mapping[str, object]:
        """Call an operation by its names in boto3, for a service that has no method here, and return its answer.

        A throttled call is repeated, and a call may take 25 s; with `quick`, it is made once and may take 3 s. Raises
        botocore's errors.
        """
        kind, limits = (f"quick {service}", _FACTS) if quick else (f"any {service}", _RETRYING)
        client = self._once(kind, region, partial(_make_client, service), limits)
        answer: Mapping[str, object] = getattr(client, operation)(**(parameters or {}))
        return answer

    def _once(
        self, kind: str, region: str, make: "Callable[[boto3.Session, _Arguments], C]", limits: _Limits = _FACTS
    ) -> C:
        with self._locks.setdefault(region, threading.Lock()):
            if (kind, region) not in self._made:
                if region not in self._sessions:
                    self._sessions[region] = self._session(region)
                    bound_clients(self._sessions[region].events)
                arguments = _Arguments(region_name=region, config=limits.config)
                if self._endpoints is not None:
                    arguments["endpoint_url"] = self._endpoints.get(region, self._elsewhere)
                client = self._made[kind, region] = make(self._sessions[region], arguments)
                if isinstance(client, BoundedClient):
                    client.call_seconds = limits.seconds
                    client.clock = self.clock
            made: C = self._made[kind, region]  # type: ignore[assignment]  # the kind says which client it is
            return made


def _make_listing_client(session: "boto3.Session", extra: _Arguments) -> "S3Client":
    client = session.client("s3", **extra)
    if _find_error is not None:  # it would read each page with a parser of XML, which costs more than all the rest
        client.meta.events.unregister("before-parse.s3.*", _find_error)
    client.meta.events.register("before-parse.s3.ListObjectsV2", _read_page)
    return client


_find_error: Final = getattr(handlers, "_handle_200_error", None)
"""botocore's handler for an error that S3 answers with status 200."""


def _read_page(
    operation_model: OperationModel,
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **_: object,
) -> None:
    """Read a page of a listing before botocore's parser, which then finds a listing without objects.

    An answer that is not exactly a page of S3 stays as it is for botocore's parser.
    """
    page = parse_page(response_dict["body"]) if response_dict["status_code"] == HTTPStatus.OK else None
    if page is not None:
        response_dict["body"] = b"<ListBucketResult/>"
        customized_response_dict[PAGE] = page
    elif _find_error is not None:
        _find_error(operation_model, response_dict)


def _make_client(service: str, session: "boto3.Session", extra: _Arguments) -> BaseClient:
    client: BaseClient = session.client(service, **extra)  # type: ignore[call-overload]  # any service
    return client
