import socket
import threading
import time
from collections.abc import Iterator, Mapping

import boto3
import pytest

from health.report import DEEP_CACHED_SECONDS
from tests.lambdas.health.helpers import wait_for
from tests.lambdas.helpers import OFFLINE, ColdStart, Context, EmulatedRegion, Handler, Variables, api_event, body_of

SHALLOW = {"knowledgeBase", "documentsBucket", "ingestQueue"}
DEEP = SHALLOW | {"retrieve", "answerModel"}


@pytest.fixture
def health(emulated: EmulatedRegion, cold_start: ColdStart, variables: Variables) -> Handler:
    return cold_start("health", variables(emulated))


def checks_of(body: Mapping[str, dict[str, dict[str, str]]]) -> dict[str, str]:
    return {name: check["status"] for name, check in body["checks"].items()}


def test_a_region_that_can_serve_is_healthy(health: Handler, emulated: EmulatedRegion) -> None:
    response = health(api_event(), Context())
    body = body_of(response)
    assert response["statusCode"] == 200
    assert set(body) == {"status", "region", "timestamp", "checks", "totalResponseTimeMs"}
    assert body["status"] == "healthy"
    assert body["region"] == emulated.region
    assert checks_of(body) == dict.fromkeys(SHALLOW, "ok")


def test_a_deep_check_also_retrieves_and_asks_the_model(health: Handler) -> None:
    response = health(api_event(query={"deep": "true"}), Context())
    assert checks_of(body_of(response)) == dict.fromkeys(DEEP, "ok")
    assert response["statusCode"] == 200


def test_a_lost_queue_is_reported_after_the_cache_and_immediately_by_a_deep_check(
    health: Handler, emulated: EmulatedRegion
) -> None:
    first = body_of(health(api_event(), Context()))
    boto3.client("sqs", region_name=emulated.region).delete_queue(QueueUrl=emulated.queue_url)
    assert body_of(health(api_event(query={"deep": "no"}), Context())) == first
    deep = health(api_event(query={"deep": "TRUE"}), Context())
    assert deep["statusCode"] == 503
    assert checks_of(body_of(deep)) == {**dict.fromkeys(DEEP, "ok"), "ingestQueue": "failed"}


def test_a_deep_report_is_cached_for_a_second(health: Handler, emulated: EmulatedRegion) -> None:
    deep = api_event(query={"deep": "true"})
    first = body_of(health(deep, Context()))
    boto3.client("sqs", region_name=emulated.region).delete_queue(QueueUrl=emulated.queue_url)
    assert body_of(health(deep, Context())) == first
    time.sleep(DEEP_CACHED_SECONDS)
    assert health(deep, Context())["statusCode"] == 503


def test_a_missing_guardrail_is_found_by_a_deep_check(
    emulated: EmulatedRegion, cold_start: ColdStart, variables: Variables
) -> None:
    health = cold_start("health", {**variables(emulated), "GUARDRAIL_ID": "gone"})
    body = body_of(health(api_event(query={"deep": "true"}), Context()))
    assert checks_of(body) == {**dict.fromkeys(DEEP, "ok"), "answerModel": "failed"}


@pytest.fixture
def silent_endpoint() -> Iterator[str]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_region_that_hangs_is_reported_within_two_seconds(
    emulated: EmulatedRegion,
    silent_endpoint: str,
    cold_start: ColdStart,
    variables: Variables,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", silent_endpoint)
    health = cold_start("health", variables(emulated))
    started = time.monotonic()
    response = health(api_event(), Context())
    assert time.monotonic() - started < 2
    assert response["statusCode"] == 503
    assert {check["error"] for check in body_of(response)["checks"].values()} <= {"ReadTimeoutError", "TimedOut"}


def test_a_name_that_does_not_resolve_in_time_is_reported_within_two_seconds(
    cold_start: ColdStart,
    variables: Variables,
    monkeypatch: pytest.MonkeyPatch,
    release: threading.Event,
) -> None:
    health = cold_start("health", variables(OFFLINE))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments: wait_for(release))
    started = time.monotonic()
    response = health(api_event(), Context())
    assert time.monotonic() - started < 2
    assert {check["error"] for check in body_of(response)["checks"].values()} == {"TimedOut"}
