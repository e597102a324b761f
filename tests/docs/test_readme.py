"""The numbers in README.md are those of the stack and of the drill."""

import re

from docs.generate import resources
from standby.drill.scenarios.catalog import SCENARIOS
from tests.constructs.plan import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_the_number_of_resources_is_that_of_the_default_stack() -> None:
    stack = resources().partition(" ")[0]
    assert set(re.findall(r"(\d+) resources", README)) == {stack}


def test_the_number_of_scenarios_is_that_of_the_catalog() -> None:
    (number,) = set(re.findall(r"objectives met in (\d+) scenarios", README))
    skipped = [name for name, scenario in SCENARIOS.items() if scenario.needs_sign_in or scenario.needs_automatic]
    assert int(number) == len(SCENARIOS) - len(skipped)
    assert int(number) != 12 or "plays twelve scenarios" in README
    assert f"not run: {', '.join(skipped)}" in " ".join(README.split())
