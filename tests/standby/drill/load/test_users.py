"""Simulated users send requests as the page does, and use the config.json that the page would use."""

import pytest

from standby.drill.load.users import Users
from standby.drill.measure.records import Result
from tests.standby.drill.load.helpers import SITE_URL, Site

WEST = {"apiUrl": "https://west.example/prod/"}
EAST = {"apiUrl": "https://east.example/prod/"}


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


def test_an_upload_that_another_server_answers_is_not_stored(site: Site) -> None:
    site.form_status = 200
    answer = Users(client=site, site_url=SITE_URL).upload()
    assert (answer.result, answer.key, answer.word) == (Result.ERROR, "", "")


def test_a_user_waits_for_a_whole_answer_and_no_longer(site: Site) -> None:
    site.hanging = {"docs"}
    answer = Users(client=site, site_url=SITE_URL).ask(timeout=0.05)
    site.release.set()
    assert answer.result is Result.NO_ANSWER


@pytest.mark.parametrize(
    "known,read,region",
    [
        ({**WEST, "generation": 1}, {**EAST, "generation": 2}, "us-east-1"),
        ({**WEST, "generation": 2}, {**EAST, "generation": 1}, "us-west-2"),
        ({**WEST, "generation": 2}, {**EAST, "generation": 2}, "us-east-1"),
        ({**WEST, "generation": 2}, EAST, "us-east-1"),
        ({**WEST, "generation": 2}, {**EAST, "generation": "9"}, "us-east-1"),
        ({**WEST, "generation": 2}, {"apiUrl": 3}, "us-west-2"),
        ({**WEST, "generation": 2}, {"generation": 9}, "us-west-2"),
        ({**WEST, "generation": 2}, {}, "us-west-2"),
    ],
    ids=["newer", "older", "equal", "manual edit", "generation as text", "API as number", "no API", "empty"],
)
def test_a_user_calls_the_api_that_a_page_would_call(
    site: Site, known: dict[str, object], read: dict[str, object], region: str
) -> None:
    users = Users(client=site, site_url=SITE_URL, canary_key="canary")
    site.config = known
    users.ask()
    site.config = read
    assert users.ask().region == region


@pytest.mark.parametrize("config", [{}, {"apiUrl": 3}, {"apiUrl": "http://a/"}])
def test_a_user_who_has_read_no_valid_config_json_sends_no_question(site: Site, config: dict[str, object]) -> None:
    site.config = config
    answer = Users(client=site, site_url=SITE_URL).ask()
    assert (answer.result, answer.detail) == (Result.ERROR, "no config.json could be read")
    assert site.sent == [f"GET {SITE_URL}/config.json"]
