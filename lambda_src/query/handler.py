"""The query function's entry point."""

import os
from collections.abc import Mapping

import boto3

from query.answer import (
    BUDGET_SECONDS,
    CONNECT_SECONDS,
    CONVERSE_READ_SECONDS,
    RETRIEVE_READ_SECONDS,
    Bedrock,
    answer_question,
)
from query.request import read_query_request
from query.settings import Settings
from shared.api import Answer, LambdaContext, json_body, serve
from shared.aws_calls import Budget, client_config
from shared.environment import Environment
from shared.logs import Log

_SETTINGS = Settings.read(Environment(variables=os.environ))
_LOG = Log(fields={"function": "query", "region": _SETTINGS.region})
_BEDROCK = Bedrock(
    agent_runtime=boto3.client(
        "bedrock-agent-runtime",
        region_name=_SETTINGS.region,
        config=client_config(connect_seconds=CONNECT_SECONDS, read_seconds=RETRIEVE_READ_SECONDS),
    ),
    runtime=boto3.client(
        "bedrock-runtime",
        region_name=_SETTINGS.region,
        config=client_config(connect_seconds=CONNECT_SECONDS, read_seconds=CONVERSE_READ_SECONDS),
    ),
)


def handler(event: Mapping[str, object], context: LambdaContext) -> dict[str, object]:
    """Answer `POST /docs` from the documents, with citations."""
    return serve(event, context, site_origin=_SETTINGS.site_origin, log=_LOG, route=_query)


def _query(event: Mapping[str, object], log: Log) -> Answer:
    budget = Budget.of(BUDGET_SECONDS)
    request = read_query_request(json_body(event), _SETTINGS)
    answered = answer_question(request, settings=_SETTINGS, bedrock=_BEDROCK, budget=budget)
    log.info(
        answered.outcome,
        sessionId=request.session_id,
        modelId=request.model_id,
        turns=len(request.history),
        citations=len(answered.passages),
        cut=answered.cut,
    )
    return Answer(
        body={
            "response": answered.text,
            "citation": answered.passages[0].uri if answered.passages else "",
            "citations": [passage.as_citation() for passage in answered.passages],
            "sessionId": request.session_id,
            "region": _SETTINGS.region,
        }
    )
