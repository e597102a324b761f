"""Simulated users send requests as the page does, and use the config.json that the page would use."""

import pytest

from standby.drill.load.users import PageConfig, Users, newer_config
from standby.drill.measure.records import Result
from tests.standby.drill.load.helpers import SITE_URL, Site

OLD = PageConfig(api_url="https://west.example/prod/", generation=1)
NEW = PageConfig(api_url="https://east.example/prod/", generation=2)
EDITED = PageConfig(api_url="https://edited.example/")


def test_a_question_reads_config_json_first_and_asks_the_api_that_it_names(site: Site) -> None:
    users = Users(client=site, site_url=SITE_URL, canary_key="canary")
    first = users.ask()
    site.config = {"apiUrl": "https://east.example/prod/", "generation": 2}
    second = users.ask()
    assert [(a.result, a.region, a.generation) for a in (first, second)] == [
        (Result.OK, "us-west-2", 1),
        (Result.OK, "us-east-1", 2),
    ]
    assert site.sent[0] == f"GET {SITE_URL}/config.json"


def test_only_a_new_visitor_uses_an_old_config_json(site: Site) -> None:
    users = Users(client=site, site_url=SITE_URL, canary_key="canary")
    site.config = {"apiUrl": "https://east.example/prod/", "generation": 2}
    assert users.ask().region == "us-east-1"
    site.config = {"apiUrl": "https://west.example/prod/", "generation": 1}
    assert [users.ask().region, users.ask(new_visitor=True).region, users.ask().region] == [
        "us-east-1",
        "us-west-2",
        "us-east-1",
    ]


def test_an_answer_that_does_not_cite_the_canary_is_not_a_good_answer(site: Site) -> None:
    assert Users(client=site, site_url=SITE_URL, canary_key="another").ask().result is Result.ERROR


def test_an_upload_goes_to_s3(site: Site) -> None:
    answer = Users(client=site, site_url=SITE_URL).upload()
    assert (answer.result, answer.key) == (Result.OK, "uploads/1")
    assert site.sent[-1] == "POST https://bucket.example/"


@pytest.mark.parametrize(
    "known, read, expected",
    [
        (None, OLD, OLD),
        (OLD, NEW, NEW),
        (NEW, OLD, NEW),
        (NEW, None, NEW),
        (None, None, None),
        (NEW, EDITED, EDITED),
    ],
    ids=["first", "newer", "older", "unreadable", "none", "manually edited"],
)
def test_a_page_uses_the_highest_generation(
    known: PageConfig | None, read: PageConfig | None, expected: PageConfig
) -> None:
    assert newer_config(known, read) == expected


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"apiUrl": 3}', b'{"apiUrl": "https://a/", "generation": "x"}'])
def test_a_config_json_that_is_not_valid_is_none(text: bytes) -> None:
    assert PageConfig.read(text) is None
