"""One rehearsal for the whole run: applied by real Terraform before the first test, ended after the last."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from standby.rehearsal.core import Rehearsal
from tests.e2e.e2e_support import ROOT, SETTINGS


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """The stack, applied to an emulator of the tests' own."""
    rehearsal = Rehearsal(project=ROOT, directory=tmp_path_factory.mktemp("e2e") / "rehearsal", settings=SETTINGS)
    try:
        rehearsal.apply()
        yield rehearsal
    finally:
        rehearsal.down()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder: they all need Terraform."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.e2e)
