"""How the answer model ended, from Converse's `stopReason`."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final


class Ending(Enum):
    """What the end of the model's answer means for the caller."""

    COMPLETE = auto()
    CUT = auto()
    BLOCKED = auto()
    UNUSABLE = auto()


# Source: docs.aws.amazon.com, Amazon Bedrock API Reference, Converse, `stopReason`. We send no tool, so a model that
# calls one has not answered.
ENDINGS: Final[Mapping[str, Ending]] = {
    "end_turn": Ending.COMPLETE,
    "stop_sequence": Ending.COMPLETE,
    "max_tokens": Ending.CUT,
    "model_context_window_exceeded": Ending.CUT,
    "guardrail_intervened": Ending.BLOCKED,
    "content_filtered": Ending.BLOCKED,
    "tool_use": Ending.UNUSABLE,
    "malformed_model_output": Ending.UNUSABLE,
    "malformed_tool_use": Ending.UNUSABLE,
}


def read_stop_reason(stop_reason: str) -> Ending:
    """Return what a stop reason means. One that is not known here is unusable: its text may be cut or filtered."""
    return ENDINGS.get(stop_reason, Ending.UNUSABLE)
