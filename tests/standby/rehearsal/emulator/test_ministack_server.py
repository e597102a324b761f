"""The corrections of MiniStack. The real SDK repeats a call with a lost response, and the emulator executes it once."""

import asyncio
import importlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, cast

import pytest
import urllib3
from botocore.exceptions import ClientError

from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.emulator.emulator import Emulator
from standby.rehearsal.emulator.ministack_server import (
    REPLAY_CAPACITY,
    IdempotentReplay,
    corrected_action,
    corrected_authorization,
    corrected_resource,
)
from standby.rehearsal.processes.ports import HOST

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable, ASGIReceiveEvent, ASGISendCallable, ASGISendEvent, Scope

REGION = "us-east-1"
RULES = [{"ResourceType": "index", "Resource": ["index/*/*"], "Permission": ["aoss:ReadDocument"]}]
DATA_ACCESS = json.dumps([{"Rules": RULES, "Principal": ["arn:aws:iam::000000000000:role/applier"]}])


class LossyProxy(ThreadingHTTPServer):
    """Passes calls on to an emulator, records each attempt, and loses the first responses by closing the connection."""

    def __init__(self, emulator: Emulator, *, lost: int) -> None:
        super().__init__((HOST, 0), Handler)
        self.emulator, self.lost = emulator, lost
        self.attempts: list[str] = []

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: LossyProxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        response = urllib3.request(
            "POST", self.server.emulator.endpoint + self.path, body=body, headers=dict(self.headers), retries=False
        )
        self.server.attempts.append(self.headers["amz-sdk-request"])
        if len(self.server.attempts) <= self.server.lost:
            self.close_connection = True
            return
        self.send_response(response.status)
        self.send_header("Content-Length", str(len(response.data)))
        for name in response.headers.keys() - {"content-length", "date", "server"}:
            self.send_header(name, response.headers[name])
        self.end_headers()
        self.wfile.write(response.data)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def lossy_proxy(emulator: Emulator, request: pytest.FixtureRequest) -> Iterator[LossyProxy]:
    server = LossyProxy(emulator, lost=request.param)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("lossy_proxy", [1, 2], indirect=True)
def test_a_call_whose_responses_were_lost_is_repeated_and_gets_the_first_response(lossy_proxy: LossyProxy) -> None:
    name = f"lost-{lossy_proxy.lost}"
    client = EmulatorSession(region=REGION, endpoint=lossy_proxy.endpoint).client("opensearchserverless")
    created = client.create_access_policy(name=name, type="data", policy=DATA_ACCESS)["accessPolicyDetail"]
    assert [attempt.split(";")[0] for attempt in lossy_proxy.attempts] == [
        f"attempt={number}" for number in range(1, lossy_proxy.lost + 2)
    ]
    assert client.get_access_policy(name=name, type="data")["accessPolicyDetail"] == created


@pytest.mark.parametrize("lossy_proxy", [0], indirect=True)
def test_two_calls_get_two_responses(lossy_proxy: LossyProxy) -> None:
    client = EmulatorSession(region=REGION, endpoint=lossy_proxy.endpoint).client("opensearchserverless")
    client.create_access_policy(name="twice", type="data", policy=DATA_ACCESS)
    with pytest.raises(ClientError, match="already exists"):
        client.create_access_policy(name="twice", type="data", policy=DATA_ACCESS)


class NumberedResponses:
    """An application whose responses are numbered and have these statuses in turn."""

    def __init__(self, *statuses: int) -> None:
        self._statuses = iter(statuses)
        self._responses = 0

    async def __call__(self, _scope: "Scope", _receive: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
        self._responses += 1
        await send({"type": "http.response.start", "status": next(self._statuses), "headers": []})
        await send({"type": "http.response.body", "body": b"%d" % self._responses, "more_body": False})


def call(application: IdempotentReplay, *, method: str = "POST", invocation: bytes = b"one") -> list[bytes]:
    """Send one request and return the bodies of the response, one for each message."""
    bodies: list[bytes] = []
    parts = iter([{"type": "http.request", "body": b"x", "more_body": more} for more in (True, False)])
    scope = {"type": "http", "method": method, "headers": [(b"amz-sdk-invocation-id", invocation)]}

    async def receive() -> "ASGIReceiveEvent":
        return cast("ASGIReceiveEvent", next(parts))

    async def send(message: "ASGISendEvent") -> None:
        if message["type"] == "http.response.body":
            bodies.append(message["body"])

    asyncio.run(application(cast("Scope", scope), receive, send))
    return bodies


def test_a_failed_call_is_executed_again_when_it_is_repeated() -> None:
    application = IdempotentReplay(NumberedResponses(503, 429, 200, 200))
    assert [call(application) for _ in range(4)] == [[b"1"], [b"2"], [b"3"], [b"3"]]


def test_a_read_is_executed_each_time() -> None:
    application = IdempotentReplay(NumberedResponses(200, 200))
    assert [call(application, method="GET") for _ in range(2)] == [[b"1"], [b"2"]]


def test_only_the_last_responses_are_kept() -> None:
    application = IdempotentReplay(NumberedResponses(*[200] * (REPLAY_CAPACITY + 2)))
    numbers = [b"%d" % number for number in range(REPLAY_CAPACITY + 1)]
    first, *others = [call(application, invocation=number) for number in numbers]
    assert call(application, invocation=numbers[-1]) == others[-1]
    assert call(application, invocation=numbers[0]) != first


@pytest.mark.parametrize(
    "named,action",
    [
        ("bedrock:Converse", "bedrock:InvokeModel"),
        ("bedrock:ConverseStream", "bedrock:InvokeModelWithResponseStream"),
        ("s3:GetObject", "s3:GetObject"),
        (None, None),
    ],
)
def test_a_conversation_needs_the_permission_to_invoke_the_model(named: str | None, action: str | None) -> None:
    assert corrected_action(lambda *_: named)("bedrock-runtime", "POST", "/") == action


@pytest.mark.parametrize(
    "model,resource",
    [
        (
            "us.anthropic.claude-v1:0",
            "arn:aws:bedrock:us-west-2:000000000000:inference-profile/us.anthropic.claude-v1:0",
        ),
        ("amazon.titan-v2:0", "arn:aws:bedrock:us-west-2::foundation-model/amazon.titan-v2:0"),
    ],
)
def test_an_inference_profile_is_authorized_as_one(model: str, resource: str) -> None:
    extract = corrected_resource(lambda *_: f"arn:aws:bedrock:us-west-2::foundation-model/{model}")
    assert extract("bedrock-runtime", "POST", "/", {}, b"", {}, "us-west-2", "000000000000") == resource


PROFILE = "arn:aws:bedrock:us-west-2:000000000000:inference-profile/us.anthropic.claude-v1:0"
MODEL = "arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-v1:0"
GUARDRAIL = "arn:aws:bedrock:us-west-2:000000000000:guardrail/abc"


def needed(model: str, body: bytes, *, denied: str = "") -> tuple[list[tuple[str, str]], object]:
    """Return the permissions that are asked for until one is denied, and the denial."""
    asked: list[tuple[str, str]] = []

    def enforce(_key: str, action: str, _service: str, _region: str, *, resource_arn: str) -> str | None:
        asked.append((action, resource_arn))
        return "denied" if resource_arn == denied else None

    extract = corrected_resource(lambda *_: f"arn:aws:bedrock:us-west-2::foundation-model/{model}")
    arn = extract("bedrock-runtime", "POST", "/", {}, body, {}, "us-west-2", "000000000000")
    answer = corrected_authorization(enforce)("key", "bedrock:InvokeModel", "bedrock-runtime", "us-west-2", arn)
    return asked, answer


@pytest.mark.parametrize("name", ["abc", GUARDRAIL])
def test_a_conversation_needs_the_profile_its_model_and_the_guardrail(name: str) -> None:
    body = json.dumps({"guardrailConfig": {"guardrailIdentifier": name}}).encode()
    all_of_them = [
        ("bedrock:InvokeModel", PROFILE),
        ("bedrock:InvokeModel", MODEL),
        ("bedrock:ApplyGuardrail", GUARDRAIL),
    ]
    assert needed("us.anthropic.claude-v1:0", body) == (all_of_them, None)
    for number, (_, resource) in enumerate(all_of_them, start=1):
        assert needed("us.anthropic.claude-v1:0", body, denied=resource) == (all_of_them[:number], "denied")


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"guardrailConfig": null}', b'{"guardrailConfig": {}}'])
def test_a_conversation_without_a_guardrail_needs_the_model_alone(body: bytes) -> None:
    assert needed("anthropic.claude-v1:0", body) == ([("bedrock:InvokeModel", MODEL)], None)


SIMULATION = {"Action": ["SimulatePrincipalPolicy"], "PolicySourceArn": ["arn:aws:iam::000000000000:role/upload"]}
REQUESTS = [
    (
        ("lambda", "GET", "/2019-09-30/functions/query/concurrency", {}, b"", {}),
        "lambda:GetFunctionConcurrency",
        "arn:aws:lambda:us-west-2:000000000000:function:query",
    ),
    (
        ("events", "POST", "/", {"x-amz-target": "AWSEvents.DescribeRule"}, b'{"Name": "sweep"}', {}),
        "events:DescribeRule",
        "arn:aws:events:us-west-2:000000000000:rule/sweep",
    ),
    (
        ("events", "POST", "/", {"x-amz-target": "AWSEvents.ListTargetsByRule"}, b'{"Rule": "sweep"}', {}),
        "events:ListTargetsByRule",
        "arn:aws:events:us-west-2:000000000000:rule/sweep",
    ),
    (("iam", "POST", "/", {}, b"", SIMULATION), "iam:SimulatePrincipalPolicy", SIMULATION["PolicySourceArn"][0]),
]


@pytest.mark.parametrize("request_, action, resource", REQUESTS, ids=[case[1] for case in REQUESTS])
def test_a_request_needs_the_permission_that_aws_names(
    request_: tuple[object, ...], action: str, resource: str
) -> None:
    ministack = importlib.import_module("ministack.core.iam_actions")
    assert corrected_action(ministack.extract_iam_action)(*request_) == action
    extract = corrected_resource(ministack.extract_resource_arn)
    assert extract(*request_, "us-west-2", "000000000000") == resource
