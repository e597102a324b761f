import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.events import Message, read_batch
from tests.lambdas.helpers import NOON, s3_notification, sqs_record

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
GOOD = Message(message_id="good", happened_by=NOON, receipt_handle="r", created=("uploads/1/a.txt",))
RECORD = st.fixed_dictionaries({"eventTime": JSON, "s3": st.fixed_dictionaries({"bucket": JSON})})
BODIES = st.one_of(
    st.text(max_size=40),
    JSON.map(json.dumps),
    st.fixed_dictionaries({"Records": JSON | st.lists(JSON | RECORD, max_size=3)}).map(json.dumps),
)


@given(BODIES, st.none() | st.text(max_size=12) | st.integers())
def test_a_message_with_any_content_never_fails_another_message(body: str, sent: object) -> None:
    odd = {"messageId": "odd", "receiptHandle": "r", "body": body, "attributes": {"SentTimestamp": sent}}
    batch = read_batch([odd, sqs_record(s3_notification(bucket="b"), message_id="good")], bucket="b")
    assert batch.malformed == ("odd",)
    assert batch.messages == (GOOD,)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=5))
def test_a_message_has_the_time_of_its_newest_event(seconds: list[int]) -> None:
    records = [s3_notification(bucket="b", at=NOON + timedelta(seconds=s))["Records"][0] for s in seconds]
    batch = read_batch([sqs_record({"Records": records})], bucket="b")
    assert batch.messages[0].happened_by == NOON + timedelta(seconds=max(seconds))


@pytest.mark.parametrize("sent_after,expected", [(30, 30), (-30, 0)])
def test_a_message_sent_after_its_event_has_the_time_at_which_it_was_sent(sent_after: int, expected: int) -> None:
    record = sqs_record(s3_notification(bucket="b"), sent=NOON + timedelta(seconds=sent_after))
    assert read_batch([record], bucket="b").messages[0].happened_by == NOON + timedelta(seconds=expected)


def test_a_message_knows_how_many_times_it_was_received() -> None:
    batch = read_batch([sqs_record(s3_notification(bucket="b"), receives=3)], bucket="b")
    assert batch.messages[0].receives == 3


def test_the_test_message_of_s3_needs_no_job() -> None:
    body = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}
    assert read_batch([sqs_record(body)], bucket="b").messages == (
        Message(message_id="m1", happened_by=None, receipt_handle="r"),
    )


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"Records": []}',
        '{"Records": null}',
        '{"Records": [{}]}',
        "[" * 100_000,
        json.dumps(s3_notification(bucket="another")),
        json.dumps({"Records": [{"s3": {"bucket": {"name": "b"}}, "eventTime": "yesterday"}]}),
        json.dumps({"Records": [{"s3": {"bucket": {"name": "b"}}, "eventTime": "2026-11-24T12:00:00"}]}),
    ],
)
def test_an_unreadable_message_is_malformed(body: str) -> None:
    batch = read_batch([sqs_record(body)], bucket="b")
    assert batch.malformed == ("m1",)
    assert batch.messages == ()


@pytest.mark.parametrize("sent", ["soon", "1e3", "9" * 400, "9" * 20, "9" * 5000, None, [], {}])
def test_a_message_with_an_invalid_sending_time_is_malformed(sent: object) -> None:
    record = {**sqs_record(s3_notification(bucket="b")), "attributes": {"SentTimestamp": sent}}
    batch = read_batch([record], bucket="b")
    good = Message(message_id="m1", happened_by=NOON, receipt_handle="r", created=("uploads/1/a.txt",))
    expected = ((good,), ()) if sent is None else ((), ("m1",))
    assert (batch.messages, batch.malformed) == expected


def test_the_keys_of_created_objects_are_read_as_s3_encodes_them() -> None:
    body = s3_notification(bucket="b", key="uploads/1/a+b%C3%BC%2B.txt")
    assert read_batch([sqs_record(body)], bucket="b").messages[0].created == ("uploads/1/a b\u00fc+.txt",)


def test_a_removed_object_is_no_created_one() -> None:
    body = s3_notification(bucket="b")
    body["Records"][0]["eventName"] = "ObjectRemoved:DeleteMarkerCreated"
    assert read_batch([sqs_record(body)], bucket="b").messages[0].created == ()
