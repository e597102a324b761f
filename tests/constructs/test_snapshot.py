"""The whole plan as one readable file, so that a reviewer sees each change of the Terraform configuration.

After an intended change: run `pytest tests/constructs --snapshot-update`, and review the diff.
"""

import difflib
import json
import re
from collections.abc import Iterator

from syrupy.assertion import SnapshotAssertion

from tests.constructs.helpers import TextExtension, relative_to, without_hash
from tests.constructs.plan import Plan, Synthesize, default_settings, everything

PRIMARY = "aws.primary"
_LONGEST = 160
# Left out: metadata, and arguments that repeat the address.
_OMITTED = {"//", "provider", "rest_api_id", "resource_id"}


def described(plan: Plan) -> str:
    """Return each resource with its arguments, one per line. Of a pair in both regions, show the primary's only."""
    blocks = everything(plan)
    shown = {
        relative_to(plan, "primary", address) for address, body in blocks.items() if body.get("provider") == PRIMARY
    }
    text = []
    for address, body in sorted(blocks.items(), key=lambda item: without_hash(item[0])):
        provider = body.get("provider", "terraform")
        text.append(f"{without_hash(address)} ({provider})")
        if provider == PRIMARY or relative_to(plan, "failover", address) not in shown:
            arguments = {key: value for key, value in body.items() if key not in _OMITTED}
            text += [line for path, value in _flat(arguments) for line in _lines(path, value)]
    for name, output in sorted(plan.document["output"].items()):
        text += [f"output.{name}", *_lines("value", without_hash(output["value"]))]
    return "\n".join(text) + "\n"


def _flat(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    value = _decoded(value)
    if isinstance(value, dict) and (value or not path):
        for key, inner in sorted(value.items()):
            yield from _flat(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for index, inner in enumerate(value):
            name = inner.get("Sid", index) if isinstance(inner, dict) else index
            yield from _flat(inner, f"{path}[{name}]")
    else:
        yield path, _short(", ".join(map(str, value)) if value and isinstance(value, list) else json.dumps(value))


def _decoded(value: object) -> object:
    """Decode policies and schemas, which are JSON inside JSON."""
    if not isinstance(value, str) or value[:1] not in {"{", "["}:
        return value
    try:
        decoded: object = json.loads(value)
    except json.JSONDecodeError:  # the pattern of a log filter
        return value
    return decoded


def _lines(path: str, text: str) -> list[str]:
    """Return one line, or one line per item for a long list."""
    line = f"    {path} = {text}"
    return [line] if len(line) <= _LONGEST else [f"    {path} =", *(f"      {part}" for part in text.split(", "))]


def _short(text: str) -> str:
    """Replace the hashes that change with every line of a function or page."""
    return re.sub(r"assets/(functions|site)/[0-9A-F]{32}/", r"assets/\1/HASH/", without_hash(text))


def test_the_plan_is_the_reviewed_one(plan: Plan, snapshot: SnapshotAssertion) -> None:
    assert described(plan) == snapshot(extension_class=TextExtension)


def test_with_opensearch_the_plan_differs_as_reviewed(
    synthesize: Synthesize, plan: Plan, snapshot: SnapshotAssertion
) -> None:
    other = synthesize(default_settings(knowledge_base={"vector_store": "opensearch-serverless"}))
    lines = difflib.unified_diff(described(plan).splitlines(), described(other).splitlines(), n=0, lineterm="")
    changes = [line for line in list(lines)[2:] if not line.startswith("@@")]
    assert "\n".join(changes) + "\n" == snapshot(extension_class=TextExtension)
