"""The validated request of `POST /docs`."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from query.conversation import (
    MAX_QUESTION_CHARACTERS,
    Turn,
    drop_blocked_exchanges,
    has_visible_character,
    read_history,
)
from query.settings import Settings
from shared.api import text_field
from shared.errors import bad_request

_SESSION_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class QueryRequest:
    """A question, the turns before it, and the model that answers. `session_id` only correlates log lines."""

    question: str
    history: tuple[Turn, ...]
    model_id: str
    session_id: str


def read_query_request(body: Mapping[str, object], settings: Settings) -> QueryRequest:
    """Validate the body of `POST /docs`.

    Raises `ApiError` 400: `invalid_request` (question not 1 to 1,000 characters after trimming, or no visible
    character; history of the wrong shape), `model_not_allowed`.
    """
    question = text_field(body, "question")
    if not has_visible_character(question) or len(question) > MAX_QUESTION_CHARACTERS:
        raise bad_request("invalid_request", f"question must have 1 to {MAX_QUESTION_CHARACTERS} characters.")
    return QueryRequest(
        question=question,
        history=drop_blocked_exchanges(read_history(body.get("history")), settings.blocked_messages),
        model_id=_read_model_id(body.get("modelId"), settings),
        session_id=_read_session_id(body.get("requestSessionId")),
    )


def _read_model_id(value: object, settings: Settings) -> str:
    if value is None:
        return settings.answer_model_id
    if not isinstance(value, str) or value not in settings.allowed_model_ids:
        raise bad_request("model_not_allowed", "modelId is not one of the models that this deployment allows.")
    return value


def _read_session_id(value: object) -> str:
    if isinstance(value, str) and _SESSION_ID.fullmatch(value):
        return value
    return str(uuid.uuid4())
