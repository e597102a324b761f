"""A user signs in at the issuer, asks and uploads, and keeps what was typed and chosen before."""

import json
from urllib.parse import urlsplit

from standby.rehearsal.identity.access import ISSUER
from standby.rehearsal.network.network import Client
from standby.rehearsal.rehearsal import Rehearsal
from tests.browser.access.conftest import ChangeProvider
from tests.browser.access.helpers import (
    ENDED,
    SIGN_IN_AT_FIRST,
    begin_sign_in,
    enter_password,
    sign_in,
    sign_ins,
    sign_out_button,
    wait_until_signed_in,
)
from tests.browser.conftest import Visit
from tests.browser.helpers import Visitor, text_file

QUESTION = "What about annual leave?"


def test_a_user_signs_in_asks_and_uploads(visit: Visit) -> None:
    visitor = visit()
    visitor.wait_for_status(SIGN_IN_AT_FIRST)
    sign_in(visitor, "alice")
    assert visitor.status_line == ""
    assert visitor.page.url == f"{visitor.url}/"
    assert visitor.ask(QUESTION).text
    visitor.upload(text_file("signed-in.txt", b"Who is signed in may upload."))
    visitor.wait_for_state("signed-in.txt", "Ready")


def test_every_request_to_an_api_but_health_carries_the_token(alice: Visitor, rehearsal: Rehearsal) -> None:
    alice.ask(QUESTION)
    hosts = {urlsplit(region.api_url).hostname for region in rehearsal.deployment.regions.values()}
    sent = [one for _, one in alice.requests if urlsplit(one.url).hostname in hosts and one.method != "OPTIONS"]
    with_token = {urlsplit(one.url).path for one in sent if one.headers.get("authorization", "").startswith("Bearer ")}
    assert {urlsplit(one.url).path for one in sent} - with_token <= {"/prod/health"}
    assert "/prod/docs" in with_token


def test_the_browser_keeps_no_token_but_the_refresh_token_of_the_tab(alice: Visitor) -> None:
    stored = alice.page.evaluate("() => [{...localStorage}, {...sessionStorage}, document.cookie]")
    alice.ask(QUESTION)
    access = alice.requests_to("/docs")[0].headers["authorization"].removeprefix("Bearer ")
    assert access not in json.dumps(stored)
    assert "ask.refresh" in stored[1]
    assert stored[1]["ask.refresh"] not in json.dumps([stored[0], stored[2]])


def test_a_reload_stays_signed_in_without_the_provider_s_page(alice: Visitor) -> None:
    alice.page.reload()
    wait_until_signed_in(alice)
    assert alice.ask(QUESTION).text
    assert sign_ins(alice) == 1


def test_the_typed_question_and_the_chosen_files_survive_the_sign_in(visit: Visit) -> None:
    visitor = visit()
    visitor.wait_for_status(SIGN_IN_AT_FIRST)
    visitor.upload(text_file("before-sign-in.txt", b"A file that was chosen before anybody was signed in."))
    visitor.wait_for_state("before-sign-in.txt", "Interrupted")
    visitor.page.locator("#question").fill("A question that is half")
    sign_in(visitor, "alice")
    assert visitor.page.locator("#question").input_value() == "A question that is half"
    visitor.wait_for_state("before-sign-in.txt", "Ready")


def test_a_question_before_the_sign_in_goes_back_into_the_box(visit: Visit) -> None:
    visitor = visit()
    visitor.wait_for_status(SIGN_IN_AT_FIRST)
    visitor.page.locator("#question").fill(QUESTION)
    visitor.page.locator("#question").press("Enter")
    visitor.page.locator("#announcer").filter(has_text=SIGN_IN_AT_FIRST).wait_for(state="attached")
    assert visitor.page.locator("#question").input_value() == QUESTION
    assert visitor.page.locator("article").count() == 0
    assert visitor.requests_to("/docs") == []


def test_a_token_is_renewed_before_it_expires(visit: Visit, provider: ChangeProvider) -> None:
    provider(accessTokenSeconds=3)
    visitor = sign_in(visit(), "alice")
    asked = len(visitor.requests_to("/token"))
    visitor.wait_until(lambda: len(visitor.requests_to("/token")) > asked + 1, what="two renewals by themselves")
    assert visitor.status_line == ""
    assert visitor.ask(QUESTION).text
    assert sign_ins(visitor) == 1


def test_a_sign_in_that_has_ended_asks_for_a_new_one_and_keeps_the_work(visit: Visit, provider: ChangeProvider) -> None:
    provider(accessTokenSeconds=1)
    visitor = sign_in(visit(), "alice")
    provider(forget=True)
    visitor.page.locator("#question").fill(QUESTION)
    visitor.wait_for_status(ENDED)
    visitor.upload(text_file("after-the-end.txt", b"A file that was chosen after the sign-in had ended."))
    visitor.wait_for_state("after-the-end.txt", "Interrupted")
    provider(accessTokenSeconds=300)
    assert visitor.page.locator("#line button").inner_text() == "Sign in again"
    begin_sign_in(visitor)
    enter_password(visitor, "alice")
    assert visitor.page.locator("#question").input_value() == QUESTION
    visitor.wait_for_state("after-the-end.txt", "Ready")


def test_signing_out_ends_the_sign_in_here_in_other_tabs_and_at_the_provider(alice: Visitor, visit: Visit) -> None:
    alice.ask(QUESTION)
    other = visit(same_browser_as=alice)
    other.page.locator("#line button").click()  # the provider knows the user: it asks for no password
    wait_until_signed_in(other)
    sign_out_button(alice).click()
    alice.page.wait_for_url(f"{ISSUER}/**")
    alice.page.get_by_role("button", name="Sign out").click()
    alice.page.wait_for_url(f"{alice.url}/**")
    alice.wait_for_status(SIGN_IN_AT_FIRST)
    other.wait_for_status(SIGN_IN_AT_FIRST)
    assert alice.page.locator("article").count() == 0
    assert "ask.refresh" not in alice.page.evaluate("() => ({...sessionStorage})")
    begin_sign_in(alice)
    assert alice.page.get_by_label("Password").is_visible()


def test_another_user_of_the_browser_does_not_see_the_conversation(alice: Visitor, provider: ChangeProvider) -> None:
    alice.ask(QUESTION)
    alice.page.evaluate("() => sessionStorage.removeItem('ask.refresh')")
    provider(forget=True)
    alice.page.reload()
    sign_in(alice, "carol")
    assert alice.page.locator("article").count() == 0


def test_an_answer_of_the_issuer_that_this_tab_did_not_ask_for_is_ignored(visit: Visit) -> None:
    visitor = visit(opened=False)
    visitor.page.goto(f"{visitor.url}/?code=stolen&state=foreign")
    visitor.wait_for_status(SIGN_IN_AT_FIRST)
    assert visitor.page.url == f"{visitor.url}/"
    assert visitor.requests_to("/token") == []


def test_only_the_issuer_is_added_to_what_the_page_may_call(rehearsal: Rehearsal) -> None:
    answer = Client(rehearsal.network).request("GET", rehearsal.deployment.site.url + "/")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    aws = [source for source in policy["connect-src"].split() if not source.endswith(".amazonaws.com")]
    assert sorted(aws) == ["'self'", ISSUER]
    assert policy["script-src"] == "'self'"
