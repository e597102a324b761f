"""A whole preflight: of an account where all is fine, and of accounts where one thing is not."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from standby.errors import NoDeploymentError
from standby.preflight.collect import Preflight, run_preflight
from standby.preflight.facts.state import OwnResources, parse_state
from standby.preflight.report import PreflightJson, exit_code, preflight_json, report_lines
from standby.stack.configuration import Stack, read_stack
from tests.constructs.plan import Plan, default_settings
from tests.constructs.variants import ALERTED, CHANGED
from tests.standby.preflight.accounts import ACCOUNT, Account, Answer, body, constant, error, refuse, stream
from warm_standby.settings import Settings

WEST, EAST = "us-west-2", "us-east-1"


@pytest.fixture(scope="module", params=["s3-vectors", "opensearch-serverless"])
def stack(synthesize: Callable[[Settings], Plan], request: pytest.FixtureRequest) -> Stack:
    settings = default_settings(
        allowed_account_ids=[ACCOUNT], operations=ALERTED, knowledge_base={"vector_store": request.param}
    )
    return read_stack(synthesize(settings).document)


@pytest.fixture(scope="module")
def changed(synthesize: Callable[[Settings], Plan]) -> Stack:
    return read_stack(synthesize(CHANGED).document)


def run(stack: Stack, account: Account, own: OwnResources | None = None) -> Preflight:
    return run_preflight(account.clients(), stack, local_state=lambda: own or OwnResources())


def found(preflight: Preflight, *statuses: str) -> list[tuple[str, str]]:
    return [(one.label, one.status) for one in preflight.findings if one.status in (statuses or ("fails", "unknown"))]


def test_an_account_where_all_is_fine_is_ready_and_nothing_is_written(stack: Stack) -> None:
    account = Account()
    preflight = run(stack, account)
    assert found(preflight) == []
    assert exit_code(preflight) == 0
    assert {one.check for one in preflight.findings if one.status == "advice"} == {"state"}
    reads = ("get_", "list_", "describe_", "head_", "simulate_", "converse", "invoke_model")
    assert all(operation.startswith(reads) for _, _, operation in account.calls)
    models = [call for call in account.calls if call[0] == "bedrock-runtime"]
    assert sorted(models) == sorted(
        ("bedrock-runtime", region, operation) for region in (WEST, EAST) for operation in ("converse", "invoke_model")
    )


BAD: list[tuple[tuple[str, str], Answer, list[str]]] = [
    (
        ("sts", "get_caller_identity"),
        constant(Account=ACCOUNT, Arn=f"arn:aws:iam::{ACCOUNT}:root"),
        ["identity"],
    ),
    (
        ("bedrock-runtime", "converse"),
        refuse("AccessDeniedException"),
        [f"answer model {WEST}", f"answer model {EAST}"],
    ),
    (
        ("bedrock-runtime", "invoke_model"),
        refuse("AccessDeniedException", "aws-marketplace:Subscribe"),
        [f"embedding model {WEST}", f"embedding model {EAST}"],
    ),
    (("bedrock", "get_use_case_for_model_access"), refuse("ResourceNotFoundException"), ["use-case form"]),
    (
        ("lambda", "get_account_settings"),
        constant(AccountLimit={"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10}),
        [f"concurrency {WEST}", f"concurrency {EAST}"],
    ),
    (("iam", "get_account_summary"), constant(SummaryMap={"Roles": 990, "RolesQuota": 1000}), ["IAM roles"]),
    (("s3", "list_buckets"), constant(Buckets=[{"Name": "x"}] * 198), ["buckets"]),
    (("lambda", "get_function_configuration"), constant(Role="x"), [f"names {WEST}", f"names {EAST}"]),
    (("s3", "head_bucket"), refuse("403"), [f"names {WEST}", f"names {EAST}"]),
    (("sns", "get_topic_attributes"), constant(Attributes={}), [f"names {WEST}", f"names {EAST}"]),
    (
        ("bedrock", "list_guardrails"),
        constant(guardrails=[{"name": "chatbot-answers"}]),
        [f"names {WEST}", f"names {EAST}"],
    ),
    (("ssm", "get_parameter"), constant(Parameter={}), ["state", f"names {WEST}", f"names {EAST}"]),
]


@pytest.mark.parametrize("call,answer,labels", BAD, ids=[f"{case[0][0]}-{case[0][1]}" for case in BAD])
def test_what_would_fail_is_named(stack: Stack, call: tuple[str, str], answer: Answer, labels: list[str]) -> None:
    preflight = run(stack, Account({call: answer}))
    expected = [*labels] if call[0] != "sts" else [*labels, "permissions"]
    assert {label for label, status in found(preflight, "fails")} >= set(labels)
    assert {label for label, _ in found(preflight)} <= {*expected, "service-linked role"}
    assert exit_code(preflight) == 3


def test_a_denied_action_is_named(stack: Stack) -> None:
    def deny_one(_: str, asked: Mapping[str, Any]) -> Mapping[str, object]:
        results = [
            {"EvalActionName": action, "EvalDecision": "implicitDeny" if action == "sqs:CreateQueue" else "allowed"}
            for action in asked["ActionNames"]
        ]
        return {"EvaluationResults": results, "IsTruncated": False}

    preflight = run(stack, Account({("iam", "simulate_principal_policy"): deny_one}))
    assert found(preflight) == [("permissions", "fails")]
    assert "sqs:CreateQueue" in next(one.detail for one in preflight.findings if one.check == "permissions")


def test_every_call_that_is_denied_or_nonsense_is_unknown_and_never_fine(stack: Stack) -> None:
    """Not one of the answers is assumed: each read that fails makes the preflight not ready."""
    asked, lists = Account(), ("list_", "describe_a", "describe_l")  # nonsense without entries is an empty list
    run(stack, asked)
    for service, _, operation in sorted(set(asked.calls)):
        if (service, operation) == ("sts", "get_caller_identity"):
            continue
        call = (service, operation)
        assert exit_code(run(stack, Account({call: refuse("ExpiredTokenException")}))) == 3, operation
        if not operation.startswith(lists):
            assert exit_code(run(stack, Account({call: constant(Strange=7)}))) == 3, operation


def test_a_region_that_is_down_makes_its_facts_unknown_for_one_reason_and_is_asked_nothing_else(stack: Stack) -> None:
    account = Account(dead=frozenset({WEST}))
    preflight = run(stack, account)
    unknown = found(preflight, "unknown")
    assert (f"region {WEST}", "unknown") in unknown
    assert not [label for label, _ in unknown if label.endswith(EAST)]
    assert found(preflight, "fails") == []
    assert {call[0] for call in account.calls if call[1] == WEST} == {"sts"}


def test_without_credentials_it_is_refused_with_the_way_to_sign_in(stack: Stack) -> None:
    with pytest.raises(NoDeploymentError, match="AWS did not say whose") as refused:
        run(stack, Account(dead=frozenset({WEST, EAST})))
    assert "aws sso login" in refused.value.hint


def test_names_in_the_state_are_the_deployment_s_own(stack: Stack) -> None:
    def resource(alias: str) -> Mapping[str, object]:
        attributes = [{"attributes": {"function_name": f"chatbot-{name}"}} for name in NAMES]
        provider = f'provider["registry.terraform.io/hashicorp/aws"].{alias}'
        return {"mode": "managed", "type": "aws_lambda_function", "provider": provider, "instances": attributes}

    state = {"version": 4, "resources": [resource("primary"), resource("failover")]}
    own = parse_state(json.dumps(state).encode(), {"primary": WEST, "failover": EAST})
    account = Account({("lambda", "get_function_configuration"): constant(Role="x")})
    assert found(run(stack, account, own)) == []
    half = parse_state(json.dumps({**state, "resources": [resource("primary")]}).encode(), {"primary": WEST})
    assert found(run(stack, account, half)) == [(f"names {EAST}", "fails")]


NAMES = ("documents", "health", "ingest", "ingestion-status", "query", "upload")


def test_a_state_in_s3_is_read_in_parts(changed: Stack) -> None:
    text = json.dumps({"version": 4, "resources": [], "padding": "x" * 3 * 2**20}).encode()
    ranges: list[str] = []

    def part(_: str, asked: Mapping[str, Any]) -> Mapping[str, object]:
        ranges.append(asked["Range"])
        first, last = map(int, asked["Range"].removeprefix("bytes=").split("-"))
        found = text[first : last + 1]
        return {"Body": stream(found), "ContentLength": len(found), "ContentRange": f"bytes x/{len(text)}"}

    def head(_: str, asked: Mapping[str, Any]) -> Mapping[str, object]:
        if asked["Bucket"] != "my-states":
            raise error("404")
        return {"ResponseMetadata": {"HTTPHeaders": {"x-amz-bucket-region": "eu-west-1"}}}

    answers = {
        ("s3", "get_object"): part,
        ("s3", "head_bucket"): head,
        ("s3", "get_bucket_versioning"): constant(Status="Enabled"),
    }
    preflight = run(changed, Account(answers))
    assert len(ranges) == 4
    states = [one for one in preflight.findings if one.check.startswith("state")]
    assert [(one.check, one.status) for one in states] == [
        ("state", "ok"),
        ("state bucket", "ok"),
        ("state lock", "ok"),
    ]
    assert ("certificate", "ok") in [(one.check, one.status) for one in preflight.findings]


def test_cohere_is_asked_in_its_own_form(synthesize: Callable[[Settings], Plan]) -> None:
    settings = default_settings(knowledge_base={"embedding_model": "cohere.embed-multilingual-v3"})
    bodies: list[Any] = []

    def embed(_: str, asked: Mapping[str, Any]) -> Mapping[str, object]:
        bodies.append(json.loads(asked["body"]))
        return {"body": body({"embeddings": [[0.1]]})}

    preflight = run(read_stack(synthesize(settings).document), Account({("bedrock-runtime", "invoke_model"): embed}))
    assert found(preflight) == []
    assert bodies == [{"texts": ["Hello"], "input_type": "search_query"}] * 2


def test_the_report_has_80_columns_and_names_the_next_command(stack: Stack) -> None:
    ready, not_ready = run(stack, Account()), run(stack, Account({("s3", "head_bucket"): refuse("403")}))
    for preflight in (ready, not_ready):
        assert max(len(line) for line in report_lines(preflight)) <= 80
        document = preflight_json(preflight).as_json()
        assert PreflightJson.from_json(document).as_json() == document
    assert list(report_lines(ready))[-1].endswith("Next: `npx cdktf diff`")
    assert list(report_lines(not_ready))[-1].startswith("not ready: 2 checks would fail")
