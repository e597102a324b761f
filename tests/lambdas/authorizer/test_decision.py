"""API Gateway's decision: the policy, what the functions get to see, and what the log has."""

import json
from typing import Any, Final

import pytest

from authorizer.decision import Rules, UnauthorizedError, decide
from shared.claims import satisfies
from shared.logs import Log
from tests.lambdas.authorizer.helpers import EXPECTED, World, claims, sign

METHOD: Final = "arn:aws:execute-api:us-west-2:111122223333:a1b2c3d4e5/prod/POST/docs"
RULES: Final = Rules(
    expected=EXPECTED, required={"groups": ("users", "admins")}, reported=frozenset({"groups", "role"})
)


def _decide(token: str | None, *, headers: dict[str, object] | None = None, rules: Rules = RULES) -> dict[str, Any]:
    event = {"methodArn": METHOD, "headers": headers or ({"Authorization": f"Bearer {token}"} if token else None)}
    return decide(event, rules, World().instance().find, Log())


def test_a_user_with_the_claim_may_call_every_method_of_the_stage() -> None:
    decided = _decide(sign(claims(groups=["users"])))
    (statement,) = decided["policyDocument"]["Statement"]
    assert statement == {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": "arn:aws:execute-api:us-west-2:111122223333:a1b2c3d4e5/prod/*",
    }


@pytest.mark.parametrize("groups", [None, [], ["guests"], "guests", {"users": True}, 7])
def test_a_user_without_the_claim_is_denied_and_not_unauthorized(groups: object) -> None:
    (statement,) = _decide(sign(claims(groups=groups)))["policyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"


def test_the_functions_see_the_subject_and_the_claims_of_the_settings_only() -> None:
    decided = _decide(sign(claims(groups=["users"], role="author", email="alice@example.com")))
    assert decided["principalId"] == decided["context"]["sub"] == "alice"
    assert json.loads(decided["context"]["claims"]) == {"groups": ["users"], "role": "author"}
    assert {type(value) for value in decided["context"].values()} == {str}


def test_claims_that_are_too_large_for_the_context_are_left_out() -> None:
    decided = _decide(sign(claims(groups=["users", *(f"group-{number}" for number in range(400))])))
    assert decided["context"] == {"sub": "alice", "claims": "{}"}


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
def test_the_header_is_found_in_every_case(name: str) -> None:
    assert _decide(None, headers={name: f"Bearer {sign(claims(groups='users'))}"})["principalId"] == "alice"


def test_two_tokens_are_unauthorized() -> None:
    token = f"Bearer {sign(claims(groups='users'))}"
    event = {"methodArn": METHOD, "multiValueHeaders": {"Authorization": [token, token]}}
    with pytest.raises(UnauthorizedError):
        decide(event, RULES, World().instance().find, Log())


def test_the_log_has_the_subject_and_no_part_of_the_token(capsys: pytest.CaptureFixture[str]) -> None:
    tokens = [sign(claims(groups="users")), sign(claims()), sign(claims(exp=1))]
    for token in tokens[:2]:
        _decide(token)
    with pytest.raises(UnauthorizedError):
        _decide(tokens[2])
    written = capsys.readouterr().out
    lines = [json.loads(line) for line in written.splitlines()]
    assert [
        (line["message"], line.get("sub"), line.get("reason")) for line in lines if line["message"] != "keys_fetched"
    ] == [
        ("authorized", "alice", None),
        ("forbidden", "alice", None),
        ("unauthorized", None, "expired"),
    ]
    assert not any(part in written for token in tokens for part in token.split(".")[1:])


@pytest.mark.parametrize(
    "value, accepted, expected",
    [
        ("users", ("users",), True),
        (["a", "users"], ("users", "admins"), True),
        ("users admins", ("users",), False),
        (True, ("true",), True),
        (None, ("users",), False),
        ([["users"]], ("users",), False),
    ],
)
def test_one_accepted_value_of_a_claim_is_enough(value: object, accepted: tuple[str, ...], expected: bool) -> None:  # noqa: FBT001 - a parameter of the table
    assert satisfies({"claim": value}, {"claim": accepted}) is expected


def test_each_claim_is_needed_and_a_scope_is_a_list_in_a_text() -> None:
    accepted = {"scope": ("ask",), "tenant": ("a",)}
    assert satisfies({"scope": "openid ask", "tenant": "a"}, accepted)
    assert not satisfies({"scope": "openid ask"}, accepted)
    assert not satisfies({"scope": "asking", "tenant": "a"}, accepted)
    assert satisfies({}, {})
