"""The documents function against the emulator: list, delete, and link to the content."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from documents.document_list import PAGE_SIZE
from tests.lambdas.documents.helpers import IDS, Region
from tests.lambdas.helpers import ColdStart, EmulatedRegion, Variables, body_of, error_of


@pytest.fixture
def region(emulated: EmulatedRegion, cold_start: ColdStart, variables: Variables) -> Region:
    return Region(emulated=emulated, handler=cold_start("documents", variables(emulated)))


@pytest.fixture
def signed_in(emulated: EmulatedRegion, cold_start: ColdStart, variables: Variables) -> Region:
    access = {"ACCESS_MODE": "oidc", "DELETE_CLAIMS": json.dumps({"groups": ["admins"]})}
    return Region(emulated=emulated, handler=cold_start("documents", variables(emulated) | access))


def listed(region: Region) -> list[str]:
    return [one["name"] for one in body_of(region.call())["documents"]]


def test_the_documents_are_listed_with_name_size_time_and_state(region: Region) -> None:
    region.put(f"uploads/{IDS[0]}/Überblick 1.txt", b"12345")
    body = body_of(region.call())
    (document,) = body["documents"]
    assert (body["region"], "next" in body) == ("us-west-2", False)
    assert document.pop("uploadedAt").endswith("Z")
    assert document == {"id": IDS[0], "name": "Überblick 1.txt", "size": 5, "state": "processing"}


def test_only_documents_are_listed(region: Region) -> None:
    for key in ("uploads/hr/plan.txt", "uploads/hr/plan.txt.metadata.json", "uploads/hr/", "other.txt"):
        region.put(key)
    assert listed(region) == ["plan.txt"]


def test_a_document_whose_deletion_arrived_first_is_not_listed(region: Region) -> None:
    for number in (0, 1, 2):
        region.put(f"uploads/{IDS[number]}/{number}.txt")
    region.put(f"deleted/{IDS[1]}", b"")
    assert listed(region) == ["0.txt", "2.txt"]


def test_all_pages_together_have_each_document_once(region: Region) -> None:
    names = [f"{number:03}.txt" for number in range(PAGE_SIZE + 3)]
    for name in names:
        region.put(f"uploads/many/{name}")
    first = body_of(region.call())
    second = body_of(region.call(after=first["next"]))
    assert [one["name"] for one in (*first["documents"], *second["documents"])] == names
    assert "next" not in second


@pytest.mark.parametrize("token", ["!", "=", "\u00fc", "_"])
def test_a_token_that_is_none_is_refused(region: Region, token: str) -> None:
    assert error_of(region.call(after=token)) == (400, "invalid_request")


def test_a_deletion_writes_a_tombstone_without_the_name_and_deletes_the_document(region: Region) -> None:
    region.put(f"uploads/{IDS[0]}/secret name.txt")
    kept = region.put(f"uploads/{IDS[1]}/kept.txt")
    response = region.call("DELETE", IDS[0])
    assert response["statusCode"] == 202
    assert body_of(response) == {"id": IDS[0], "region": "us-west-2"}
    assert region.keys() == [f"deleted/{IDS[0]}", kept]


def test_a_repeated_deletion_is_accepted_and_changes_nothing(region: Region) -> None:
    region.put(f"uploads/{IDS[0]}/a.txt")
    assert [region.call("DELETE", IDS[0])["statusCode"] for _ in range(2)] == [202, 202]
    versions = region.s3.list_object_versions(Bucket=region.emulated.bucket)
    assert [found["Key"] for found in versions["DeleteMarkers"]] == [f"uploads/{IDS[0]}/a.txt"]
    assert [found["Key"] for found in versions["Versions"]].count(f"deleted/{IDS[0]}") == 1


def test_a_repeated_deletion_deletes_a_copy_that_came_back(region: Region) -> None:
    region.put(f"deleted/{IDS[0]}", b"")
    region.put(f"uploads/{IDS[0]}/a.txt")
    assert region.call("DELETE", IDS[0])["statusCode"] == 202
    assert region.keys() == [f"deleted/{IDS[0]}"]


@pytest.mark.parametrize("identifier", [IDS[5], "nothing", "key-", "key-!", "../x", IDS[0].upper()])
def test_an_unknown_document_is_404(region: Region, identifier: str) -> None:
    for method, content in (("DELETE", False), ("GET", True)):
        assert error_of(region.call(method, identifier, content=content)) == (404, "unknown_document")
    assert region.keys() == []


def test_an_object_that_an_operator_put_there_is_opened_and_not_deleted(region: Region) -> None:
    key = region.put("uploads/hr/plan ä.txt")
    (document,) = body_of(region.call())["documents"]
    assert error_of(region.call("DELETE", document["id"])) == (409, "not_deletable")
    assert region.keys() == [key]
    assert body_of(region.call(identifier=document["id"], content=True))["url"].startswith("https://documents-test.s3.")


@pytest.mark.parametrize(
    "name,disposition,content_type",
    [
        ("a ü.txt", "inline; filename*=UTF-8''a%20%C3%BC.txt", "text/plain; charset=utf-8"),
        ("a.pdf", "inline; filename*=UTF-8''a.pdf", "application/pdf"),
        ("a.html", "attachment; filename*=UTF-8''a.html", "application/octet-stream"),
    ],
)
def test_a_link_shows_what_runs_nothing_and_saves_everything_else(
    region: Region, name: str, disposition: str, content_type: str
) -> None:
    region.put(f"uploads/{IDS[0]}/{name}")
    body = body_of(region.call(identifier=IDS[0], content=True))
    url = urlsplit(body["url"])
    sent = parse_qs(url.query)
    assert url.hostname == "documents-test.s3.us-west-2.amazonaws.com"
    assert (sent["X-Amz-Expires"], body["expiresIn"]) == (["60"], 60)
    assert sent["response-content-disposition"] == [disposition]
    assert sent["response-content-type"] == [content_type]


def test_a_deleted_document_has_no_link_even_if_a_copy_came_back(region: Region) -> None:
    region.put(f"deleted/{IDS[0]}", b"")
    region.put(f"uploads/{IDS[0]}/a.txt")
    assert error_of(region.call(identifier=IDS[0], content=True)) == (404, "unknown_document")


@pytest.mark.parametrize(
    "caller,expected",
    [
        ({"sub": "ann", "groups": ["staff"]}, 202),
        ({"sub": "bob", "groups": ["staff"]}, 403),
        ({"sub": "bob", "groups": ["staff", "admins"]}, 202),
        ({"sub": "bob", "groups": "admins"}, 202),
        ({"sub": "bob", "groups": [["admins"], 1, None]}, 403),
        ({"sub": "bob"}, 403),
        ({"sub": ""}, 403),
        (None, 403),
    ],
)
def test_the_uploader_and_holders_of_a_claim_may_delete(
    signed_in: Region, caller: dict[str, object] | None, expected: int
) -> None:
    key = signed_in.put(f"uploads/{IDS[0]}/a.txt", uploader="ann")
    response = signed_in.call("DELETE", IDS[0], caller=caller)
    assert response["statusCode"] == expected
    assert signed_in.keys() == ([f"deleted/{IDS[0]}"] if expected == 202 else [key])


def test_a_document_without_an_uploader_is_deleted_by_holders_of_a_claim_only(signed_in: Region) -> None:
    signed_in.put(f"uploads/{IDS[0]}/a.txt")
    assert error_of(signed_in.call("DELETE", IDS[0], caller={"sub": "ann"})) == (403, "not_allowed")


def test_no_name_is_logged(signed_in: Region, capsys: pytest.CaptureFixture[str]) -> None:
    signed_in.put(f"uploads/{IDS[0]}/secret.txt", uploader="ann")
    signed_in.call()
    signed_in.call(identifier=IDS[0], content=True)
    signed_in.call("DELETE", IDS[0], caller={"sub": "ann"})
    logged = capsys.readouterr().out
    assert IDS[0] in logged
    assert "secret" not in logged
