"""A mutation of the synthesized stack, and the functions that change a resource."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Body = dict[str, Any]
OFF: Final = False


@dataclass(frozen=True, kw_only=True)
class PlanMutation:
    """A mutation of a resource, or its removal (`change` is None), and the rule that finds it.

    `id_` begins the id of the resource. The same is done to its twin if `twin` begins that one's id.
    """

    name: str
    rule: str
    type_: str
    id_: str
    change: Callable[[Body], None] | None
    twin: str = ""
    argument: str = ""

    def apply(self, resources: dict[str, dict[str, Body]]) -> str:
        """Change the resources of a synthesized stack; return the address of the one that must be found."""
        for start in filter(None, (self.twin, self.id_)):
            name = find_id(resources, self.type_, start)
            if self.change is None:
                _remove(resources, self.type_, name)
            else:
                self.change(resources[self.type_][name])
        return f"{self.type_}.{name}"


def _remove(resources: dict[str, dict[str, Body]], type_: str, name: str) -> None:
    """Remove a resource, its type with the last one, and it from what depends on it."""
    del resources[type_][name]
    if not resources[type_]:
        del resources[type_]
    for bodies in resources.values():
        for body in bodies.values():
            if f"{type_}.{name}" in body.get("depends_on", []):
                body["depends_on"].remove(f"{type_}.{name}")


def find_id(resources: dict[str, dict[str, Body]], type_: str, start: str) -> str:
    """Return the only id of a type that is `start` and cdktf's hash, or begins with it."""
    found = [name for name in resources[type_] if name.startswith(start)]
    exact = [name for name in found if name.rpartition("_")[0] == start]
    chosen = exact or found
    assert len(chosen) == 1, (type_, start, chosen)
    return chosen[0]


def set_value(value: object, *path: str | int) -> Callable[[Body], None]:
    """Return a function that sets the value at a path."""

    def change(body: Body) -> None:
        parent: Any = body
        for step in path[:-1]:
            parent = parent[step]
        assert parent.get(path[-1]) != value
        parent[path[-1]] = value

    return change


def edit_policy(change: Callable[[list[Body]], None], argument: str = "policy") -> Callable[[Body], None]:
    def mutate(body: Body) -> None:
        document = json.loads(body[argument])
        before = json.dumps(document)
        change(document["Statement"])
        body[argument] = json.dumps(document)
        assert body[argument] != before

    return mutate


def remove_statement(sid: str) -> Callable[[Body], None]:
    return edit_policy(lambda statements: statements.remove(next(one for one in statements if one["Sid"] == sid)))


def add_statement(statement: Body) -> Callable[[Body], None]:
    return edit_policy(lambda statements: statements.append(statement))


def set_desired(value: object, *path: str) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        state = json.loads(body["desired_state"])
        set_value(value, *path)(state)
        body["desired_state"] = json.dumps(state)

    return change


def reverse_group(body: Body) -> None:
    body["origin_group"][0]["member"].reverse()


def without_codes(body: Body) -> None:
    body["origin_group"][1]["failover_criteria"]["status_codes"] = [500, 502]


def accept_plain_http(statements: list[Body]) -> None:
    [denial] = statements
    denial["Action"] = "s3:PutBucketAcl"


def overwrite_config(body: Body) -> None:
    del body["lifecycle"]
    body["content"] = "{}"


def swap_origins(body: Body) -> None:
    first, second = body["origin"]
    first["domain_name"], second["domain_name"] = second["domain_name"], first["domain_name"]


def cache_config(body: Body) -> None:
    [config] = [one for one in body["ordered_cache_behavior"] if one["path_pattern"] == "/config.json"]
    config["cache_policy_id"] = body["default_cache_behavior"]["cache_policy_id"]


def plain_config(body: Body) -> None:
    [config] = [one for one in body["ordered_cache_behavior"] if one["path_pattern"] == "/config.json"]
    config["viewer_protocol_policy"] = "allow-all"


def read_scripts_from_one_bucket(body: Body) -> None:
    [config] = [one for one in body["ordered_cache_behavior"] if one["path_pattern"] == "/config.json"]
    scripts = {**config, "path_pattern": "*.js", "target_origin_id": body["origin"][0]["origin_id"]}
    body["ordered_cache_behavior"].insert(0, scripts)


def give_up_events(body: Body) -> None:
    body["redrive_policy"] = body["redrive_policy"].replace('"maxReceiveCount" = ', '"maxReceiveCount" = 1 + 0 * ')


def read_from_other_accounts(statements: list[Body]) -> None:
    [site] = [one for one in statements if one["Effect"] == "Allow"]
    del site["Condition"]
