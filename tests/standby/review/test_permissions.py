"""Permissions of policies: one covers another only if it stands for all of its requests."""

import itertools
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.review.findings import Finding
from standby.review.permissions import permissions, uncovered
from standby.review.report import find_all
from standby.review.rules.rule import Surroundings
from standby.review.values import SENSITIVE
from tests.standby.review.helpers import change_document, plan_of

PATTERNS = st.text("ab*?", min_size=1, max_size=4)
WORDS = ["".join(letters) for size in range(5) for letters in itertools.product("ab", repeat=size)]
BUCKET = "arn:aws:s3:::b"
QUERY, POLICY = "aws_iam_role_policy", "aws_s3_bucket_policy"
READ = {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [f"{BUCKET}/*"]}
SITE = {
    **READ,
    "Principal": {"Service": "cloudfront.amazonaws.com"},
    "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudfront::000000000000:distribution/" + "E" * 99}},
}
TLS = {
    "Sid": "Tls",
    "Effect": "Deny",
    "Action": ["s3:*"],
    "Principal": "*",
    "Resource": [BUCKET, f"{BUCKET}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def request_matches(pattern: str, word: str) -> bool:
    """Return whether IAM's pattern matches a word, without the code that is tested."""
    return bool(re.fullmatch(pattern.replace("*", "[ab]*").replace("?", "[ab]"), word))


@given(PATTERNS, PATTERNS)
def test_a_permission_that_covers_another_one_matches_all_of_its_requests(wide: str, narrow: str) -> None:
    old, new = (permissions([{"Effect": "Allow", "Action": one, "Resource": "*"}], "Allow") for one in (wide, narrow))
    if not uncovered(new, old):
        assert not [word for word in WORDS if request_matches(narrow, word) and not request_matches(wide, word)]


def found(type_: str, before: list[Any] | None, after: list[Any], **more: Any) -> list[Finding]:  # noqa: ANN401
    """Return the findings about a policy that changes alike in both regions; of a new one if there is none before."""
    name = "functions_query_role_policy" if type_ == QUERY else "frontend_private_policy"
    old, new = (None if one is None else {"policy": json.dumps({"Statement": one})} for one in (before, after))
    changes = [change_document(type_, f"{role}_{name}_00000000", old, new, **more) for role in ("primary", "failover")]
    provider = {"expressions": {"allowed_account_ids": {"constant_value": ["1" * 12]}}}
    return find_all(plan_of(*changes, configuration={"provider_config": {"aws": provider}}), Surroundings())


def rules(type_: str, before: list[Any] | None, after: list[Any]) -> set[tuple[str, str]]:
    return {(one.rule, one.severity) for one in found(type_, before, after) if one.rule != "other-account"}


WIDER, MAYBE_WIDER = ("permission-wider", "blocked"), ("permission-wider", "warned")


@pytest.mark.parametrize(
    "before, after, expected",
    [
        (READ, {**READ, "Sid": "Other", "Action": "S3:GetObject", "Resource": f"{BUCKET}/*"}, set()),
        (READ, {**READ, "Action": ["s3:GetObject", "s3:PutObject"]}, {MAYBE_WIDER}),
        (READ, {**READ, "Action": "s3:*"}, {WIDER}),
        (READ, {**READ, "Action": "s3:GetObjec?"}, {WIDER}),
        ({**READ, "Action": "s3:*"}, READ, {("permission-lost", "warned")}),
        (READ, {**READ, "Resource": "*"}, {WIDER}),
        (READ, {**READ, "Resource": "arn:aws:s3:::*"}, {WIDER}),
        (READ, {**READ, "Resource": "arn:*:s3:::b/*"}, {WIDER}),
        (READ, {**READ, "Resource": [f"{BUCKET}/*", "arn:aws:iam::1:role/*"]}, {WIDER}),
        (READ, {**READ, "Resource": [f"{BUCKET}/*", "arn:aws:s3:::c/*"]}, {MAYBE_WIDER}),
    ],
    ids=str,
)
def test_what_a_role_may_do_more_or_less_is_found(before: Any, after: Any, expected: set[Any]) -> None:  # noqa: ANN401
    assert rules(QUERY, [before], [after]) == expected


@pytest.mark.parametrize(
    "element, other, kept",
    [
        ("Action", "NotAction", "iam:*"),
        ("Resource", "NotResource", "arn:aws:s3:::c"),
        ("Principal", "NotPrincipal", {}),
    ],
)
def test_a_statement_for_all_but_something_is_blocked(element: str, other: str, kept: object) -> None:
    without = {key: value for key, value in SITE.items() if key != element}
    assert WIDER in rules(POLICY, [SITE], [{**without, other: kept}])


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": ["arn:aws:iam::111111111111:root", "*"]},
        {"AWS": "222222222222"},
        {"AWS": "arn:aws:iam::222222222222:role/r"},
        {"CanonicalUser": "79a59d"},
    ],
    ids=str,
)
def test_a_resource_that_others_may_use_is_blocked_also_in_a_new_policy(principal: object) -> None:
    shared = {**READ, "Principal": principal}
    assert WIDER in rules(POLICY, [READ], [READ, shared])
    assert rules(POLICY, None, [shared]) == {WIDER}


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"StringLike": {"aws:SourceArn": "*"}},
        {"StringEqualsIfExists": SITE["Condition"]["StringEquals"]},  # type: ignore[index]
        {"ForAllValues:StringEquals": SITE["Condition"]["StringEquals"]},  # type: ignore[index]
        {"StringNotEquals": SITE["Condition"]["StringEquals"]},  # type: ignore[index]
        {"Bool": {"aws:SecureTransport": "true"}},
    ],
    ids=str,
)
def test_a_service_without_a_condition_that_limits_it_is_blocked(condition: object) -> None:
    assert WIDER in rules(POLICY, [SITE], [{**SITE, "Condition": condition}])


def test_a_condition_is_compared_to_its_last_character() -> None:
    longer = {"StringEquals": {"aws:SourceArn": SITE["Condition"]["StringEquals"]["aws:SourceArn"] + "X"}}  # type: ignore[index]
    assert {MAYBE_WIDER, ("permission-lost", "blocked")} == rules(POLICY, [SITE], [{**SITE, "Condition": longer}])


def test_a_new_role_may_have_exact_permissions_and_no_others() -> None:
    assert rules(QUERY, None, [READ]) == set()
    assert rules(QUERY, None, [{**READ, "Resource": "*"}]) == {MAYBE_WIDER}
    assert rules(QUERY, None, [{**READ, "Action": "*", "Resource": "*"}]) == {WIDER}


@pytest.mark.parametrize(
    "after",
    [
        [],
        [{**TLS, "Effect": "Allow"}],
        [{**TLS, "Action": "s3:GetObject"}],
        [{**TLS, "Resource": f"{BUCKET}/*"}],
        [{**TLS, "Principal": {"AWS": "arn:aws:iam::111111111111:root"}}],
        [{**TLS, "Condition": {"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:a": "b"}}}],
        [{**{key: value for key, value in TLS.items() if key != "Action"}, "NotAction": "s3:*"}],
    ],
    ids=str,
)
def test_a_denial_that_denies_less_is_found_though_a_statement_has_its_name(after: list[Any]) -> None:
    assert ("denial-removed", "blocked") in rules(POLICY, [TLS], after)


@given(st.permutations([SITE, {**TLS, "Sid": "New"}, {**TLS, "Resource": [f"{BUCKET}/*", BUCKET], "Action": "s3:*"}]))
def test_a_policy_that_says_the_same_otherwise_has_no_finding(after: list[Any]) -> None:
    assert rules(POLICY, [SITE, TLS], after) == set()


def test_a_lost_permission_and_a_new_denial_are_found() -> None:
    lost = ("permission-lost", "blocked")
    assert rules(POLICY, [SITE, TLS], [TLS]) == {lost}
    assert rules(POLICY, [SITE, TLS], [SITE, TLS, {**TLS, "Condition": {}}]) == {lost}


def test_a_policy_that_is_sensitive_is_not_shown() -> None:
    secret = {**READ, "Sid": "s3cret", "Action": "s3cret:*", "Resource": "s3cret"}
    denial = {**secret, "Effect": "Deny"}
    marks = {"before_sensitive": {"policy": True}, "after_sensitive": {"policy": True}}
    findings = found(QUERY, [denial, {**secret, "Resource": "s3cret2"}], [secret], **marks)
    assert {"denial-removed", "permission-wider", "permission-lost"} <= {one.rule for one in findings}
    assert "s3cret" not in repr(findings)
    assert SENSITIVE in repr(findings)


@pytest.mark.parametrize("name, severity", [("AdministratorAccess", "blocked"), ("AmazonS3ReadOnlyAccess", "warned")])
def test_a_policy_of_iam_that_is_attached_to_a_role_is_found(name: str, severity: str) -> None:
    arn = f"arn:aws:iam::aws:policy/{name}"
    created = change_document("aws_iam_role_policy_attachment", "a", None, {"policy_arn": arn})
    changed = change_document("aws_iam_role", "b", {"managed_policy_arns": []}, {"managed_policy_arns": [arn]})
    inline = change_document(
        "aws_iam_role",
        "c",
        {"inline_policy": []},
        {"inline_policy": [{"policy": json.dumps({"Statement": {**READ, "Resource": "*"}})}]},
    )
    findings = find_all(plan_of(created, changed, inline), Surroundings())
    wider = [(one.address.rpartition(".")[2], one.severity) for one in findings if one.rule == "permission-wider"]
    assert wider == [("c", "blocked"), ("a", severity), ("b", severity)]
