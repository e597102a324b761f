import boto3
import pytest

from query.answer import NOTHING_FOUND
from tests.lambdas.helpers import (
    BLOCKED_MODEL,
    OFFLINE,
    OTHER_MODEL,
    SITE_ORIGIN,
    ColdStart,
    Context,
    EmulatedRegion,
    Handler,
    Variables,
    api_event,
    body_of,
    error_of,
)


@pytest.fixture
def query(emulated: EmulatedRegion, cold_start: ColdStart, variables: Variables) -> Handler:
    s3 = boto3.client("s3", region_name=emulated.region)
    s3.put_object(Bucket=emulated.bucket, Key="refunds.txt", Body=b"Refunds take ten days.")
    boto3.client("bedrock-agent", region_name=emulated.region).start_ingestion_job(
        knowledgeBaseId=emulated.knowledge_base_id, dataSourceId=emulated.data_source_id
    )
    return cold_start("query", variables(emulated))


@pytest.fixture
def offline(cold_start: ColdStart, variables: Variables) -> Handler:
    """The function without AWS, which it does not need to refuse a request."""
    return cold_start("query", variables(OFFLINE))


def test_a_question_is_answered_with_the_document_that_answers_it(query: Handler, emulated: EmulatedRegion) -> None:
    response = query(api_event({"question": " How long do refunds take? "}), Context())
    body = body_of(response)
    assert response["statusCode"] == 200
    assert set(body) == {"response", "citation", "citations", "sessionId", "region"}
    assert body["response"]
    assert body["citation"] == f"s3://{emulated.bucket}/refunds.txt"
    assert body["citations"][0]["text"] == "Refunds take ten days."
    assert 0 < body["citations"][0]["score"] <= 1
    assert body["region"] == emulated.region


def test_a_question_with_no_matching_document_says_so(query: Handler) -> None:
    body = body_of(query(api_event({"question": "zzz yyy"}), Context()))
    assert body["response"] == NOTHING_FOUND
    assert body["citation"] == ""
    assert body["citations"] == []


def test_a_follow_up_finds_its_subject_in_the_history(query: Handler) -> None:
    history = [{"role": "user", "text": "Tell me about refunds"}, {"role": "assistant", "text": "Yes?"}]
    body = body_of(query(api_event({"question": "whence?", "history": history}), Context()))
    assert body["citation"].endswith("refunds.txt")


def test_another_allowed_model_can_be_chosen(query: Handler) -> None:
    request = {"question": "refunds?", "modelId": OTHER_MODEL}
    assert "claude-sonnet-4-6" in body_of(query(api_event(request), Context()))["response"]


def test_an_answer_that_the_guardrail_blocks_is_replaced_by_its_message(query: Handler) -> None:
    response = query(api_event({"question": "refunds?", "modelId": BLOCKED_MODEL}), Context())
    body = body_of(response)
    assert response["statusCode"] == 200
    assert (body["response"], body["citation"], body["citations"]) == ("blocked answer", "", [])


def test_the_session_id_is_returned(query: Handler) -> None:
    request = {"question": "refunds?", "requestSessionId": "abc-1"}
    assert body_of(query(api_event(request), Context()))["sessionId"] == "abc-1"


def test_a_question_of_a_thousand_characters_is_accepted(query: Handler) -> None:
    assert query(api_event({"question": "refunds " * 124 + "refunds!"}), Context())["statusCode"] == 200


@pytest.mark.parametrize(
    "request_body,code",
    [
        ({}, "invalid_request"),
        ({"question": None}, "invalid_request"),
        ({"question": 1}, "invalid_request"),
        ({"question": "  "}, "invalid_request"),
        ({"question": "\u200b"}, "invalid_request"),
        ({"question": "\x00 \ufeff"}, "invalid_request"),
        ({"question": "a", "history": [{"role": "user", "text": "\u200b"}]}, "invalid_request"),
        ({"question": "x" * 1001}, "invalid_request"),
        ({"question": "a", "history": "b"}, "invalid_request"),
        ({"question": "a", "modelId": "other.model"}, "model_not_allowed"),
        ({"question": "a", "modelId": ["x"]}, "invalid_request"),
        ({"question": "a", "requestSessionId": 7}, "invalid_request"),
    ],
)
def test_a_bad_question_is_refused(offline: Handler, request_body: dict[str, object], code: str) -> None:
    assert error_of(offline(api_event(request_body), Context())) == (400, code)


def test_a_missing_knowledge_base_is_a_502(
    emulated: EmulatedRegion, cold_start: ColdStart, variables: Variables
) -> None:
    query = cold_start("query", {**variables(emulated), "KNOWLEDGE_BASE_ID": "GONE000000"})
    response = query(api_event({"question": "refunds?"}), Context())
    assert error_of(response) == (502, "upstream_missing")
    assert response["headers"]["Access-Control-Allow-Origin"] == SITE_ORIGIN
    assert "GONE000000" not in response["body"]


def test_no_question_and_no_answer_is_logged(query: Handler, capsys: pytest.CaptureFixture[str]) -> None:
    query(api_event({"question": "How long do refunds take?"}), Context())
    query(api_event({"question": "refunds?", "modelId": "secretmodel"}), Context())
    logged = capsys.readouterr().out
    assert '"message": "answered"' in logged
    assert not [word for word in ("refunds", "Refunds", "ministack", "secretmodel") if word in logged]
