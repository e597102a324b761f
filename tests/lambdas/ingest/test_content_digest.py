from ingest.content_digest import add_digests, describe, object_digest


def described(*objects: tuple[str, str]) -> str:
    return describe(add_digests(*(object_digest(key, etag) for key, etag in objects)))


def test_any_change_of_the_content_changes_its_description() -> None:
    kinds = [(), (("a", "1"),), (("a", "2"),), (("b", "1"),), (("a", "1"), ("b", "1")), (("a1", ""),)]
    descriptions = [described(*objects) for objects in kinds]
    assert len(set(descriptions)) == len(kinds)
    assert descriptions[1] == described(("a", "1"))


def test_a_description_has_72_characters_of_the_200_that_a_job_accepts() -> None:
    assert {len(described()), len(described(("a", "1"))), len(describe((1 << 256) - 1))} == {72}


def test_the_digests_of_parts_add_up_to_that_of_the_whole_in_any_order() -> None:
    one, two, three = (object_digest(key, "e") for key in "abc")
    assert add_digests(add_digests(three, one), two) == add_digests(one, two, three)
    assert add_digests((1 << 256) - 1, 1) == 0
