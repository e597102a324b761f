"""The machine on which a test runs `make`."""

from pathlib import Path

import pytest

from tests.toolchain.helpers import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with a shell, and a Python, and without Node, Terraform and a browser."""
    return Machine(directory=tmp_path)
