"""A call whose answer was lost is repeated by the real SDK; the real emulator carries it out once."""

import asyncio
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, cast

import pytest
import urllib3
from botocore.exceptions import ClientError

from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.emulator.emulator import HOST, Emulator
from standby.rehearsal.emulator.ministack_server import REMEMBERED, IdempotentReplay

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable, ASGIReceiveEvent, ASGISendCallable, ASGISendEvent, Scope

REGION = "us-east-1"
RULES = [{"ResourceType": "index", "Resource": ["index/*/*"], "Permission": ["aoss:ReadDocument"]}]
DATA_ACCESS = json.dumps([{"Rules": RULES, "Principal": ["arn:aws:iam::000000000000:root"]}])


class LosesAnswers(ThreadingHTTPServer):
    """Hands calls on to an emulator, and closes the connection in place of the first answers. Knows each attempt."""

    def __init__(self, emulator: Emulator, *, lost: int) -> None:
        super().__init__((HOST, 0), Handler)
        self.emulator, self.lost = emulator, lost
        self.attempts: list[str] = []

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: LosesAnswers

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = urllib3.request(
            "POST", self.server.emulator.endpoint + self.path, body=body, headers=dict(self.headers), retries=False
        )
        self.server.attempts.append(self.headers["amz-sdk-request"])
        if len(self.server.attempts) <= self.server.lost:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(answer.data)))
        for name in answer.headers.keys() - {"content-length", "date", "server"}:
            self.send_header(name, answer.headers[name])
        self.end_headers()
        self.wfile.write(answer.data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def losing(emulator: Emulator, request: pytest.FixtureRequest) -> Iterator[LosesAnswers]:
    server = LosesAnswers(emulator, lost=request.param)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("losing", [1, 2], indirect=True)
def test_a_call_whose_answers_were_lost_is_repeated_and_gets_the_first_one(losing: LosesAnswers) -> None:
    name = f"lost-{losing.lost}"
    client = EmulatorSession(region=REGION, endpoint=losing.endpoint).client("opensearchserverless")
    made = client.create_access_policy(name=name, type="data", policy=DATA_ACCESS)["accessPolicyDetail"]
    assert [attempt.split(";")[0] for attempt in losing.attempts] == [
        f"attempt={number}" for number in range(1, losing.lost + 2)
    ]
    assert client.get_access_policy(name=name, type="data")["accessPolicyDetail"] == made


@pytest.mark.parametrize("losing", [0], indirect=True)
def test_whoever_calls_twice_is_answered_twice(losing: LosesAnswers) -> None:
    client = EmulatorSession(region=REGION, endpoint=losing.endpoint).client("opensearchserverless")
    client.create_access_policy(name="twice", type="data", policy=DATA_ACCESS)
    with pytest.raises(ClientError, match="already exists"):
        client.create_access_policy(name="twice", type="data", policy=DATA_ACCESS)


class Counting:
    """An application that answers each request with its number, and with one status after the other."""

    def __init__(self, *statuses: int) -> None:
        self._statuses = iter(statuses)
        self._answered = 0

    async def __call__(self, _scope: "Scope", _receive: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
        self._answered += 1
        await send({"type": "http.response.start", "status": next(self._statuses), "headers": []})
        await send({"type": "http.response.body", "body": b"%d" % self._answered, "more_body": False})


def asked(application: IdempotentReplay, *, method: str = "POST", invocation: bytes = b"one") -> list[bytes]:
    """Ask once; return the bodies of what was answered, one message each."""
    said: list[bytes] = []
    parts = iter([{"type": "http.request", "body": b"x", "more_body": more} for more in (True, False)])
    scope = {"type": "http", "method": method, "headers": [(b"amz-sdk-invocation-id", invocation)]}

    async def receive() -> "ASGIReceiveEvent":
        return cast("ASGIReceiveEvent", next(parts))

    async def send(message: "ASGISendEvent") -> None:
        if message["type"] == "http.response.body":
            said.append(message["body"])

    asyncio.run(application(cast("Scope", scope), receive, send))
    return said


def test_a_call_that_failed_is_decided_anew_when_it_is_repeated() -> None:
    application = IdempotentReplay(Counting(503, 429, 200, 200))
    assert [asked(application) for _ in range(4)] == [[b"1"], [b"2"], [b"3"], [b"3"]]


def test_what_only_reads_is_read_anew() -> None:
    application = IdempotentReplay(Counting(200, 200))
    assert [asked(application, method="GET") for _ in range(2)] == [[b"1"], [b"2"]]


def test_the_last_answers_are_kept_and_those_before_them_are_not() -> None:
    application = IdempotentReplay(Counting(*[200] * (REMEMBERED + 2)))
    numbers = [b"%d" % number for number in range(REMEMBERED + 1)]
    first, *others = [asked(application, invocation=number) for number in numbers]
    assert asked(application, invocation=numbers[-1]) == others[-1]
    assert asked(application, invocation=numbers[0]) != first
