"""`standby automatic`: the switch in both regions, and what it says while one of them is down."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from standby.cli.main import cli
from standby.deployment.manifest import ROLES, Role
from standby_protocol.automatic import SWITCH_KEY
from tests.standby.helpers import EAST, WEST, World
from tests.standby.manifests import manifest_text


def state_at(looked: datetime) -> dict[str, Any]:
    """Return the state of a controller that looked at this time."""
    return {
        "schemaVersion": 1,
        "looks": [{"at": looked.isoformat(), "here": "failed", "there": "healthy"}],
        "action": "watch",
        "reason": "0 of the last 1 looks failed from both vantage points; 4 are needed",
    }


@pytest.fixture
def controlled(world: World) -> World:
    """A world with a controller."""
    number = world.manifest.regions["primary"].frontend_bucket.removeprefix("frontend").partition("-")[0]
    document = json.loads(manifest_text(number, name=world.manifest.name)) | {"automatic": True}
    connection = world.connect()
    for region in (WEST, EAST):
        connection.clients.ssm(region).put_parameter(
            Name=f"/warm-standby/{world.manifest.name}/manifest",
            Value=json.dumps(document),
            Type="String",
            Overwrite=True,
        )
    connection.clients.ssm(EAST).put_parameter(
        Name=f"/warm-standby/{world.manifest.name}/automatic",
        Value=json.dumps(state_at(datetime.now(UTC))),
        Type="String",
    )
    return world


def run(world: World, *arguments: str, dead: tuple[Role, ...] = (), answer: str = "") -> Result:
    return CliRunner().invoke(cli, ["automatic", *arguments], obj=lambda _: world.connect(*dead), input=answer)


def switches(world: World) -> dict[Role, Any]:
    found: dict[Role, Any] = {}
    for role in ROLES:
        bucket = world.manifest.regions[role].frontend_bucket
        listed = world.s3(role).list_objects_v2(Bucket=bucket, Prefix=SWITCH_KEY).get("Contents", [])
        if listed:
            body = world.s3(role).get_object(Bucket=bucket, Key=SWITCH_KEY)["Body"].read()
            found[role] = json.loads(body)["enabled"]
    return found


def test_off_is_written_in_both_regions_and_a_second_time_there_is_nothing_to_do(controlled: World) -> None:
    assert run(controlled, "off", "--yes", "--reason", "maintenance").exit_code == 0
    assert switches(controlled) == {"primary": False, "failover": False}
    again = json.loads(run(controlled, "off", "--yes", "--json").stdout)
    assert again["result"] == "nothing to do"


@pytest.mark.parametrize("dead", ROLES)
def test_off_works_while_one_region_is_down_and_says_which_copy_was_not_written(controlled: World, dead: Role) -> None:
    done = run(controlled, "off", "--yes", "--json", dead=(dead,))
    document = json.loads(done.stdout)
    assert (done.exit_code, document["result"], list(document["notWritten"])) == (3, "incomplete", [dead])
    assert list(switches(controlled).values()) == [False]


def test_a_dry_run_and_a_no_change_nothing(controlled: World) -> None:
    assert json.loads(run(controlled, "off", "--dry-run", "--json").stdout)["result"] == "planned"
    declined = run(controlled, "off", answer="n\n")
    assert declined.exit_code == 1
    assert switches(controlled) == {}


def test_on_ends_off(controlled: World) -> None:
    run(controlled, "off", "--yes")
    assert run(controlled, "on", "--yes").exit_code == 0
    assert switches(controlled) == {"primary": True, "failover": True}


def test_the_status_shows_the_looks_and_the_decision(controlled: World) -> None:
    shown = run(controlled, "status")
    assert shown.exit_code == 0, shown.output
    assert re.search(r"look at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", shown.stdout)
    assert "decision: watch: 0 of the last 1 looks failed" in shown.stdout
    assert all(len(line) <= 80 for line in shown.output.splitlines())


def put_state(world: World, state: object) -> None:
    """Replace the controller's state."""
    world.connect().clients.ssm(EAST).put_parameter(
        Name=f"/warm-standby/{world.manifest.name}/automatic", Value=json.dumps(state), Type="String", Overwrite=True
    )


@pytest.mark.parametrize(
    "second, there, lines",
    [
        ("edge", "unknown", ("point: the edge's read of", "from here failed, the edge unknown")),
        ("checkers", "healthy", ("point: Route 53's checkers of", "from here failed, Route 53's checkers healthy")),
        ("checkers", "unknown", ("Route 53's checkers unknown", "Route 53's checkers say nothing, so it moves nobody")),
        (None, "unknown", ("second vantage point: not known", "from the second vantage point unknown")),
    ],
)
def test_the_status_names_the_second_vantage_point_and_what_it_saw(
    controlled: World, second: str | None, there: str, lines: tuple[str, ...]
) -> None:
    state = state_at(datetime.now(UTC)) | ({"secondVantagePoint": second} if second else {})
    state["looks"][0]["there"] = there
    put_state(controlled, state)
    shown = run(controlled, "status")
    assert [line for line in lines if line not in " ".join(shown.stdout.split())] == []
    assert all(len(line) <= 80 for line in shown.output.splitlines())
    assert ("say nothing" in shown.stdout) == ((second, there) == ("checkers", "unknown"))
    document = json.loads(run(controlled, "status", "--json").stdout)
    assert document["automatic"]["controller"]["secondVantagePoint"] == second


@pytest.mark.parametrize("minutes, stale", [(4, False), (6, True)])
def test_a_controller_that_has_not_looked_for_five_minutes_has_decided_nothing_of_now(
    controlled: World, minutes: int, *, stale: bool
) -> None:
    state = state_at(datetime.now(UTC) - timedelta(minutes=minutes))
    put_state(controlled, state)
    shown = run(controlled, "status")
    assert shown.exit_code == (3 if stale else 0)
    assert ("decision: not known: the controller has not looked since" in shown.stdout) == stale


def test_a_switch_that_is_off_makes_the_status_degraded(controlled: World) -> None:
    run(controlled, "off", "--yes")
    shown = run(controlled, "status")
    assert shown.exit_code == 3
    assert "off: it moves nobody" in shown.stdout


def test_a_deployment_without_a_controller_is_refused_with_the_next_step(world: World) -> None:
    refused = run(world, "off", "--yes")
    assert refused.exit_code == 3
    assert "automatic.enabled = true" in refused.output
    assert switches(world) == {}
