"""The generated parts of docs/notifications.md, and the JSON Schema of a document: `python -m docs.notifications`."""

import json
from pathlib import Path
from typing import Any, Final

from docs.generate import fenced
from notifications.messages import DETAIL_TYPES, SCHEMA_VERSION, SOURCE, Message
from notifications.state import KINDS, Change, Kind, Phase

FILE: Final = Path(__file__).with_name("notification.schema.json")
_TIME: Final = "2026-11-28T07:09:49Z"
_PRIMARY: Final = "us-west-2"
_FAILOVER: Final = "us-east-1"

Json = dict[str, Any]
_TEXT: Final[Json] = {"type": "string"}
_FACTS: Final[dict[Kind, Json]] = {
    "serving-region-changed": {
        "from": {"type": "string", "description": "the region that served before; empty if it is not known"},
        "to": {"type": "string", "description": "the region that serves, or the URL of an API of neither region"},
        "generation": {"type": ["integer", "null"], "description": "null after a manual edit"},
        "command": {"enum": ["", "failover", "failback"], "description": "empty if no journal has the command"},
        "actor": {"type": "string", "description": "as in the journal: the identity in AWS, user and machine"},
        "reason": {"type": "string", "description": "the text of `--reason`"},
        "copy": {"type": "string", "description": "the region of the copy that says so; empty if the journal does"},
    },
    "config-manually-edited": {
        "region": {"type": "string", "description": "the region of the copy"},
        "serves": {"type": "string", "description": "the region, or the URL, to which it sends users"},
    },
    "config-copies-disagree": {
        "copies": {
            "type": "array",
            "description": "both copies: `region`, `state` (`valid`, `invalid`, `absent`), `serves`, `generation`",
            "items": {"type": "object"},
        }
    },
    "readiness-changed": {
        "region": {"type": "string", "description": "the region"},
        "readiness": {"enum": ["red", "green"], "description": "red: an alarm goes off; green: all are OK"},
        "alarms": {"type": "array", "items": _TEXT, "description": "the alarms that go off"},
    },
    "region-silent": {
        "region": {"type": "string", "description": "the silent region"},
        "seenFrom": {"type": "string", "description": "the region that misses it"},
        "why": {"type": "string", "description": "what could not be read, or that its function does not run"},
    },
    "automatic-failover-refused": {
        "region": {"type": "string", "description": "the region that fails its checks"},
        "reason": {"type": "string", "description": "why users stay there"},
    },
    "drill": {
        "scenario": {"type": "string", "description": "the scenario, as `standby drill` names it"},
        "actor": {"type": "string", "description": "the identity that runs it"},
        "beganAt": {"type": "string", "description": "when it began, in UTC"},
        "endsBy": {"type": "string", "description": "when its mark expires, in UTC"},
    },
}
"""The members of `facts` for each kind."""
_MEMBERS: Final[Json] = {
    "schemaVersion": {"const": SCHEMA_VERSION},
    "id": {"type": "string", "description": "the same for a change in both regions: drop a document whose id you have"},
    "kind": {"enum": list(KINDS)},
    "phase": {"enum": ["changed", "began", "ended"], "description": "ended: what began before is over"},
    "condition": {"type": "string", "description": "the same in the document that something began and that it ended"},
    "deployment": {"type": "string", "description": "the name of the deployment"},
    "at": {"type": "string", "format": "date-time", "description": "when it happened, in UTC"},
    "reportedBy": {"type": "string", "description": "the region that reports it"},
    "title": {"type": "string", "description": "one sentence without a full stop"},
    "text": {"type": "string", "description": "a few lines of at most 80 characters"},
    "nextCommand": {"type": "string", "description": "the command that shows or does more"},
    "facts": {"type": "object", "description": "what is known of it, by kind"},
}

_EXAMPLES: Final[tuple[tuple[str, Kind, Phase, Json], ...]] = (
    (
        "serving:60:2026-11-28T07:09:49.024821Z",
        "serving-region-changed",
        "changed",
        {
            "from": _PRIMARY,
            "to": _FAILOVER,
            "generation": 60,
            "command": "failover",
            "actor": "arn:aws:iam::111122223333:role/operators (alice@laptop)",
            "reason": "us-west-2 does not answer",
            "copy": _FAILOVER,
        },
    ),
    (
        f"edited:{_FAILOVER}:2cc15c8a1e9f7d5c1b1b8e6d9d1a5f00@1795849789",
        "config-manually-edited",
        "changed",
        {"region": _FAILOVER, "serves": _PRIMARY},
    ),
    (
        "disagree:2cc15c8a1e9f7d5c1b1b8e6d9d1a5f00@1795849789:00d10b1e9fb8464e71bd7630cdecad11@1795840000",
        "config-copies-disagree",
        "began",
        {
            "copies": [
                {"region": _FAILOVER, "state": "valid", "serves": _FAILOVER, "generation": 60},
                {"region": _PRIMARY, "state": "valid", "serves": _PRIMARY, "generation": 59},
            ]
        },
    ),
    (
        f"readiness:{_FAILOVER}:red:{_TIME}",
        "readiness-changed",
        "began",
        {"region": _FAILOVER, "readiness": "red", "alarms": ["chatbot-readiness"]},
    ),
    (
        f"silent:{_PRIMARY}:{_TIME}",
        "region-silent",
        "began",
        {
            "region": _PRIMARY,
            "seenFrom": _FAILOVER,
            "why": "its bucket cannot be read (ConnectTimeoutError)",
        },
    ),
    (
        f"refused:{_TIME}",
        "automatic-failover-refused",
        "changed",
        {"region": _PRIMARY, "reason": "the failover region is not healthy"},
    ),
    (
        f"drill:{_TIME}:began",
        "drill",
        "began",
        {
            "scenario": "region-loss",
            "actor": "arn:aws:iam::111122223333:role/operators (alice@laptop)",
            "beganAt": _TIME,
            "endsBy": "2026-11-28T07:39:49Z",
        },
    ),
)
EXAMPLES: Final = tuple(
    Change(id=id_, kind=kind, phase=phase, at=_TIME, first=_FAILOVER, noticed_at=_TIME, facts=facts)
    for id_, kind, phase, facts in _EXAMPLES
)
"""A change of each kind."""


def message(change: Change) -> Message:
    """Return an example as the failover region reports it."""
    return Message(deployment="chatbot", reported_by=_FAILOVER, change=change)


def kinds() -> str:
    """Return a table of the kinds with their detail types, and the members of `facts`."""
    rows = [f"| `{kind}` | `{DETAIL_TYPES[kind]}` | {_described(_FACTS[kind])} |" for kind in KINDS]
    return "\n".join(["| `kind` | detail-type | `facts` |", "| --- | --- | --- |", *rows]) + "\n"


def _described(facts: Json) -> str:
    return "<br>".join(f"`{name}`: {fact['description']}" for name, fact in facts.items())


def members() -> str:
    """Return a table of the members that each document has."""
    rows = [f"| `{name}` | {one.get('description', _values(one))} |" for name, one in _MEMBERS.items()]
    return "\n".join(["| member | meaning |", "| --- | --- |", *rows]) + "\n"


def texts() -> str:
    """Return the text of each example."""
    return "\n".join(f"`{change.kind}`:\n\n{fenced(message(change).text, 'text')}" for change in EXAMPLES)


def event() -> str:
    """Return the first example as EventBridge delivers it."""
    change = EXAMPLES[0]
    envelope = {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": DETAIL_TYPES[change.kind],
        "source": SOURCE,
        "account": "111122223333",
        "time": _TIME,
        "region": _FAILOVER,
        "resources": [],
        "detail": message(change).document(),
    }
    return fenced(json.dumps(envelope, indent=2), "json")


def schema() -> Json:
    """Return the JSON Schema of a document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A change that the deployment reports",
        "type": "object",
        "properties": _MEMBERS,
        "required": list(_MEMBERS),
        "additionalProperties": False,
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}},
                "then": {
                    "properties": {
                        "facts": {
                            "properties": _FACTS[kind],
                            "required": list(_FACTS[kind]),
                            "additionalProperties": False,
                        }
                    }
                },
            }
            for kind in KINDS
        ],
    }


def text() -> str:
    """Return the schema as the file has it."""
    return json.dumps(schema(), indent=2) + "\n"


def _values(member: Json) -> str:
    values = member.get("enum", [member.get("const")])
    return " or ".join(f"`{value}`" for value in values)


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
