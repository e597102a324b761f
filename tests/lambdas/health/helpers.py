import threading
from collections.abc import Callable

from health.settings import Settings
from tests.lambdas.helpers import ANSWER_MODEL, SITE_ORIGIN

SETTINGS = Settings(
    region="us-west-2",
    site_origin=SITE_ORIGIN,
    knowledge_base_id="KB00000001",
    data_source_id="DS00000001",
    documents_bucket="b",
    ingest_queue_url="q",
    answer_model_id=ANSWER_MODEL,
    guardrail_id="guardrail1",
    guardrail_version="1",
)


def raising(error: Exception) -> Callable[[], None]:
    def check() -> None:
        raise error

    return check


def wait_for(event: threading.Event) -> None:
    event.wait(5)
