"""Fixtures for the tests of the load: a site."""

from collections.abc import Iterator

import pytest

from tests.standby.drill.load.helpers import Site


@pytest.fixture
def site() -> Iterator[Site]:
    """A site; requests that hang end with the test."""
    site = Site()
    yield site
    site.release.set()
