"""Whatever a region answers, each read of it ends in time and makes the region unavailable. It is no bug of ours."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from standby.deployment.answers import DeadlineExceededError
from standby.deployment.api_call import call_with_deadline
from standby.deployment.clients import Clients
from standby.deployment.concurrency import NoAnswerError, Unavailable, attempt, run_concurrently
from standby.deployment.dns.lookup import Lookup
from standby.deployment.http_client import HttpClient, HttpResponse
from standby.deployment.manifest_reader import fetch_manifest
from standby.deployment.routing_config import read_copy, write_copy
from standby.deployment.sessions import EmulatorSession
from standby.deployment.sweep import run_sweep
from standby.operations.facts import collect, journal
from standby.operations.facts.documents import list_documents
from standby.operations.facts.health import Health, read_health
from standby.operations.facts.knowledge_base import read_index_state
from standby.operations.facts.switch_facts import read_identity
from tests.standby.helpers import MANIFEST, WEST, copy_of
from tests.standby.sick_server import DRIPPED, WHOLE, SickServer

REGION = MANIFEST.regions["primary"]
EVENT_KEY = f"{journal.PREFIX}000000000007-20261124T120000000000Z-abc.json"

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket")  # of answers that http.client could not read


class SickConnection:
    """A connection to a region in which every service gives the same answer."""

    where, rehearsed, name = "TEST", False, MANIFEST.name
    regions: tuple[str, ...] = (WEST,)
    allowed_accounts: tuple[str, ...] = ()

    def __init__(self, url: str) -> None:
        self.url = url
        self.clients = Clients(lambda region: EmulatorSession(region=region, endpoint=url), endpoints={WEST: url})
        self._web = HttpClient(trusted=True)

    def look_up(self, name: str) -> Lookup:
        raise NoAnswerError(f"DNS has no answer for {name}")

    def request(
        self, method: str, url: str, *, body: bytes | None = None, seconds: float = 2.0, token: str = ""
    ) -> HttpResponse:
        assert url
        return self._web.request(method, self.url, body=body, seconds=seconds)


READS: dict[str, Callable[[SickConnection], object]] = {
    "the manifest": lambda to: fetch_manifest(to, WEST),
    "config.json": lambda to: read_copy(to.clients.s3(WEST), REGION),
    "a write of config.json": lambda to: write_copy(to.clients.s3(WEST), copy_of("primary", None), "{}"),
    "the journal's keys": lambda to: journal.list_objects(to.clients.s3(WEST), REGION),
    "the queues": lambda to: collect.read_queues(to, REGION),
    "the alarms": lambda to: collect.read_alarms(to, REGION),
    "the documents": lambda to: list_documents(to.clients.s3(WEST), REGION),
    "the Knowledge Base": lambda to: read_index_state(to.clients.bedrock_agent(WEST), REGION),
    "the identity": lambda to: read_identity(to, WEST),
    "the health": lambda to: read_health(to, REGION, deep=False, seconds=2.0),
}
MAY_BE_EMPTY = {"the journal's keys", "the documents", "the alarms", "the Knowledge Base"}
"""AWS leaves out an empty list: with a request id, an answer without it says that there is none."""


@pytest.fixture(scope="module")
def sick() -> Iterator[SickServer]:
    server = SickServer("html")
    yield server
    server.close()


@pytest.fixture(scope="module")
def connection(sick: SickServer) -> SickConnection:
    return SickConnection(sick.url)


@pytest.mark.parametrize("answer", WHOLE)
def test_a_nonsense_answer_makes_the_region_unavailable(
    answer: str, sick: SickServer, connection: SickConnection
) -> None:
    sick.answer = answer
    for name, read in READS.items():
        found = attempt(lambda read=read: read(connection))  # type: ignore[misc]  # mypy infers no default's type
        if isinstance(found, Health):
            assert found.status.startswith("answering ")
            assert not found.healthy
        elif not (name in MAY_BE_EMPTY and "with a request id" in answer):
            assert isinstance(found, Unavailable), name
            assert found.why.isprintable()
            assert "Error" not in found.why.replace("InternalError", ""), "a Python class name"


@pytest.mark.parametrize("answer", DRIPPED)
def test_an_answer_that_drips_ends_at_the_deadline_of_the_call(
    answer: str, sick: SickServer, connection: SickConnection
) -> None:
    sick.answer = answer
    reads = {name: lambda read=read: attempt(lambda: read(connection)) for name, read in READS.items()}
    began = time.monotonic()
    found = run_concurrently(reads, seconds=20.0)
    assert time.monotonic() - began < 10
    for name, said in found.items():
        assert isinstance(said, Unavailable), name
        assert said.why.startswith("does not answer (time-out after "), name
        assert said.unreachable, name


@pytest.mark.parametrize("answer", [name for name in WHOLE if "request id" not in name])
def test_an_answer_without_a_request_id_is_not_one_of_aws(
    answer: str, sick: SickServer, connection: SickConnection
) -> None:
    sick.answer = answer
    found = attempt(lambda: list_documents(connection.clients.s3(WEST), REGION))
    assert isinstance(found, Unavailable)
    assert found.unreachable


def test_a_sweep_with_a_foreign_answer_fails_with_the_region_s_reason(
    sick: SickServer, connection: SickConnection
) -> None:
    sick.answer = "html"
    found = attempt(lambda: run_sweep(connection.clients.functions(WEST), REGION))
    assert found == Unavailable("answers, but not as AWS does", unreachable=True)


def test_an_event_that_is_cut_off_is_unavailable_and_not_an_invalid_event(
    sick: SickServer, connection: SickConnection
) -> None:
    sick.answer = "cut"
    found = attempt(lambda: journal.read_event(connection.clients.s3(WEST), REGION, EVENT_KEY))
    assert found == Unavailable("does not answer (the connection was closed)", unreachable=True)


def test_an_event_that_was_changed_on_its_way_is_unavailable_and_not_an_invalid_event(
    sick: SickServer, connection: SickConnection
) -> None:
    sick.answer = "a wrong checksum with a request id"
    found = attempt(lambda: journal.read_event(connection.clients.s3(WEST), REGION, EVENT_KEY))
    assert found == Unavailable("answers with a body that does not match its checksum", unreachable=True)


def test_a_bug_in_our_own_code_is_raised() -> None:
    fields: dict[str, str] = {}
    with pytest.raises(KeyError):
        attempt(lambda: fields["no such key"])


def test_a_call_that_has_not_ended_in_time_does_not_hold_the_program() -> None:
    hold = threading.Event()
    with pytest.raises(DeadlineExceededError, match=r"time-out after 0\.05 s"):
        call_with_deadline(hold.wait, seconds=0.05)
    hold.set()
