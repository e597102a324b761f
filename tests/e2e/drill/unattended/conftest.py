"""A rehearsal for what needs no operator: the API has a name in DNS, and a controller moves users.

The zone has to be there before the apply, and the controller would get in the way of other tests, so it is their own.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from standby.rehearsal.emulator.fast_minutes import MINUTE_VARIABLE
from standby.rehearsal.rehearsal import Rehearsal
from tests.constructs.plan import ROOT

SETTINGS: Final = Path(__file__).with_name("unattended.toml")
MINUTE_SECONDS: Final = "3"


@pytest.fixture(scope="package")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    directory = tmp_path_factory.mktemp("unattended") / "rehearsal"
    rehearsal = Rehearsal(project=ROOT, directory=directory, settings=SETTINGS)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(MINUTE_VARIABLE, MINUTE_SECONDS)
        environment.setenv("REHEARSAL_START_SECONDS", "2")
        try:
            rehearsal.connect()
            yield rehearsal
        finally:
            rehearsal.down()
