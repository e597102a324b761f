"""The query function's settings, passages, and clients with fixed answers."""

import boto3
from botocore.stub import ANY, Stubber

from query.answer import Answer, BedrockClients, answer_question
from query.request import QueryRequest
from query.retrieval import Passage
from query.settings import Settings
from shared.aws_calls import Budget
from tests.lambdas.helpers import ANSWER_MODEL, SITE_ORIGIN

SETTINGS = Settings(
    region="us-west-2",
    site_origin=SITE_ORIGIN,
    knowledge_base_id="KB00000001",
    answer_model_id=ANSWER_MODEL,
    allowed_model_ids=(ANSWER_MODEL,),
    guardrail_id="guardrail1",
    guardrail_version="1",
    blocked_messages=("blocked question", "blocked answer"),
)
FIRST = Passage(uri="s3://b/one.txt", text="Refunds take ten days.", score=0.9)
SECOND = Passage(uri="s3://b/two.txt", text="Shipping is free.", score=0.5)


class StubbedClients:
    """The query function's clients, and the responses that they give in turn."""

    def __init__(self) -> None:
        runtime = boto3.client("bedrock-runtime", region_name="us-west-2")
        agent_runtime = boto3.client("bedrock-agent-runtime", region_name="us-west-2")
        self.clients = BedrockClients(agent_runtime=agent_runtime, runtime=runtime)
        self.retrieve, self.converse = Stubber(agent_runtime), Stubber(runtime)
        self.retrieve.activate()
        self.converse.activate()

    def retrieves(self, *passages: Passage, query: object = ANY) -> None:
        results = [
            {
                "content": {"text": passage.text},
                "location": {"type": "S3", "s3Location": {"uri": passage.uri}},
                "score": passage.score,
            }
            for passage in passages
        ]
        expected = {"knowledgeBaseId": "KB00000001", "retrievalQuery": query, "retrievalConfiguration": ANY}
        self.retrieve.add_response("retrieve", {"retrievalResults": results}, expected)

    def converses(
        self, *texts: str, thought: str = "", stop: str = "end_turn", expected: dict[str, object] | None = None
    ) -> None:
        reasoning = [{"reasoningContent": {"reasoningText": {"text": thought}}}] if thought else []
        answer = {
            "output": {"message": {"role": "assistant", "content": [*reasoning, *({"text": text} for text in texts)]}},
            "stopReason": stop,
            "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
            "metrics": {"latencyMs": 1},
        }
        self.converse.add_response("converse", answer, expected)

    def ask(self, question: str = "How long do refunds take?", *, budget: Budget | None = None) -> Answer:
        request = QueryRequest(question=question, history=(), model_id=ANSWER_MODEL, session_id="s")
        patient = Budget.of(26)
        quick = Budget(deadline=patient.deadline, sleep=lambda _seconds: None)
        return answer_question(request, settings=SETTINGS, clients=self.clients, budget=budget or quick)
