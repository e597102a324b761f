import threading
from collections.abc import Iterator

import pytest


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """An event that a hanging check waits for. It is set after the test, so that no thread remains."""
    event = threading.Event()
    yield event
    event.set()
