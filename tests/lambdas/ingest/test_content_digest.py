from ingest.content_digest import read_content
from shared.aws_calls import Budget
from tests.lambdas.ingest.helpers import StubbedClients


def described(*objects: tuple[str, str], max_pages: int = 100) -> str | None:
    stubbed = StubbedClients()
    stubbed.has_objects(*objects)
    return read_content(stubbed.starter.s3, "b", budget=Budget.of(30), max_pages=max_pages).description


def test_any_change_of_the_content_changes_its_description() -> None:
    kinds = [(), (("a", "1"),), (("a", "2"),), (("b", "1"),), (("a", "1"), ("b", "1")), (("a1", ""),)]
    descriptions = [described(*objects) for objects in kinds]
    assert len(set(descriptions)) == len(kinds)
    assert descriptions[1] == described(("a", "1"))


def test_a_description_has_72_characters_of_the_200_that_a_job_accepts() -> None:
    assert len(described(("a", "1")) or "") == 72


def test_all_pages_of_a_bucket_are_read() -> None:
    stubbed = StubbedClients()
    stubbed.has_more_objects()
    last = {"Contents": [{"Key": "b", "ETag": "1"}], "IsTruncated": False}
    stubbed.s3.add_response("list_objects_v2", last, {"Bucket": "b", "ContinuationToken": "t"})
    assert read_content(stubbed.starter.s3, "b", budget=Budget.of(30)).description == described(("a", "1"), ("b", "1"))


def test_a_bucket_with_too_many_pages_has_no_description() -> None:
    assert described(("a", "1"), max_pages=0) is None


def test_a_listing_ends_at_its_deadline() -> None:
    stubbed, clock = StubbedClients(), iter((29.0, 30.0))
    stubbed.has_more_objects()
    more = {"Contents": [{"Key": "b", "ETag": "1"}], "IsTruncated": True, "NextContinuationToken": "u"}
    stubbed.s3.add_response("list_objects_v2", more, {"Bucket": "b", "ContinuationToken": "t"})
    budget = Budget(deadline=30, clock=lambda: next(clock))
    assert read_content(stubbed.starter.s3, "b", budget=budget).description is None
    stubbed.done()


ID = "11111111-2222-3333-4444-555555555555"


def test_a_document_with_a_tombstone_is_found_and_is_not_part_of_the_description() -> None:
    stubbed = StubbedClients()
    key = f"uploads/{ID}/a.txt"
    stubbed.has_objects((f"deleted/{ID}", "0"), (key, "1"), ("uploads/other/b.txt", "2"))
    content = read_content(stubbed.starter.s3, "b", budget=Budget.of(30))
    assert content.undeleted == (key,)
    assert content.description == described(("uploads/other/b.txt", "2"))


def test_a_tombstone_alone_does_not_change_the_description() -> None:
    """Otherwise each tombstone would start one more job, also when it expires."""
    assert described((f"deleted/{ID}", "0"), ("uploads/b.txt", "2")) == described(("uploads/b.txt", "2"))
