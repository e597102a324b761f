"""The documented JSON: each printed document matches the model that docs/cli.md is generated from."""

import json

import pytest
from click.testing import CliRunner

from docs.field_table import field_table
from docs.generate import unavailable_facts
from standby.cli.journal import JournalJson
from standby.cli.main import ErrorJson, cli
from standby.cli.output.change_json import ChangeJson
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest, Role
from standby.json_model import JsonModel
from standby.operations.views.status_json import RegionJson, StatusJson
from standby.rehearsal.emulator.emulator import Emulator
from standby.review.report import ReviewJson
from standby.target import TargetOptions
from tests.constructs.plan import ROOT
from tests.standby.helpers import World

CASES: list[tuple[type[JsonModel], list[str], tuple[Role, ...]]] = [
    (StatusJson, ["status"], ()),
    (StatusJson, ["status"], ("primary",)),
    (ChangeJson, ["failover", "--yes"], ("primary",)),
    (ChangeJson, ["failover", "--yes"], ("failover",)),
    (ChangeJson, ["failback", "--yes", "--checks", "1"], ()),
    (ChangeJson, ["reconcile", "--yes"], ()),
    (JournalJson, ["journal"], ()),
    (JournalJson, ["journal"], ("primary",)),
    (ErrorJson, ["journal"], ("primary", "failover")),
]


@pytest.mark.parametrize("model,arguments,dead", CASES, ids=[f"{' '.join(case[1])}-{case[2]}" for case in CASES])
def test_the_printed_document_has_the_documented_fields(
    emulator: Emulator, model: type[JsonModel], arguments: list[str], dead: tuple[Role, ...]
) -> None:
    world = World.make(emulator.endpoint)

    def opener(_: TargetOptions) -> Connection:
        return world.connect(*dead)

    if model is JournalJson:
        CliRunner().invoke(cli, ["failover", "--yes"], obj=opener)
    printed = json.loads(CliRunner().invoke(cli, [*arguments, "--json"], obj=opener).stdout)
    assert model.from_json(printed).as_json() == printed


@pytest.mark.parametrize("model", [StatusJson, ChangeJson, JournalJson, ErrorJson, Manifest, ReviewJson])
def test_each_field_is_documented(model: type[JsonModel]) -> None:
    documents = [(ROOT / "docs" / name).read_text("utf-8") for name in ("cli.md", "reference.md")]
    for path, description in field_table(model).items():
        row = f"| `{path}` | {description} |"
        assert any(row in document for document in documents), row


def test_the_fact_that_could_not_be_read_is_documented() -> None:
    facts = [name for name, field in RegionJson.model_fields.items() if "UnavailableJson" in str(field.annotation)]
    assert len(facts) == 6
    sentence = unavailable_facts()
    assert all(f"`{RegionJson.model_fields[name].serialization_alias}`" in sentence for name in facts)
    assert sentence in (ROOT / "docs" / "cli.md").read_text("utf-8")
