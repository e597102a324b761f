"""The event by which the operator's tool requests a sweep is one that `ingest` recognizes."""

from ingest.events import is_sweep
from standby.deployment.sweep import sweep_event


def test_ingest_recognizes_the_sweep_event_of_the_operator_s_tool() -> None:
    assert is_sweep(sweep_event("us-west-2"))


def test_ingest_does_not_treat_an_sqs_batch_or_another_event_as_a_sweep() -> None:
    assert not is_sweep({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": "{}"}]})
    assert not is_sweep({**sweep_event("us-west-2"), "source": "aws.s3"})
