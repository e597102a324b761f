"""Terraform's references, filled in with values as long as the real ones, so that a text can be read and measured."""

import json
import re
from typing import Final

from tests.constructs.plan import Json, Plan

ACCOUNT: Final = "111122223333"

_REFERENCE: Final = r"(?:data\.)?aws_[a-z0-9_]+\.[\w-]+\.[a-z_]+|local\.[\w-]+"
_LAST_PART: Final = re.compile(r'\${element\(reverse\(split\("\|", aws_cloudcontrolapi_resource\.[\w-]+\.id\)\), 0\)}')
_KNOWN_AFTER_APPLY: Final = {
    "aws_api_gateway_rest_api.id": "a1b2c3d4e5",
    "aws_bedrock_guardrail.guardrail_id": "abcdefghij12",
    "aws_bedrock_guardrail.version": "DRAFT",
    "aws_bedrockagent_data_source.data_source_id": "DSABCDEFGH",
    "aws_bedrockagent_knowledge_base.id": "KBABCDEFGH",
    "aws_caller_identity.account_id": ACCOUNT,
    "aws_cloudcontrolapi_resource.id": "KBABCDEFGH",
    "aws_cloudfront_distribution.arn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1A2B3C4D5E6F7",
    "aws_cloudfront_distribution.domain_name": "d111111abcdef8.cloudfront.net",
    "aws_cloudfront_distribution.id": "E1A2B3C4D5E6F7",
}


def render(plan: Plan, text: str) -> str:
    """Fill in every `${...}`. A reference without a known value fails, so that none is measured too short."""
    text = _LAST_PART.sub("DSABCDEFGH", text)
    return re.sub(rf"\${{({_REFERENCE})}}", lambda found: _value(plan, found[1]), text)


def render_json(plan: Plan, expression: str) -> Json:
    """Evaluate `${jsonencode({...})}` as Terraform would."""
    inner = expression.removeprefix("${jsonencode(").removesuffix(")}")
    assert inner != expression, f"not a jsonencode: {expression[:60]}"
    inner = render(plan, inner).replace('" = ', '": ')
    inner = re.sub(rf"(?<=[:,\[] )({_REFERENCE})", lambda found: json.dumps(_value(plan, found[1])), inner)
    evaluated: Json = json.loads(inner)
    return evaluated


def _value(plan: Plan, reference: str) -> str:
    if reference.startswith("local."):
        return render(plan, plan.document["locals"][reference.removeprefix("local.")])
    type_, name, attribute = reference.removeprefix("data.").split(".")
    known = _KNOWN_AFTER_APPLY.get(f"{type_}.{attribute}")
    if known:
        return known
    body = plan.document["resource"][type_][name]
    if attribute in body:
        return render(plan, body[attribute])
    return _made_by_aws(plan, type_, attribute, body)


def _made_by_aws(plan: Plan, type_: str, attribute: str, body: Json) -> str:
    region = plan.region(body["provider"].removeprefix("aws."))
    match type_, attribute:
        case "aws_sqs_queue", "url":
            return f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/{body['name']}"
        case "aws_sns_topic", "arn":
            return f"arn:aws:sns:{region}:{ACCOUNT}:{body['name']}"
        case "aws_bedrock_guardrail", "guardrail_arn":
            return f"arn:aws:bedrock:{region}:{ACCOUNT}:guardrail/abcdefghij12"
        case "aws_opensearchserverless_collection", "arn":
            return f"arn:aws:aoss:{region}:{ACCOUNT}:collection/abcdefghij0123456789"
    raise AssertionError(f"{type_}.{attribute}: give it a realistic value here")
