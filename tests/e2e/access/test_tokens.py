"""Over the wire, in both regions: who gets 401, who gets 403, and who is answered."""

import json
import time

import pytest

from standby.deployment.manifest import ROLES, Role
from standby.rehearsal.checks.sign_in import SignIn
from standby.rehearsal.identity.access import AUDIENCE
from standby.rehearsal.identity.provider import ACCESS_TOKEN_SECONDS, change_provider
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.access.helpers import BROKEN, GUARDED, UNKNOWN, changed, forged, send, status
from warm_standby.api.definition import ROUTES


@pytest.fixture(scope="module")
def alice(signed_in_rehearsal: Rehearsal) -> SignIn:
    return signed_in_rehearsal.sign_in("alice")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize("authorization", [None, "", BROKEN, "Basic YTpi"], ids=["none", "empty", "broken", "basic"])
def test_without_a_token_every_route_answers_401_with_cors_headers(
    signed_in_rehearsal: Rehearsal, role: Role, path: str, authorization: str | None
) -> None:
    answer = send(signed_in_rehearsal, role, path, authorization=authorization)
    assert answer.status == 401
    assert json.loads(answer.data)["error"]["code"] == "unauthorized"
    assert answer.headers["Access-Control-Allow-Origin"] in {signed_in_rehearsal.deployment.site.url, "*"}
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("role", ROLES)
def test_health_needs_no_token_and_is_shallow(signed_in_rehearsal: Rehearsal, role: Role) -> None:
    answer = send(signed_in_rehearsal, role, "health")
    assert answer.status == 200
    assert "answerModel" not in json.loads(answer.data)["checks"]
    deep = send(signed_in_rehearsal, role, "health?deep=true")
    assert (deep.status, json.loads(deep.data)["error"]["code"]) == (401, "unauthorized")
    assert "Access-Control-Allow-Origin" in deep.headers
    assert deep.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("role", ROLES)
def test_a_deep_check_needs_a_token_with_the_claim(signed_in_rehearsal: Rehearsal, role: Role, alice: SignIn) -> None:
    def ask(token: str) -> tuple[int, bool]:
        answer = send(signed_in_rehearsal, role, "health?deep=true", authorization=f"Bearer {token}")
        assert "Access-Control-Allow-Origin" in answer.headers
        return answer.status, "answerModel" in json.loads(answer.data).get("checks", ())

    assert ask(alice.token()) == (200, True)
    assert ask(signed_in_rehearsal.sign_in("bob").token()) == (403, False)
    assert ask(dict(forged(alice.token(), signed_in_rehearsal))["another user"]) == (401, False)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", GUARDED)
def test_a_preflight_needs_no_token_and_allows_the_header(
    signed_in_rehearsal: Rehearsal, role: Role, path: str
) -> None:
    answer = send(signed_in_rehearsal, role, path, method="OPTIONS")
    assert answer.status == 204
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_one_token_is_accepted_on_every_route_of_both_regions(signed_in_rehearsal: Rehearsal, alice: SignIn) -> None:
    token = alice.token()
    answers = {(role, path): status(signed_in_rehearsal, role, token, path) for role in ROLES for path in GUARDED}
    assert answers == {(role, path): 404 if UNKNOWN in path else 200 for role in ROLES for path in GUARDED}


def test_every_route_but_health_is_among_those_that_need_a_token() -> None:
    guarded = {(method, path.replace(UNKNOWN, "{id}")) for path, (method, _) in GUARDED.items()}
    assert guarded == {(route.method, route.path) for route in ROUTES} - {("GET", "health")}


@pytest.mark.parametrize("role", ROLES)
def test_a_user_without_the_claim_gets_403_with_cors_headers(signed_in_rehearsal: Rehearsal, role: Role) -> None:
    token = signed_in_rehearsal.sign_in("bob").token()
    answer = send(signed_in_rehearsal, role, "docs", authorization=f"Bearer {token}")
    assert (answer.status, json.loads(answer.data)["error"]["code"]) == (403, "forbidden")
    assert "Access-Control-Allow-Origin" in answer.headers


@pytest.mark.parametrize("role", ROLES)
def test_a_forged_token_gets_401(signed_in_rehearsal: Rehearsal, alice: SignIn, role: Role) -> None:
    tokens = dict(forged(alice.token(), signed_in_rehearsal))
    assert len(tokens) >= 15
    answers = {name: status(signed_in_rehearsal, role, token) for name, token in tokens.items()}
    assert {name: answer for name, answer in answers.items() if answer != 401} == {}


def test_a_token_for_another_audience_gets_401(signed_in_rehearsal: Rehearsal) -> None:
    back = {"audience": AUDIENCE}
    with changed(signed_in_rehearsal, change_provider, back, audience="https://other.rehearsal.test"):
        token = signed_in_rehearsal.sign_in("alice").token()
    assert {status(signed_in_rehearsal, role, token) for role in ROLES} == {401}


def test_an_expired_token_gets_401(signed_in_rehearsal: Rehearsal) -> None:
    back = {"accessTokenSeconds": ACCESS_TOKEN_SECONDS}
    with changed(signed_in_rehearsal, change_provider, back, accessTokenSeconds=1):
        token = signed_in_rehearsal.sign_in("alice").token()
    time.sleep(13)  # its second, and the ten by which clocks may differ
    assert {status(signed_in_rehearsal, role, token) for role in ROLES} == {401}


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_tokens_of_a_new_key_and_of_the_earlier_one_are_accepted(
    signed_in_rehearsal: Rehearsal, algorithm: str
) -> None:
    before = signed_in_rehearsal.sign_in("alice").token()
    change_provider(signed_in_rehearsal.provider_port, rotate=algorithm)
    _restart_authorizers(signed_in_rehearsal)  # an instance asks the provider once a minute at most
    after = signed_in_rehearsal.sign_in("alice").token()
    assert before.split(".")[0] != after.split(".")[0]
    for role in ROLES:
        assert [status(signed_in_rehearsal, role, token) for token in (after, before)] == [200, 200]


def test_signed_in_users_ask_on_while_the_provider_is_down_also_with_new_instances(
    signed_in_rehearsal: Rehearsal,
) -> None:
    token = signed_in_rehearsal.sign_in("alice").token()
    assert {status(signed_in_rehearsal, role, token) for role in ROLES} == {200}
    another = signed_in_rehearsal.sign_in("carol").token()
    signed_in_rehearsal.faults.set("identity-provider-down", None)
    try:
        _restart_authorizers(signed_in_rehearsal)
        assert {status(signed_in_rehearsal, role, another) for role in ROLES} == {200}
    finally:
        signed_in_rehearsal.faults.heal()


def test_the_log_has_the_subject_and_never_the_token(signed_in_rehearsal: Rehearsal) -> None:
    token = signed_in_rehearsal.sign_in("carol").token()
    assert status(signed_in_rehearsal, "primary", token) == 200
    logs = signed_in_rehearsal.session("primary").client("logs")
    name = signed_in_rehearsal.deployment.name
    for function in ("authorizer", "query"):
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}-{function}")["events"]
        text = "\n".join(event["message"] for event in events)
        assert '"sub": "carol"' in text
        assert token.split(".")[1] not in text


def _restart_authorizers(rehearsal: Rehearsal) -> None:
    """End the instances of the authorizers: the emulator ends an instance after an error, and 401 is one."""
    for role in ROLES:
        assert send(rehearsal, role, "docs", authorization=BROKEN).status == 401
