"""Whatever one region does to a call, each command ends in time and says what it knows.

The calls of the primary region are answered here: some of them raise an exception, answer any bytes, or answer one byte
at a time. All others reach the emulator.
"""

import builtins
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any, Final

import botocore.exceptions
import pytest
import urllib3.exceptions
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from standby.cli.main import cli
from standby.deployment.clients import Clients
from standby.deployment.connection import Connection
from standby.deployment.http_client import HTTP_SECONDS, HttpResponse, request_with_deadline
from standby.deployment.sessions import EmulatorSession
from standby.operations.facts import collect
from standby.rehearsal.emulator.emulator import Emulator
from tests.standby.helpers import EAST, WEST, EmulatorConnection, World
from tests.standby.manifests import REGIONS

LIMIT_SECONDS: Final = 10.0
HEALTH: Final = "health"
EDGE: Final = "edge"
S3: Final = ("s3.GetObject", "s3.ListObjectsV2", "s3.Put", "s3.")
PARTS: Final = ("ssm", *S3, "sts", "sqs", "bedrock-agent", "lambda", HEALTH)
"""What is sick, by the beginning of `service.Operation`."""


def subclasses(kind: type[Exception]) -> Iterator[type[Exception]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from subclasses(sub)


def can_be_made(kind: type[Exception]) -> bool:
    try:
        return isinstance(kind("why"), Exception)
    except Exception:  # noqa: BLE001 - it wants other arguments
        return False


MODULES: Final = (builtins, botocore.exceptions, urllib3.exceptions)
KINDS: Final[set[type[Exception]]] = {Exception, *subclasses(Exception)}
EXCEPTIONS: Final = sorted(
    (kind for kind in KINDS if kind.__module__ in {module.__name__ for module in MODULES} and can_be_made(kind)),
    key=lambda kind: f"{kind.__module__}.{kind.__name__}",
)
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5)
            | st.sampled_from(
                ["Parameter", "Value", "Contents", "status", "checks", "apiUrl", "generation", "Attributes"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=9,
)
LARGE: Final[Mapping[str, bytes]] = {
    "nested lists": b"[" * 200_000,
    "nested objects": b'{"a":' * 90_000,
    "a lone surrogate": b'"\\ud800"',
    "ten megabytes": b"x" * 10_000_000,
    "nested elements": b"<a>" * 90_000,
}
BODIES: Final = JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60) | st.sampled_from([*LARGE])


@dataclass(frozen=True)
class Raise:
    """The call raises this exception in the place of the transport."""

    kind: type[Exception]

    def act(self, url: str) -> AWSResponse:
        raise self.kind("why")


@dataclass(frozen=True)
class Answer:
    """The call is answered with these bytes (or those of a name in `LARGE`), with or without a request id of AWS."""

    status: int
    body: bytes | str
    is_from_aws: bool

    def act(self, url: str) -> AWSResponse:
        body = LARGE[self.body] if isinstance(self.body, str) else self.body
        return response(url, self.status, BytesIO(body), is_from_aws=self.is_from_aws)


@dataclass(frozen=True)
class Drip:
    """The call is answered with one byte each half second."""

    def act(self, url: str) -> AWSResponse:
        return response(url, 200, Dripping(), is_from_aws=True)


class Dripping(BytesIO):
    """A body that has no end."""

    def read(self, _: int | None = -1) -> bytes:
        time.sleep(0.5)
        return b"{"


Sickness = Raise | Answer | Drip
SICKNESSES: Final = st.one_of(
    st.builds(Raise, st.sampled_from(EXCEPTIONS)),
    st.builds(Answer, st.sampled_from([200, 200, 204, 301, 302, 400, 403, 404, 500, 503]), BODIES, st.booleans()),
    st.just(Drip()),
)
SICK_PARTS: Final = st.dictionaries(st.sampled_from(PARTS), SICKNESSES, min_size=1)


class RawBody:
    """As much of urllib3's response as botocore reads."""

    def __init__(self, body: BytesIO) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        while part := self._body.read(65_536):
            yield part

    def read(self, amt: int | None = None, **_: object) -> bytes:
        return self._body.read(-1 if amt is None else amt)

    def close(self) -> None:
        self._body.close()


def response(url: str, status: int, body: BytesIO, *, is_from_aws: bool) -> AWSResponse:
    headers = {"x-amzn-RequestId": "1", "x-amz-request-id": "1", "ETag": '"1"'} if is_from_aws else {}
    return AWSResponse(url, status, headers, RawBody(body))  # type: ignore[arg-type]  # see RawBody


class SickSession(EmulatorSession):
    """A session whose calls in the primary region are answered as `parts` says."""

    parts: Mapping[str, Sickness] = {}

    def __init__(self, *, region: str, endpoint: str) -> None:
        super().__init__(region=region, endpoint=endpoint)
        if region == REGIONS["primary"]:
            self.events.register("before-send", self._answer)  # type: ignore[arg-type]  # the stubs know no answer

    def _answer(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse | None:
        operation = event_name.removeprefix("before-send.")
        sick = next((sick for part, sick in SickSession.parts.items() if operation.startswith(part)), None)
        return sick.act(str(request.url)) if sick is not None else None


class SickConnection(EmulatorConnection):
    """A connection to a world with a primary region that is sick in `SickSession.parts`."""

    def __init__(self, world: World, clients: Clients) -> None:
        super().__init__(world, (), {})
        self.clients = clients

    def is_edge(self, url: str) -> bool:
        return url.startswith(self._world.manifest.site.url)

    def request(
        self, method: str, url: str, *, body: bytes | None = None, seconds: float = HTTP_SECONDS, token: str = ""
    ) -> HttpResponse:
        sick = SickSession.parts.get(HEALTH if REGIONS["primary"] in url else EDGE if self.is_edge(url) else "")
        if sick is None:
            return super().request(method, url, body=body, seconds=seconds)

        def send() -> HttpResponse:
            answer = sick.act(url)
            return HttpResponse(status=answer.status_code, body=answer.content[: 2**20])

        return request_with_deadline(send, seconds=seconds)


@pytest.fixture(scope="module")
def sick_clients(emulator: Emulator) -> Clients:
    """Clients whose calls in the primary region are answered as `SickSession.parts` says."""
    return Clients(
        lambda region: SickSession(region=region, endpoint=emulator.endpoint),
        endpoints=dict.fromkeys(REGIONS.values(), emulator.endpoint),
        elsewhere=emulator.endpoint,
    )


@pytest.fixture(scope="module")
def connection(emulator: Emulator, sick_clients: Clients) -> Connection:
    """A world that no example changes: each one asks for a plan only."""
    return SickConnection(World.make(emulator.endpoint), sick_clients)


@pytest.fixture(autouse=True)
def _healthy_afterward(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(collect, "STATUS_SECONDS", 4.0)  # on a busy machine, the region that is well is late, too
    yield
    SickSession.parts = {}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    exit_code: int
    document: Mapping[str, Any]


class TimedText(StringIO):
    """A text that knows the longest time between two of its parts, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._last = time.monotonic()
        self.longest_silence = 0.0

    def write(self, text: str) -> int:
        now = time.monotonic()
        self.longest_silence, self._last = max(self.longest_silence, now - self._last), now
        return super().write(text)


def run(connection: Connection, parts: Mapping[str, Sickness], *arguments: str) -> Ended:
    """Run a command. It never is silent for long, prints one JSON document, and reports no bug of ours."""
    SickSession.parts = parts
    said, out = TimedText(), StringIO()
    with redirect_stderr(said), redirect_stdout(out), pytest.raises(SystemExit) as ended:
        cli.main((*arguments, "--json"), obj=lambda _: connection)
    said.write("the end")
    assert said.longest_silence < LIMIT_SECONDS, (said.getvalue(), parts)
    assert "This is a bug" not in said.getvalue(), said.getvalue()
    return Ended(int(ended.value.code or 0), json.loads(out.getvalue()))


examples = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # to shrink an example that hangs takes minutes
)


@examples
@given(parts=SICK_PARTS)
def test_a_failover_gets_its_plan_whatever_the_other_region_does(
    connection: Connection, parts: Mapping[str, Sickness]
) -> None:
    ended = run(connection, parts, "failover", "--dry-run")
    assert (ended.exit_code, ended.document["result"]) == (0, "planned")
    assert ended.document["generation"] > 3


@examples
@given(parts=SICK_PARTS)
def test_a_failover_moves_users_in_time_whatever_the_other_region_does(
    emulator: Emulator, sick_clients: Clients, parts: Mapping[str, Sickness]
) -> None:
    world = World.make(emulator.endpoint)
    ended = run(SickConnection(world, sick_clients), parts, "failover", "--yes")
    assert (ended.exit_code, ended.document["result"]) in {(0, "done"), (0, "incomplete")}, ended.document["error"]
    SickSession.parts = {}
    copies = world.copies()
    written = {role: copy.config.region if copy.config else "" for role, copy in copies.items()}
    pending = {part["region"] for part in ended.document["pendingWrites"]}
    assert written["failover"] == EAST
    assert copies["failover"].generation == ended.document["generation"] > 3
    assert written["primary"] == EAST or WEST in pending  # a write whose answer was lost is in both


@settings(examples, max_examples=10)
@given(parts=SICK_PARTS)
def test_status_has_a_verdict_and_a_next_whatever_one_region_does(
    connection: Connection, parts: Mapping[str, Sickness]
) -> None:
    ended = run(connection, parts, "status")
    assert ended.document["regions"]["failover"]["config"]["state"] == "valid"
    assert (ended.exit_code == 0) == (ended.document["verdict"] == "ready")


@examples
@given(parts=SICK_PARTS)
def test_the_journal_of_the_other_region_is_shown_whatever_one_region_does(
    connection: Connection, parts: Mapping[str, Sickness]
) -> None:
    assert EAST not in run(connection, parts, "journal").document["unavailable"]


@settings(examples, max_examples=10)
@given(parts=SICK_PARTS)
def test_a_reconciliation_is_planned_or_refused_whatever_one_region_does(
    connection: Connection, parts: Mapping[str, Sickness]
) -> None:
    ended = run(connection, parts, "reconcile", "--dry-run")
    assert ended.exit_code in {0, 3}
    assert (ended.document["result"] == "refused") == (ended.exit_code == 3)


@pytest.mark.parametrize("kind", EXCEPTIONS)
def test_no_exception_of_a_call_stops_a_failover(connection: Connection, kind: type[Exception]) -> None:
    ended = run(connection, dict.fromkeys(("ssm", "s3.", "sts", HEALTH), Raise(kind)), "failover", "--dry-run")
    assert (ended.exit_code, ended.document["result"]) == (0, "planned")
    assert WEST in {part["region"] for part in ended.document["pendingWrites"]}


PLACES: Final = ("ssm", "s3.GetObject", HEALTH, EDGE)
"""Where a document is read: the manifest, config.json and the journal, the health of the API, and the site."""


@pytest.mark.parametrize("body", LARGE)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", ["status", "journal", "reconcile"])
def test_an_absurd_document_in_any_place_ends_no_command(
    connection: Connection, place: str, body: str, command: str
) -> None:
    more = ("--dry-run",) if command == "reconcile" else ()
    ended = run(connection, {place: Answer(200, body, is_from_aws=True)}, command, *more)
    assert ended.exit_code in {0, 3}
    if command == "status" and place != EDGE:
        assert WEST in " ".join(ended.document["reasons"])


@pytest.mark.parametrize("body", LARGE)
@pytest.mark.parametrize("place", PLACES)
def test_an_absurd_document_in_any_place_stops_no_failover(
    emulator: Emulator, sick_clients: Clients, place: str, body: str
) -> None:
    world = World.make(emulator.endpoint)
    ended = run(SickConnection(world, sick_clients), {place: Answer(200, body, is_from_aws=True)}, "failover", "--yes")
    SickSession.parts = {}
    config = world.copies()["failover"].config
    assert config is not None
    assert config.region == EAST
    assert ended.document["result"] == ("not verified" if place == EDGE else ended.document["result"])
    assert ended.exit_code == (3 if place == EDGE else 0)
