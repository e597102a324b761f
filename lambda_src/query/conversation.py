"""The conversation before a question.

The API stores no conversation: the caller sends the last turns with each question. A history of the wrong shape is
refused (400). The oldest turns of a long history are dropped.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from query.text import read_text
from shared.errors import bad_request

MAX_TURNS = 10
MAX_TURN_CHARACTERS = 8_000
MAX_HISTORY_CHARACTERS = 24_000
MAX_TURNS_SENT = 100
# docs.aws.amazon.com, Amazon Bedrock endpoints and quotas: user query size of a Knowledge Base, 1,000 characters.
MAX_QUESTION_CHARACTERS = 1_000

_ROLES = ("user", "assistant")
_EARLIER_QUESTIONS_SEARCHED = 2


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One message of the conversation: role `user` or `assistant`, and its text."""

    role: str
    text: str


def read_history(value: object) -> tuple[Turn, ...]:
    """Read the `history` field. At most the last 10 turns and 24,000 characters are kept.

    Raises `ApiError` 400 `invalid_request`: not a list, more than 100 entries, an entry without role and text, an
    unknown role, a text that is blank or over 8,000 characters.
    """
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_TURNS_SENT:
        raise bad_request("invalid_request", f"history must be a list of at most {MAX_TURNS_SENT} turns.")
    turns = [_read_turn(entry) for entry in value]
    return _newest_that_fit(turns[-MAX_TURNS:])


def drop_blocked_exchanges(turns: Sequence[Turn], blocked_messages: Collection[str]) -> tuple[Turn, ...]:
    """Return the turns without the exchanges that the guardrail blocked: its message and the questions before it.

    The guardrail assesses earlier questions like the new one, so a blocked one would block every later question. They
    are dropped, never sent unguarded, because the caller sends the history and could forge the guardrail's message.
    """
    kept: list[Turn] = []
    for turn in turns:
        if turn.role == "assistant" and turn.text in blocked_messages:
            while kept and kept[-1].role == "user":
                kept.pop()
        else:
            kept.append(turn)
    return tuple(kept)


def build_search_text(*, question: str, history: Sequence[Turn]) -> str:
    """Return the query for the Knowledge Base: the user's last two questions and this one, up to 1,000 characters.

    A follow-up ("and how long does it take?") names its subject only in earlier turns. Earlier questions are included
    whole, newest first; the question itself is never cut.
    """
    lines = [question]
    earlier = [turn.text for turn in history if turn.role == "user"]
    for text in reversed(earlier[-_EARLIER_QUESTIONS_SEARCHED:]):
        if len("\n".join([text, *lines])) > MAX_QUESTION_CHARACTERS:
            break
        lines.insert(0, text)
    return "\n".join(lines)


def _read_turn(entry: object) -> Turn:
    if not isinstance(entry, Mapping) or entry.get("role") not in _ROLES:
        raise bad_request("invalid_request", 'Each turn of history needs a role, "user" or "assistant", and a text.')
    return Turn(role=str(entry["role"]), text=read_text(entry, "text", longest=MAX_TURN_CHARACTERS))


def _newest_that_fit(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    kept: list[Turn] = []
    remaining = MAX_HISTORY_CHARACTERS
    for turn in reversed(turns):
        remaining -= len(turn.text)
        if remaining < 0:
            break
        kept.insert(0, turn)
    return tuple(kept)
