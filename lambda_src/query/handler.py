"""The query function's entry point."""

import os
from collections.abc import Mapping

import boto3

from query.answer import (
    BUDGET_SECONDS,
    CONNECT_SECONDS,
    CONVERSE_READ_SECONDS,
    RETRIEVE_READ_SECONDS,
    BedrockClients,
    answer_question,
)
from query.request import read_query_request
from query.settings import Settings
from shared.api import LambdaContext, Response, json_body, serve
from shared.aws_calls import Budget, client_config
from shared.environment import Environment
from shared.logs import Log

_SETTINGS = Settings.read(Environment(variables=os.environ))
_LOG = Log(fields={"function": "query", "region": _SETTINGS.region})
_CLIENTS = BedrockClients(
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


def _query(event: Mapping[str, object], log: Log) -> Response:
    budget = Budget.of(BUDGET_SECONDS)
    request = read_query_request(json_body(event), _SETTINGS)
    answer = answer_question(request, settings=_SETTINGS, clients=_CLIENTS, budget=budget)
    log.info(
        answer.outcome,
        sessionId=request.session_id,
        modelId=request.model_id,
        turns=len(request.history),
        citations=len(answer.passages),
        cut=answer.cut,
    )
    return Response(
        body={
            "response": answer.text,
            "citation": answer.passages[0].uri if answer.passages else "",
            "citations": [passage.as_citation() for passage in answer.passages],
            "sessionId": request.session_id,
            "region": _SETTINGS.region,
        }
    )
