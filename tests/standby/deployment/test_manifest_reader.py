"""The manifest: an old or invalid manifest in one region does not prevent a failover to the other."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from standby.deployment import manifest_reader
from standby.deployment.manifest import ROLES, Role, parse_manifest
from standby.deployment.manifest_reader import read_manifest
from standby.errors import NoDeploymentError, RefusedError, StandbyError
from tests.standby.helpers import EAST, WEST, EmulatorConnection, Run, World, clients, words
from tests.standby.manifests import REGIONS, manifest_text

OLD = manifest_text().replace('"schemaVersion": 2', '"schemaVersion": 1')
DIFFER = "the manifests of both regions differ in site.apiFallback"
BAD = pytest.mark.parametrize("text", ["{", "[]", OLD], ids=["no JSON", "a list", "old"])


def store(world: World, role: Role, text: str) -> None:
    """Replace the region's manifest with this text."""
    clients(world.endpoint).ssm(REGIONS[role]).put_parameter(
        Name=f"/warm-standby/{world.manifest.name}/manifest", Value=text, Type="String", Overwrite=True
    )


@BAD
@pytest.mark.parametrize("role", ROLES)
def test_an_invalid_manifest_is_ignored_and_reported(world: World, role: Role, text: str) -> None:
    store(world, role, text)
    found = read_manifest(world.connect())
    assert found.regions == world.manifest.regions
    (warning,) = found.warnings
    assert warning.startswith(f"the manifest of {REGIONS[role]} cannot be used: The manifest ")
    assert warning.endswith(": apply the stack again")


def test_a_failover_continues_with_the_target_s_manifest_and_warns(world: World, run: Run) -> None:
    store(world, "primary", OLD)
    result = run("failover", "--yes", "--reason", "test", "--json")
    assert (result.exit_code, json.loads(result.stdout)["result"]) == (0, "done")
    assert f"warning: the manifest of {WEST} cannot be used: The manifest has schema version 1" in words(result.stderr)


@BAD
def test_if_no_manifest_can_be_used_the_error_states_the_reason(world: World, text: str) -> None:
    store(world, "primary", text)
    store(world, "failover", text)
    with pytest.raises(StandbyError, match=r"^The manifest (is not as expected|has schema version 1)"):
        read_manifest(world.connect())


def test_if_the_only_region_that_answers_has_an_old_manifest_the_error_names_the_fix(world: World) -> None:
    store(world, "failover", OLD)
    with pytest.raises(StandbyError, match="schema version 1") as raised:
        read_manifest(world.connect("primary"))
    assert raised.value.hint.startswith("Apply the stack again")


def test_if_no_region_answers_the_error_names_each(world: World) -> None:
    with pytest.raises(RefusedError, match=f"{WEST} does not answer .*; {EAST} does not answer"):
        read_manifest(world.connect(*ROLES))


@pytest.fixture
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine needs more time for the other region's manifest than a failover gives it."""
    monkeypatch.setattr(manifest_reader, "OTHER_REGION_SECONDS", 3.0)


def store_without_fallback(world: World, role: Role) -> None:
    """Give the region a manifest that differs from the other region's in one value."""
    document = world.manifest.as_json()
    store(world, role, json.dumps(document | {"site": document["site"] | {"apiFallback": False}}))


@pytest.mark.usefixtures("_patient")
@pytest.mark.parametrize("role", ROLES)
def test_of_two_manifests_that_differ_the_target_s_own_is_obeyed(world: World, role: Role) -> None:
    store_without_fallback(world, role)
    for target in ROLES:
        found = read_manifest(world.connect(), target=target)
        assert (found.read_from, found.site.api_fallback) == (REGIONS[target], target != role)
        assert found.differences == ("site.apiFallback",)
        assert found.warnings == (f"{DIFFER}: apply the stack again",)


@pytest.mark.usefixtures("_patient")
def test_a_failover_with_two_manifests_is_refused_and_force_writes_what_the_target_s_own_says(
    world: World, run: Run
) -> None:
    store_without_fallback(world, "failover")
    refused = run("failover", "--yes")
    assert refused.exit_code == 3
    assert f"failover refused: {DIFFER}, and this command uses that of {EAST}" in words(refused.stderr)
    assert [copy.generation for copy in world.copies().values()] == [3, 3]
    assert run("failover", "--yes", "--force").exit_code == 0
    assert [copy.config and copy.config.fallback_api_url for copy in world.copies().values()] == [None, None]


@pytest.mark.usefixtures("_patient")
def test_failback_and_reconcile_with_two_manifests_are_refused_until_force(world: World, run: Run) -> None:
    assert run("failover", "--yes").exit_code == 0
    store_without_fallback(world, "primary")
    for command in ("failback", "reconcile"):
        refused = run(command, "--yes")
        _, said, reasons = words(refused.stderr).partition(f"{command} refused:")
        assert (refused.exit_code, bool(said), DIFFER in reasons) == (3, True, True), refused.stderr
    assert run("reconcile", "--yes", "--force").exit_code == 0


def test_a_failover_while_the_other_region_is_lost_uses_its_own_manifest_without_a_question(
    world: World, run: Run
) -> None:
    store_without_fallback(world, "primary")
    assert run("failover", "--yes", dead=("primary",)).exit_code == 0


@pytest.mark.parametrize("text", ["{", None], ids=["invalid", "of another deployment"])
def test_a_target_without_a_manifest_of_its_own_gets_the_other_region_s_with_a_warning(
    world: World, text: str | None
) -> None:
    store(world, "failover", text or manifest_text())
    found = read_manifest(world.connect(), target="failover")
    assert found.read_from == WEST
    (warning,) = found.warnings
    assert warning.startswith(f"the manifest of {EAST} cannot be read (The manifest is not as expected")
    assert warning.endswith(f"that of {WEST} is used")


NESTED = "[" * 100_000
ABSURD: Mapping[str, object] = {
    "schemaVersion": [1, 3, "2", True, None, 10**400],
    "account": ["", "1", 5, "1" * 13, None],
    "name": ["", "x" * 5000, "\udcf6", "a b", "\x1b[2J", None, 7],
    "site": [None, [], {}, {"url": 1}],
    "regions": [None, [], {}, {"primary": 1, "failover": 2}],
    "vectorStore": [None, 1, "", "\x00"],
}
ABSURD_OF_REGION: Mapping[str, object] = {
    "region": [None, "", "us-east-1", "US-WEST-2", "us west 2", "../../etc-1", "us-west-2\n", "x" * 5000, {}],
    "apiUrl": [None, "", "http://insecure/", "ftp://x/", "https://u:p@h/", "\udcf6", "https://h/\x1b", {}],
    "healthUrl": [None, "", "file:///etc/passwd", "\udcf6", 3],
    "documentsBucket": [None, "", "a b", "\udcf6", "b" * 5000, ["b"]],
    "frontendBucket": [None, "", "\x1b[2J", 10**400],
    "knowledgeBaseId": [None, "", 1],
    "ingestQueueUrl": [None, "", "queue", "\udcf6"],
    "replicatesTo": [None, "nowhere", 1],
    "functions": [None, "f", [""], ["\udcf6"], [1], ["f"] * 101, {"a": 1}],
    "schedules": [None, "s", [None], ["s"] * 101],
    "alarms": [None, -1, 1.5, "8", True, 10**400, 101],
    "originCheck": [None, 1, "a b", "\udcf6"],
}


def absurd_manifests() -> list[Any]:
    """Return manifests in which one value has another type, or is out of bounds."""
    whole = json.loads(manifest_text())
    made = [(name, {**whole, name: value}) for name, values in ABSURD.items() for value in values]  # type: ignore[attr-defined]  # a list
    for name, values in ABSURD_OF_REGION.items():
        for value in values:  # type: ignore[attr-defined]  # a list
            primary = whole["regions"]["primary"] | {name: value}
            made.append((f"primary.{name}", {**whole, "regions": {**whole["regions"], "primary": primary}}))
    return [pytest.param(document, id=f"{name}-{number}") for number, (name, document) in enumerate(made)]


@pytest.mark.parametrize("document", absurd_manifests())
def test_each_value_of_a_manifest_is_checked_by_type_and_bound(document: dict[str, object]) -> None:
    with pytest.raises(StandbyError) as raised:
        parse_manifest(json.dumps(document))
    assert raised.value.message.startswith(("The manifest is not as expected: ", "The manifest has schema version "))
    assert len(raised.value.message) < 400
    assert raised.value.message.isprintable()


@pytest.mark.parametrize("text", [NESTED, "", "null", "1e999", '"' + "x" * 10_000_000 + '"', '{"a": "\\udcf6"}'])
def test_a_manifest_that_is_nested_large_or_no_object_is_refused_with_one_line(text: str) -> None:
    with pytest.raises(StandbyError, match=r"^The manifest is not as expected"):
        parse_manifest(text)


def test_the_primary_region_is_first_in_any_order_of_the_document() -> None:
    document = json.loads(manifest_text())
    document["regions"] = dict(reversed(document["regions"].items()))
    assert tuple(parse_manifest(json.dumps(document)).regions) == ROLES


OTHER_ACCOUNT = "111122223333"


def allow(connection: EmulatorConnection, *accounts: str) -> EmulatorConnection:
    connection.allowed_accounts = accounts
    return connection


def test_a_deployment_in_an_allowed_account_is_read(world: World) -> None:
    connection = allow(world.connect(), OTHER_ACCOUNT, world.manifest.account)
    assert read_manifest(connection).account == world.manifest.account


@pytest.mark.parametrize("dead", [(), ("primary",), ("failover",)])
def test_a_deployment_in_another_account_is_refused(world: World, dead: tuple[Role, ...]) -> None:
    with pytest.raises(RefusedError) as refused:
        read_manifest(allow(world.connect(*dead), OTHER_ACCOUNT))
    assert refused.value.full_message == (
        f"{world.manifest.name} may be in account {OTHER_ACCOUNT} only (allowed_account_ids), and these credentials are"
        f" those of {world.manifest.account}."
    )


def test_without_a_manifest_the_account_of_the_credentials_is_asked(world: World) -> None:
    connection = allow(world.connect(), OTHER_ACCOUNT)
    connection.name = "another"
    with pytest.raises(RefusedError, match=f"another may be in account {OTHER_ACCOUNT} only"):
        read_manifest(connection)
    with pytest.raises(NoDeploymentError, match="No manifest of another: "):
        read_manifest(allow(connection, world.manifest.account))


def test_with_no_region_that_answers_no_account_is_claimed(world: World) -> None:
    with pytest.raises(RefusedError, match="No manifest of "):
        read_manifest(allow(world.connect(*ROLES), OTHER_ACCOUNT))
