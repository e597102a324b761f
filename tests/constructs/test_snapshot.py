"""The whole plan as one file to read: what a reviewer sees of a change is what Terraform would be told.

After a change that is meant: `pytest tests/constructs --snapshot-update`, and review the difference.
"""

import difflib
import json
import re
from collections.abc import Iterator

from syrupy.assertion import SnapshotAssertion

from tests.constructs.helpers import TextExtension, seen_from, without_hash
from tests.constructs.plan import Plan, Synthesize, default_settings, everything

PRIMARY = "aws.primary"
_LONGEST = 160
# Terraform's bookkeeping, the same for all, and which API a part of the API belongs to: the address says it.
_UNSEEN = {"//", "provider", "rest_api_id", "resource_id"}


def described(plan: Plan) -> str:
    """Return each resource with its arguments, a line each; where both regions have it, only the primary's."""
    blocks = everything(plan)
    shown = {seen_from(plan, "primary", address) for address, body in blocks.items() if body["provider"] == PRIMARY}
    text = []
    for address, body in sorted(blocks.items(), key=lambda item: without_hash(item[0])):
        text.append(f"{without_hash(address)} ({body['provider']})")
        if body["provider"] == PRIMARY or seen_from(plan, "failover", address) not in shown:
            arguments = {key: value for key, value in body.items() if key not in _UNSEEN}
            text += [line for path, value in _flat(arguments) for line in _lines(path, value)]
    for name, output in sorted(plan.document["output"].items()):
        text += [f"output.{name}", *_lines("value", without_hash(output["value"]))]
    return "\n".join(text) + "\n"


def _flat(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    value = _decoded(value)
    if isinstance(value, dict):
        for key, inner in sorted(value.items()):
            yield from _flat(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for index, inner in enumerate(value):
            name = inner.get("Sid", index) if isinstance(inner, dict) else index
            yield from _flat(inner, f"{path}[{name}]")
    else:
        yield path, _short(", ".join(map(str, value)) if value and isinstance(value, list) else json.dumps(value))


def _decoded(value: object) -> object:
    """Open policies and schemas, which are JSON inside JSON."""
    if not isinstance(value, str) or value[:1] not in {"{", "["}:
        return value
    try:
        decoded: object = json.loads(value)
    except json.JSONDecodeError:  # a log filter's pattern
        return value
    return decoded


def _lines(path: str, text: str) -> list[str]:
    """Return one line, or for what is long and a list a line each."""
    line = f"    {path} = {text}"
    return [line] if len(line) <= _LONGEST else [f"    {path} =", *(f"      {part}" for part in text.split(", "))]


def _short(text: str) -> str:
    """Leave out the hash of what changes with every line of a function or page."""
    return re.sub(r"assets/(functions|site)/[0-9A-F]{32}/", r"assets/\1/HASH/", without_hash(text))


def test_the_plan_is_the_reviewed_one(plan: Plan, snapshot: SnapshotAssertion) -> None:
    assert described(plan) == snapshot(extension_class=TextExtension)


def test_with_s3_vectors_the_plan_differs_as_reviewed(
    synthesize: Synthesize, plan: Plan, snapshot: SnapshotAssertion
) -> None:
    other = synthesize(default_settings(knowledge_base={"vector_store": "s3-vectors"}))
    lines = difflib.unified_diff(described(plan).splitlines(), described(other).splitlines(), n=0, lineterm="")
    changes = [line for line in list(lines)[2:] if not line.startswith("@@")]
    assert "\n".join(changes) + "\n" == snapshot(extension_class=TextExtension)
