"""Whether the models answer: each is asked once, because only a real call shows its subscription and its quota."""

import json
from dataclasses import dataclass
from typing import Final, Literal

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from standby.deployment.answers import NOT_AWS, InvalidAnswerError, take
from standby.deployment.api_call import MAX_BODY_BYTES
from standby.deployment.clients import Clients

ANTHROPIC: Final = "anthropic."
NOT_SUBMITTED: Final = frozenset({"ResourceNotFoundException"})
_DENIED: Final = frozenset({"AccessDeniedException", "AccessDenied"})


@dataclass(frozen=True)
class Refusal:
    """The error of Bedrock for a call of a model: its code and its message."""

    code: str
    message: str


def ask_answer_model(clients: Clients, region: str, model: str) -> Refusal | None:
    """Let the model answer with one token. Raises botocore's errors when Bedrock itself gives no answer."""
    question = [{"role": "user", "content": [{"text": "Hello"}]}]
    asked = {"modelId": model, "messages": question, "inferenceConfig": {"maxTokens": 1}}
    try:
        answer = clients.read("bedrock-runtime", region, "converse", asked)
    except ClientError as error:
        return _refusal(error)
    take(answer, "output", "message", kind=dict)
    return None


def ask_embedding_model(clients: Clients, region: str, model: str, dimensions: int) -> Refusal | None:
    """Let the model make one vector. Raises as `ask_answer_model`.

    Source of the bodies: docs.aws.amazon.com, Bedrock, "Amazon Titan Embeddings G1 - Text" and "Cohere Embed v3".
    """
    body: dict[str, object] = {"inputText": "Hello", "dimensions": dimensions}
    if model.startswith("cohere."):
        body = {"texts": ["Hello"], "input_type": "search_query"}
    try:
        answer = clients.read("bedrock-runtime", region, "invoke_model", {"modelId": model, "body": json.dumps(body)})
    except ClientError as error:
        return _refusal(error)
    if not _has_vector(take(answer, "body", kind=StreamingBody).read(MAX_BODY_BYTES)):
        raise InvalidAnswerError(reason=f"{NOT_AWS}: no vector")
    return None


def read_use_case(clients: Clients, region: str) -> Literal["submitted", "missing"]:
    """Return whether the account has submitted Anthropic's form. Raises botocore's errors.

    Source: docs.aws.amazon.com, Bedrock API Reference, "GetUseCaseForModelAccess".
    """
    try:
        answer = clients.read("bedrock", region, "get_use_case_for_model_access")
    except ClientError as error:
        if error.response["Error"]["Code"] in NOT_SUBMITTED:
            return "missing"
        raise
    take(answer, "formData", kind=bytes)
    return "submitted"


def _refusal(error: ClientError) -> Refusal:
    found = error.response.get("Error", {})
    return Refusal(str(found.get("Code", "")), str(found.get("Message", "")))


def _has_vector(body: bytes) -> bool:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and bool(document.get("embedding") or document.get("embeddings"))
