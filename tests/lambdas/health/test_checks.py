import threading
import time

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from health.checks import NotReadyError, ShallowClients, run_checks, shallow_checks
from tests.lambdas.health.helpers import SETTINGS, raising, wait_for
from tests.lambdas.helpers import client_error


def test_a_check_that_hangs_does_not_delay_the_others(release: threading.Event) -> None:
    started = time.monotonic()
    results = run_checks({"good": lambda: None, "hangs": lambda: wait_for(release)}, deadline_seconds=0.2)
    assert time.monotonic() - started < 0.4
    assert results["good"].as_json()["status"] == "ok"
    assert results["hangs"].as_json() == {"status": "failed", "responseTimeMs": 200, "error": "TimedOut"}


def test_checks_run_in_parallel() -> None:
    everyone = threading.Barrier(3, timeout=2)

    def check() -> None:
        everyone.wait()

    results = run_checks(dict.fromkeys("abc", check), deadline_seconds=3)
    assert [result.error for result in results.values()] == ["", "", ""]


@pytest.mark.parametrize(
    "error,code",
    [
        (client_error("AccessDeniedException"), "AccessDeniedException"),
        (ReadTimeoutError(endpoint_url="https://secret"), "ReadTimeoutError"),
        (NotReadyError("KnowledgeBaseNotActive"), "KnowledgeBaseNotActive"),
    ],
)
def test_a_failed_check_reports_its_code_and_nothing_else(error: Exception, code: str) -> None:
    result = run_checks({"check": raising(error)}, deadline_seconds=1)["check"].as_json()
    assert set(result) == {"status", "responseTimeMs", "error"}
    assert (result["status"], result["error"]) == ("failed", code)


@pytest.mark.parametrize("status,error", [("ACTIVE", ""), ("FAILED", "KnowledgeBaseNotActive")])
def test_a_knowledge_base_that_is_not_active_fails_its_check(status: str, error: str) -> None:
    clients = ShallowClients.make("us-west-2")
    stubber = Stubber(clients.bedrock_agent)
    stubber.add_response("get_knowledge_base", {"knowledgeBase": _knowledge_base(status)})
    with stubber:
        check = shallow_checks(clients, SETTINGS)["knowledgeBase"]
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
