"""Signed-in users ask on while a region or the identity provider is lost, and are told what they can do otherwise."""

from urllib.parse import urlsplit

import pytest

from standby.deadline import poll
from standby.rehearsal.checks.api import ApiError
from standby.rehearsal.checks.sign_in import SignInError
from standby.rehearsal.identity.access import ISSUER
from standby.rehearsal.rehearsal import Rehearsal
from tests.browser.access.conftest import ChangeProvider
from tests.browser.access.helpers import (
    MAY_NOT_ASK,
    NOBODY_CAN_SIGN_IN,
    NOT_ACCEPTED,
    SIGN_IN_AT_FIRST,
    begin_sign_in,
    enter_password,
    sign_in,
    sign_ins,
    wait_until_signed_in,
)
from tests.browser.conftest import Visit
from tests.browser.helpers import Visitor, text_file

QUESTION = "What about annual leave?"
ROTATION_SECONDS = 90.0
"""An authorizer asks the issuer for new keys at most once a minute."""


def test_no_question_fails_and_nobody_signs_in_again_when_a_region_is_lost(
    alice: Visitor, rehearsal: Rehearsal
) -> None:
    primary, failover = (rehearsal.deployment.regions[role].region for role in ("primary", "failover"))
    assert alice.ask(QUESTION).region == primary
    rehearsal.faults.set("region-down", "primary")
    answers = [alice.ask(QUESTION) for _ in range(3)]
    assert [answer.region for answer in answers] == [failover] * 3
    alice.upload(text_file("region-lost.txt", b"Uploaded by a signed-in user while a region was lost."))
    alice.wait_for_state("region-lost.txt", "Ready")
    assert sign_ins(alice) == 1


def test_while_the_provider_is_down_signed_in_users_ask_on_and_new_ones_are_told_why(
    alice: Visitor, visit: Visit, rehearsal: Rehearsal
) -> None:
    rehearsal.faults.set("identity-provider-down", None)
    assert alice.ask(QUESTION).text
    assert alice.status_line == ""
    other = visit()
    other.page.locator("#question").fill(QUESTION)
    other.page.locator("#line button").click()
    other.wait_for_status(NOBODY_CAN_SIGN_IN)
    assert other.page.url == f"{other.url}/"
    assert other.page.locator("#question").input_value() == QUESTION
    rehearsal.faults.heal()
    assert other.page.locator("#line button").inner_text() == "Try again"
    begin_sign_in(other)
    enter_password(other, "carol")
    assert other.ask(QUESTION).text


def test_while_the_provider_and_a_region_are_down_signed_in_users_ask_on(alice: Visitor, rehearsal: Rehearsal) -> None:
    assert alice.ask(QUESTION).text
    rehearsal.faults.set("identity-provider-down", None)
    rehearsal.faults.set("region-down", "primary")
    assert alice.ask(QUESTION).region == rehearsal.deployment.regions["failover"].region


def test_a_token_that_expires_while_the_provider_is_down_is_renewed_when_it_returns(
    visit: Visit, rehearsal: Rehearsal, provider: ChangeProvider
) -> None:
    provider(accessTokenSeconds=2)
    visitor = sign_in(visit(clock=True), "alice")
    rehearsal.faults.set("identity-provider-down", None)
    visitor.page.clock.run_for(3_000)
    visitor.submit(QUESTION)
    visitor.wait_for_status(NOBODY_CAN_SIGN_IN)
    visitor.page.locator("#announcer").filter(has_text=NOBODY_CAN_SIGN_IN).wait_for(state="attached")
    assert visitor.page.locator("#question").input_value() == QUESTION
    rehearsal.faults.heal()
    provider(accessTokenSeconds=300)
    visitor.page.locator("#line button").click()
    wait_until_signed_in(visitor)
    assert visitor.ask(QUESTION).text
    assert sign_ins(visitor) == 1


def test_a_token_that_the_api_finds_expired_is_renewed_once_and_the_question_is_answered(
    visit: Visit, provider: ChangeProvider
) -> None:
    """The clock of the page stands still, as that of a sleeping laptop does: the page takes the token for valid."""
    provider(accessTokenSeconds=60)
    visitor = visit(clock=True)
    sign_in(visitor, "alice")
    refused = {"error": {"code": "unauthorized", "message": "A valid access token is needed."}}
    headers = {"Access-Control-Allow-Origin": visitor.url}
    visitor.page.route("**/prod/docs", lambda route: route.fulfill(status=401, json=refused, headers=headers), times=1)
    asked = len(visitor.requests_to("/token"))
    assert visitor.ask(QUESTION).text
    assert len(visitor.requests_to("/token")) == asked + 1


def test_a_token_for_another_audience_is_refused_in_both_regions_and_the_page_says_so(
    visit: Visit, rehearsal: Rehearsal, provider: ChangeProvider
) -> None:
    provider(audience="https://another-api.test")
    visitor = sign_in(visit(), "alice")
    visitor.submit(QUESTION)
    visitor.wait_for_status(NOT_ACCEPTED)
    box = visitor.page.locator("#question")
    visitor.wait_until(lambda: box.input_value() == QUESTION, what="the question is in its box again")
    for role in rehearsal.deployment.regions:
        with pytest.raises(ApiError) as refused:
            rehearsal.api(role).post("docs", {"question": QUESTION})
        assert refused.value.status == 401


def test_a_user_without_the_required_claim_is_told_so(visit: Visit) -> None:
    visitor = sign_in(visit(), "bob")
    article = visitor.submit(QUESTION)
    article.locator(".error").filter(has_text=MAY_NOT_ASK).wait_for()
    visitor.upload(text_file("not-allowed.txt", b"A file of a user who may not upload."))
    visitor.wait_for_state("not-allowed.txt", "Interrupted")
    assert MAY_NOT_ASK in visitor.document("not-allowed.txt").inner_text()


def test_a_user_who_enters_a_wrong_password_stays_with_the_provider(visit: Visit) -> None:
    visitor = visit()
    begin_sign_in(visitor)
    visitor.page.get_by_label("Name").fill("alice")
    visitor.page.get_by_label("Password").fill("guessed")
    visitor.page.get_by_role("button", name="Sign in").click()
    visitor.page.get_by_role("alert").wait_for()
    visitor.page.goto(visitor.url)
    visitor.wait_for_status(SIGN_IN_AT_FIRST)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_new_key_of_the_issuer_is_accepted_in_both_regions_without_a_new_sign_in(
    alice: Visitor, rehearsal: Rehearsal, provider: ChangeProvider, algorithm: str
) -> None:
    provider(rotate=algorithm)

    def accepted() -> bool:
        try:
            return all(
                rehearsal.api(role).post("docs", {"question": QUESTION}) for role in rehearsal.deployment.regions
            )
        except (ApiError, SignInError):
            return False

    assert alice.ask(QUESTION).text  # with a token of the earlier key
    assert poll(accepted, seconds=ROTATION_SECONDS, pause=3.0)
    alice.page.reload()  # which renews the token: the new key signs it
    wait_until_signed_in(alice)
    assert alice.ask(QUESTION).text
    assert sign_ins(alice) == 1


def test_every_answer_of_the_provider_comes_from_its_own_host(alice: Visitor) -> None:
    hosts = {urlsplit(request.url).netloc for _, request in alice.requests}
    assert urlsplit(ISSUER).netloc in hosts
    assert all(host.endswith((".amazonaws.com", ".cloudfront.net", urlsplit(ISSUER).netloc)) for host in hosts)
