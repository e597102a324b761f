from ingest.content_digest import describe_content
from shared.aws_calls import Budget
from tests.lambdas.ingest.helpers import StubbedClients


def described(*objects: tuple[str, str], max_pages: int = 100) -> str | None:
    stubbed = StubbedClients()
    stubbed.has_objects(*objects)
    return describe_content(stubbed.starter.s3, "b", budget=Budget.of(30), max_pages=max_pages)


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
    assert describe_content(stubbed.starter.s3, "b", budget=Budget.of(30)) == described(("a", "1"), ("b", "1"))


def test_a_bucket_with_too_many_pages_has_no_description() -> None:
    assert described(("a", "1"), max_pages=0) is None


def test_a_listing_ends_at_its_deadline() -> None:
    stubbed, clock = StubbedClients(), iter((29.0, 30.0))
    stubbed.has_more_objects()
    more = {"Contents": [{"Key": "b", "ETag": "1"}], "IsTruncated": True, "NextContinuationToken": "u"}
    stubbed.s3.add_response("list_objects_v2", more, {"Bucket": "b", "ContinuationToken": "t"})
    budget = Budget(deadline=30, clock=lambda: next(clock))
    assert describe_content(stubbed.starter.s3, "b", budget=budget) is None
    stubbed.done()
