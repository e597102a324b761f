"""The manifest: an old or invalid manifest in one region does not prevent a failover to the other."""

import json

import pytest

from standby.deployment.manifest import ROLES, Role, parse_manifest
from standby.deployment.manifest_reader import DISAGREEMENT, read_manifest
from standby.errors import RefusedError, StandbyError
from tests.standby.helpers import EAST, WEST, EmulatorConnection, Run, World, clients
from tests.standby.manifests import REGIONS, manifest_text

OLD = manifest_text().replace('"schemaVersion": 2', '"schemaVersion": 1')
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
    assert found.disagreement.startswith(f"the manifest of {REGIONS[role]} cannot be used: The manifest ")
    assert found.disagreement.endswith(": apply the stack again")


def test_a_failover_continues_with_the_target_s_manifest_and_warns(world: World, run: Run) -> None:
    store(world, "primary", OLD)
    result = run("failover", "--yes", "--reason", "test", "--json")
    assert (result.exit_code, json.loads(result.stdout)["result"]) == (0, "done")
    assert f"warning: the manifest of {WEST} cannot be used: The manifest has schema version 1" in result.stderr


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


def test_two_valid_manifests_that_differ_are_reported(world: World) -> None:
    store(world, "failover", json.dumps({**json.loads(manifest_text()), "name": "other"}))
    found = read_manifest(world.connect())
    assert (found.name, found.disagreement) == (world.manifest.name, DISAGREEMENT)


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
    with pytest.raises(RefusedError, match="No manifest of another: "):
        read_manifest(allow(connection, world.manifest.account))


def test_with_no_region_that_answers_no_account_is_claimed(world: World) -> None:
    with pytest.raises(RefusedError, match="No manifest of "):
        read_manifest(allow(world.connect(*ROLES), OTHER_ACCOUNT))
