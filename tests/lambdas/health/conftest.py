import threading
from collections.abc import Iterator

import pytest


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What a hanging check waits for; set at the end, so that no thread stays behind."""
    event = threading.Event()
    yield event
    event.set()
