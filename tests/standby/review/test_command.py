"""`standby review` asks the deployment which region serves, and how old its state in S3 is."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from standby.cli.main import cli
from standby.deployment.manifest import Role
from standby.rehearsal.emulator.emulator import Emulator
from tests.standby.helpers import WEST, World, config
from tests.standby.review.helpers import change_document, document_of

FUNCTION = "aws_lambda_function"
CHANGED = [
    change_document(FUNCTION, f"{role}_functions_a_0000000{number}", {"description": "1"}, {"description": "2"})
    for number, role in enumerate(("primary", "failover"))
]


@pytest.fixture
def world(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(tmp_path)
    return World.make(emulator.endpoint)


def reviewed(world: World, *options: str, dead: tuple[Role, ...] = (), hours: float = 0) -> dict[str, Any]:
    """Review a plan that was made some hours ago, in a directory whose state is in the world's bucket."""
    made = datetime.now(tz=UTC) - timedelta(hours=hours)
    Path("plan.json").write_text(json.dumps(document_of(*CHANGED, timestamp=made.isoformat())))
    bucket = world.manifest.regions["primary"].documents_bucket
    backend = {"s3": {"bucket": bucket, "key": "terraform.tfstate", "region": WEST}}
    Path("cdk.tf.json").write_text(json.dumps({"terraform": {"backend": backend}}))
    arguments = ["review", "plan.json", "--stack", ".", "--format", "json", *options]
    ran = CliRunner().invoke(cli, arguments, obj=lambda _: world.connect(*dead))
    assert ran.stdout, ran.stderr
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def put_state(world: World) -> None:
    bucket = world.manifest.regions["primary"].documents_bucket
    world.s3("primary").put_object(Bucket=bucket, Key="terraform.tfstate", Body=b"{}")


def rules(document: dict[str, Any]) -> list[str]:
    return [finding["rule"] for finding in document["findings"]]


def test_a_plan_of_a_ready_deployment_is_clean(world: World) -> None:
    put_state(world)
    document = reviewed(world, hours=-1)
    assert (document["result"], document["findings"], document["notes"]) == ("clean", [], [])


def test_a_plan_that_is_older_than_the_state_in_s3_is_a_warning(world: World) -> None:
    put_state(world)
    assert rules(reviewed(world, hours=1)) == ["plan-old"]


def test_a_state_in_s3_that_cannot_be_read_is_noted(world: World) -> None:
    document = reviewed(world, hours=1)
    assert (document["result"], rules(document)) == ("clean", [])
    assert [note for note in document["notes"] if "was not compared" in note]


def test_a_plan_while_failed_over_is_a_warning(world: World) -> None:
    put_state(world)
    for role in ("primary", "failover"):
        world.put(role, json.dumps({"apiUrl": config("failover", 4, manifest=world.manifest).api_url, "generation": 4}))
    document = reviewed(world, hours=-1)
    assert [(one["rule"], one["after"]) for one in document["findings"]] == [("bad-moment", "the failover region")]


def test_a_plan_while_a_region_is_down_is_a_warning(world: World) -> None:
    document = reviewed(world, dead=("failover",), hours=-1)
    assert "bad-moment" in rules(document)


def test_without_any_region_the_review_says_what_it_could_not_ask(world: World) -> None:
    document = reviewed(world, dead=("primary", "failover"), hours=-1)
    assert [note for note in document["notes"] if note.startswith("The deployment was not asked")]


def test_offline_nothing_is_asked_and_the_age_of_the_state_is_noted_as_unknown(world: World) -> None:
    document = reviewed(world, "--offline", dead=("primary", "failover"), hours=1)
    assert document["findings"] == []
    assert document["notes"] == ["The age of the state in S3 was not compared: --offline."]
