"""`ingest` and the operator's tool describe a bucket's content with the same text. Neither imports the other."""

from collections.abc import Mapping

from hypothesis import example, given
from hypothesis import strategies as st

from ingest.bucket_reader import Reading, read_more
from shared import documents
from shared.aws_calls import Budget
from standby.operations.facts import documents as facts
from standby.operations.facts.documents import list_documents
from tests.contracts.helpers import REGION, s3_client
from tests.lambdas.helpers import NOON
from tests.lambdas.ingest.helpers import FakeBucket
from warm_standby.documents import prefixes

IDS = st.sampled_from([f"{number}1111111-2222-5333-8444-555555555555" for number in range(3)])
# A key may have any Unicode character, but no lone surrogate.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
KEYS = TEXTS | IDS.map("deleted/{}".format) | IDS.map("uploads/{}/a.txt".format) | TEXTS.map("deleted/{}".format)
ETAGS = TEXTS | st.text("0123456789abcdef", min_size=32, max_size=32).map('"{}"'.format)


@given(st.dictionaries(KEYS, ETAGS, max_size=12), st.integers(1, 5))
@example({}, 1)
@example({"uploads/1/\u6771\u4eac.pdf": '"d41d8cd98f00b204e9800998ecf8427e"', "e\u0301": '"x-2"', "a\0b": "\0"}, 2)
def test_one_listing_has_the_same_description_in_ingest_and_in_the_operator_s_tool(
    bucket: Mapping[str, str], page_size: int
) -> None:
    pages = FakeBucket(bucket, page_size=page_size).pages
    described_by_ingest = read_more(pages, Reading(started=NOON), budget=Budget.of(60)).reading.description
    assert described_by_ingest == list_documents(s3_client(bucket, page_size=page_size), REGION).description


@given(KEYS)
def test_both_know_the_same_ids_and_prefixes(key: str) -> None:
    assert documents.document_id(key) == facts.document_id(key)
    listing = facts.Listing(documents={}, tombstones={key: facts.Document(key=key, etag="", size=0, modified=NOON)})
    assert set(listing.deleted_at) == {found for found in (documents.deleted_id(key),) if found}
    stack = (prefixes.DOCUMENTS_PREFIX, prefixes.TOMBSTONES_PREFIX)
    assert stack == (documents.DOCUMENTS_PREFIX, documents.TOMBSTONES_PREFIX)
    assert stack == (facts.DOCUMENTS_PREFIX, facts.TOMBSTONES_PREFIX)
