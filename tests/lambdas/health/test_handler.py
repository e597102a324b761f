import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from health.checks import NotReadyError, ShallowClients, run_checks, shallow_checks
from health.report import DEEP_CACHED_SECONDS, CachedReport, Report, make_report
from health.settings import Settings
from shared.api import Answer
from tests.lambdas.helpers import NOWHERE, Context, Handler, World, api_event, body_of, client_error

SHALLOW = {"knowledgeBase", "documentsBucket", "ingestQueue"}
DEEP = SHALLOW | {"retrieve", "answerModel"}


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What a hanging check waits for; set at the end, so that no thread stays behind."""
    event = threading.Event()
    yield event
    event.set()


def raising(error: Exception) -> Callable[[], None]:
    def check() -> None:
        raise error

    return check


def test_a_check_that_hangs_does_not_hold_up_the_others(release: threading.Event) -> None:
    started = time.monotonic()
    results = run_checks({"good": lambda: None, "hangs": lambda: _wait(release)}, deadline_seconds=0.2)
    assert time.monotonic() - started < 0.4
    assert results["good"].as_answer()["status"] == "ok"
    assert results["hangs"].as_answer() == {"status": "failed", "responseTimeMs": 200, "error": "TimedOut"}


def test_checks_run_side_by_side() -> None:
    everyone = threading.Barrier(3, timeout=2)

    def check() -> None:
        everyone.wait()

    results = run_checks(dict.fromkeys("abc", check), deadline_seconds=3)
    assert [result.error for result in results.values()] == ["", "", ""]


def _wait(event: threading.Event) -> None:
    event.wait(5)


@pytest.mark.parametrize(
    "error,code",
    [
        (client_error("AccessDeniedException"), "AccessDeniedException"),
        (ReadTimeoutError(endpoint_url="https://secret"), "ReadTimeoutError"),
        (NotReadyError("KnowledgeBaseNotActive"), "KnowledgeBaseNotActive"),
    ],
)
def test_a_failed_check_tells_its_code_and_nothing_else(error: Exception, code: str) -> None:
    result = run_checks({"check": raising(error)}, deadline_seconds=1)["check"].as_answer()
    assert set(result) == {"status", "responseTimeMs", "error"}
    assert (result["status"], result["error"]) == ("failed", code)


def test_one_failed_check_makes_the_region_degraded() -> None:
    checks = {"good": lambda: None, "bad": raising(client_error("NoSuchBucket"))}
    report = make_report(checks, region="us-west-2", deadline_seconds=1)
    assert report.answer.status == 503
    assert report.answer.body["status"] == "degraded"
    assert report.healthy_percent == 50
    assert report.failed == ("bad",)


@pytest.mark.parametrize("status", [200, 503])
def test_a_report_is_kept_for_five_seconds_healthy_or_not(status: int) -> None:
    clock = [100.0]
    made: list[Report] = []

    def make() -> Report:
        answer = Answer(status=status, body={"n": len(made)})
        made.append(Report(answer=answer, failed=(), healthy_percent=100, checked_at=clock[0]))
        return made[-1]

    cached = CachedReport(make, clock=lambda: clock[0])
    assert cached.get() == (made[0], True)
    clock[0] = 104.9
    assert cached.get() == (made[0], False)
    clock[0] = 105.0
    assert cached.get() == (made[1], True)


@pytest.mark.parametrize("status,error", [("ACTIVE", ""), ("FAILED", "KnowledgeBaseNotActive")])
def test_a_knowledge_base_that_is_not_active_fails_its_check(status: str, error: str) -> None:
    clients = ShallowClients.make("us-west-2")
    stubber = Stubber(clients.bedrock_agent)
    settings = Settings(
        region="us-west-2",
        site_origin="https://s",
        knowledge_base_id="KB00000001",
        data_source_id="DS00000001",
        documents_bucket="b",
        ingest_queue_url="q",
        answer_model_id="m",
        guardrail_id="g",
        guardrail_version="1",
    )
    stubber.add_response("get_knowledge_base", {"knowledgeBase": _knowledge_base(status)})
    with stubber:
        check = shallow_checks(clients, settings)["knowledgeBase"]
        assert run_checks({"check": check}, deadline_seconds=2)["check"].error == error


def _knowledge_base(status: str) -> dict[str, object]:
    moment = "2026-11-24T12:00:00Z"
    return {
        "knowledgeBaseId": "KB00000001",
        "name": "n",
        "knowledgeBaseArn": "arn:aws:bedrock:us-west-2:111122223333:knowledge-base/KB00000001",
        "roleArn": "arn:aws:iam::111122223333:role/r",
        "knowledgeBaseConfiguration": {"type": "VECTOR"},
        "status": status,
        "createdAt": moment,
        "updatedAt": moment,
    }


@pytest.fixture
def health(world: World, cold_start: Callable[..., Handler], variables: Callable[[World], dict[str, str]]) -> Handler:
    return cold_start("health", variables(world))


def checks_of(body: Mapping[str, dict[str, dict[str, str]]]) -> dict[str, str]:
    return {name: check["status"] for name, check in body["checks"].items()}


def test_a_region_that_can_serve_is_healthy(health: Handler, world: World) -> None:
    response = health(api_event(), Context())
    body = body_of(response)
    assert response["statusCode"] == 200
    assert set(body) == {"status", "region", "timestamp", "checks", "totalResponseTimeMs"}
    assert body["status"] == "healthy"
    assert body["region"] == world.region
    assert checks_of(body) == dict.fromkeys(SHALLOW, "ok")


def test_a_deep_check_also_retrieves_and_asks_the_model(health: Handler) -> None:
    response = health(api_event(query={"deep": "true"}), Context())
    assert checks_of(body_of(response)) == dict.fromkeys(DEEP, "ok")
    assert response["statusCode"] == 200


def test_a_lost_queue_is_seen_after_the_cache_and_by_a_deep_check_at_once(health: Handler, world: World) -> None:
    first = body_of(health(api_event(), Context()))
    boto3.client("sqs", region_name=world.region).delete_queue(QueueUrl=world.queue_url)
    assert body_of(health(api_event(query={"deep": "no"}), Context())) == first
    deep = health(api_event(query={"deep": "TRUE"}), Context())
    assert deep["statusCode"] == 503
    assert checks_of(body_of(deep)) == {**dict.fromkeys(DEEP, "ok"), "ingestQueue": "failed"}


def test_deep_checks_in_a_row_are_one_and_a_second_later_another(health: Handler, world: World) -> None:
    deep = api_event(query={"deep": "true"})
    first = body_of(health(deep, Context()))
    boto3.client("sqs", region_name=world.region).delete_queue(QueueUrl=world.queue_url)
    assert body_of(health(deep, Context())) == first
    time.sleep(DEEP_CACHED_SECONDS)
    assert health(deep, Context())["statusCode"] == 503


def test_a_guardrail_that_is_gone_is_found_by_a_deep_check(
    world: World, cold_start: Callable[..., Handler], variables: Callable[[World], dict[str, str]]
) -> None:
    health = cold_start("health", {**variables(world), "GUARDRAIL_ID": "gone"})
    body = body_of(health(api_event(query={"deep": "true"}), Context()))
    assert checks_of(body) == {**dict.fromkeys(DEEP, "ok"), "answerModel": "failed"}


@pytest.fixture
def silent_endpoint() -> Iterator[str]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_region_that_hangs_is_reported_within_two_seconds(
    world: World,
    silent_endpoint: str,
    cold_start: Callable[..., Handler],
    variables: Callable[[World], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", silent_endpoint)
    health = cold_start("health", variables(world))
    started = time.monotonic()
    response = health(api_event(), Context())
    assert time.monotonic() - started < 2
    assert response["statusCode"] == 503
    assert {check["error"] for check in body_of(response)["checks"].values()} <= {"ReadTimeoutError", "TimedOut"}


def test_a_name_that_does_not_resolve_in_time_is_reported_within_two_seconds(
    cold_start: Callable[..., Handler],
    variables: Callable[[World], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    release: threading.Event,
) -> None:
    health = cold_start("health", variables(NOWHERE))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments: _wait(release))
    started = time.monotonic()
    response = health(api_event(), Context())
    assert time.monotonic() - started < 2
    assert {check["error"] for check in body_of(response)["checks"].values()} == {"TimedOut"}
