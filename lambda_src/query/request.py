"""The validated request of `POST /docs`."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from query.conversation import (
    MAX_QUESTION_CHARACTERS,
    Turn,
    drop_blocked_exchanges,
    read_history,
)
from query.settings import Settings
from query.text import read_text
from shared.api import optional_text_field
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

    Raises `ApiError` 400: `invalid_request` (question blank or over 1,000 characters, history of the wrong shape, a
    model or session id that is no string), `model_not_allowed`. A session id of another form is replaced.
    """
    question = read_text(body, "question", longest=MAX_QUESTION_CHARACTERS)
    history = read_history(body.get("history"))
    session_id = optional_text_field(body, "requestSessionId") or ""
    model_id = optional_text_field(body, "modelId")
    return QueryRequest(
        question=question,
        history=drop_blocked_exchanges(history, settings.blocked_messages),
        model_id=settings.answer_model_id if model_id is None else _check_model_id(model_id, settings),
        session_id=session_id if _SESSION_ID.fullmatch(session_id) else str(uuid.uuid4()),
    )


def _check_model_id(model_id: str, settings: Settings) -> str:
    if model_id not in settings.allowed_model_ids:
        raise bad_request("model_not_allowed", "modelId is not one of the models that this deployment allows.")
    return model_id
