"""The user of the drill's scenario `browser` signs in where users do."""

from playwright.sync_api import Browser

from standby.drill.measure.records import Clock
from standby.drill.scenarios.browser import BrowserUser
from standby.rehearsal.rehearsal import Rehearsal


def test_the_drill_s_user_signs_in_and_gets_an_answer(chromium: Browser, rehearsal: Rehearsal) -> None:
    context = chromium.new_context()
    try:
        user = BrowserUser(context.new_page(), url=rehearsal.deployment.site.url, clock=Clock(), signs_in=True)
        question = user.ask()
    finally:
        context.close()
    # A busy machine may delay the first region for so long that the page asks the other one.
    assert question.region in {region.region for region in rehearsal.deployment.regions.values()}
