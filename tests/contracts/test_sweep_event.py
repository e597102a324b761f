"""The event by which the operator's tool requests a sweep is one that `ingest` recognizes."""

from datetime import timedelta

from ingest.decision import LARGE_PAGES, READING_INTERVAL
from ingest.events import is_sweep, may_rest
from standby.cost.components import LARGE_BUCKET_MINUTES, LARGE_BUCKET_PAGES
from standby.deployment.sweep import sweep_event


def test_ingest_recognizes_the_sweep_event_of_the_operator_s_tool() -> None:
    assert is_sweep(sweep_event("us-west-2"))


def test_ingest_does_not_treat_an_sqs_batch_or_another_event_as_a_sweep() -> None:
    assert not is_sweep({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": "{}"}]})
    assert not is_sweep({**sweep_event("us-west-2"), "source": "aws.s3"})


def test_the_tool_s_sweep_compares_now_and_the_schedule_s_may_rely_on_the_last_reading() -> None:
    """`reconcile` goes on when the answer is "covered". EventBridge's own event names the rule in `resources`."""
    event = sweep_event("us-west-2")
    assert not may_rest(event)
    assert may_rest({**event, "resources": ["arn:aws:events:us-west-2:111122223333:rule/sweep"]})


def test_the_price_of_a_large_bucket_s_listings_has_the_interval_of_ingest() -> None:
    assert (LARGE_BUCKET_PAGES, timedelta(minutes=LARGE_BUCKET_MINUTES)) == (LARGE_PAGES, READING_INTERVAL)
