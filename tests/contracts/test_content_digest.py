"""`ingest` and the operator's tool describe a bucket's content with the same text. Neither imports the other."""

from collections.abc import Mapping

from hypothesis import example, given
from hypothesis import strategies as st

from ingest.content_digest import describe_content
from shared.aws_calls import Budget
from standby.operations.facts.documents import list_documents
from tests.contracts.helpers import REGION, s3_client

# A key may have any Unicode character, but no lone surrogate.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
ETAGS = TEXTS | st.text("0123456789abcdef", min_size=32, max_size=32).map('"{}"'.format)


@given(st.dictionaries(TEXTS, ETAGS, max_size=12), st.integers(1, 5))
@example({}, 1)
@example({"uploads/1/\u6771\u4eac.pdf": '"d41d8cd98f00b204e9800998ecf8427e"', "e\u0301": '"x-2"', "a\0b": "\0"}, 2)
def test_one_listing_has_the_same_description_in_ingest_and_in_the_operator_s_tool(
    bucket: Mapping[str, str], page_size: int
) -> None:
    client = s3_client(bucket, page_size=page_size)
    described_by_ingest = describe_content(client, REGION.documents_bucket, budget=Budget.of(60))
    assert described_by_ingest == list_documents(client, REGION).description
