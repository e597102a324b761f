"""Plans in JSON, as `terraform show -json` writes them."""

from collections.abc import Iterator, Mapping
from typing import Any

from standby.review.plan import Plan, read_plan

Stack = Mapping[str, Any]
IDENTITY = "identity_first_apply_BADA6829"


def change_document(
    type_: str, name: str, before: object, after: object, *, actions: list[str] | None = None, **more: object
) -> dict[str, Any]:
    """Return one entry of `resource_changes`. The actions follow from what is there before and after."""
    if actions is None:
        actions = ["create"] if before is None else ["delete"] if after is None else ["update"]
        actions = ["no-op"] if before == after else actions
    change = {"actions": actions, "before": before, "after": after, **more}
    return {"address": f"{type_}.{name}", "mode": "managed", "type": type_, "name": name, "change": change}


def document_of(*changes: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return a plan with these changes, and the resource that makes it one of this project."""
    identity = change_document("terraform_data", IDENTITY, {"input": {"account": "1"}}, {"input": {"account": "1"}})
    return {
        "format_version": "1.2",
        "resource_changes": [identity, *changes],
        "prior_state": {"values": {"root_module": {}}},
        "timestamp": "2026-11-28T12:00:00Z",
        **more,
    }


def plan_of(*changes: dict[str, Any], **more: object) -> Plan:
    """Return the plan with these changes."""
    return read_plan(document_of(*changes, **more))


def plan_document(before: Stack | None, after: Stack) -> dict[str, Any]:
    """Return the plan that changes one synthesized stack into another one. None: nothing is deployed."""
    changes = list(_changes((before or {}).get("resource", {}), after["resource"]))
    found = {"format_version": "1.2", "resource_changes": changes, "timestamp": "2026-11-28T12:00:00Z"}
    return found if before is None else {**found, "prior_state": {"values": {"root_module": {}}}}


def _changes(before: Stack, after: Stack) -> Iterator[dict[str, Any]]:
    for type_ in sorted({*before, *after}):
        old, new = before.get(type_, {}), after.get(type_, {})
        for name in sorted({*old, *new}):
            yield change_document(type_, name, old.get(name), new.get(name))
