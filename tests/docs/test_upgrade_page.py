"""What docs/upgrading.md says of settings and of messages is what the code does."""

import json
import re

import pytest

from standby.deployment.manifest import SCHEMA_VERSION, parse_manifest
from standby.errors import StandbyError
from tests.constructs.plan import ROOT, default_settings

TEXT = (ROOT / "docs" / "upgrading.md").read_text("utf-8")


def test_what_stays_for_life_are_the_permanent_settings() -> None:
    permanent = {key.partition(".")[0] for key in default_settings().permanent}
    (cell,) = re.findall(r"^\| (.*) \| they stay for the life of a deployment", TEXT, re.MULTILINE)
    assert {name.strip("`[]") for name in cell.split(", ")} == permanent


def test_a_manifest_of_another_version_is_refused_with_the_message_of_the_page() -> None:
    with pytest.raises(StandbyError) as refused:
        parse_manifest(json.dumps({"schemaVersion": SCHEMA_VERSION - 1}))
    assert f"`{refused.value.message}`" in TEXT
    assert "Apply the stack again" in refused.value.hint
