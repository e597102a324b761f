"""Scenarios in which users sign in: the identity provider is lost, or tokens expire, while a region is lost."""

from typing import Final

from standby.drill.context import ScenarioContext
from standby.drill.measure.objectives import API, DOCUMENTS, DOCUMENTS_RPO, PAGES, zero
from standby.drill.scenario import Scenario
from standby.drill.sign_ins import SignIns
from standby.errors import StandbyError

OBSERVED_SECONDS: Final = 2.0
TOKEN_SECONDS: Final = 3
"""Shorter than the time from the fault to the end of the failover, so that every token expires in between."""


def _run_identity_provider_lost(context: ScenarioContext) -> None:
    sign_ins = _require_sign_ins(context)
    context.lose_identity_provider()
    told = sign_ins.attempt()
    context.note(f"the page says to a new user: {told}" if told else "a new user signed in without the provider")
    context.inject("region-down", "primary")
    context.detect_outage("primary")
    context.failover()
    context.wait_until_answered("failover")
    context.wait(OBSERVED_SECONDS)
    context.measures["sign_ins_without_reason"] = 0 if told and sign_ins.attempt() else 1
    context.heal()
    if told := sign_ins.attempt():
        raise StandbyError(f"No user can sign in after the identity provider has returned: {told}")


def _run_token_expired(context: ScenarioContext) -> None:
    sign_ins = _require_sign_ins(context)
    before = sign_ins.issued()
    context.inject("region-down", "primary")
    context.detect_outage("primary")
    context.failover()
    context.wait_until_answered("failover")
    context.wait(TOKEN_SECONDS)
    renewals = sign_ins.issued() - before
    context.note(f"{renewals} tokens expired and were renewed")
    if not renewals:
        raise StandbyError("No token expired during the failover")


def _require_sign_ins(context: ScenarioContext) -> SignIns:
    if context.sign_ins is None:
        raise StandbyError("Users do not sign in here.")
    return context.sign_ins


SIGN_IN_SCENARIOS: Final = (
    Scenario(
        name="identity-provider-lost",
        summary="The identity provider is down, and a region is lost. Users who are signed in ask on in the other "
        "region; the page says to new users why they cannot sign in.",
        run=_run_identity_provider_lost,
        objectives=(
            *PAGES,
            *API,
            zero("new sign-ins that are not told why", "sign_ins_without_reason"),
            DOCUMENTS_RPO,
            *DOCUMENTS,
        ),
        needs_sign_in=True,
    ),
    Scenario(
        name="token-expired-during-failover",
        summary="The users' access tokens expire while a region is lost. They are renewed without a new sign-in, and "
        "the other region accepts them.",
        run=_run_token_expired,
        objectives=(*PAGES, *API, DOCUMENTS_RPO, *DOCUMENTS),
        needs_sign_in=True,
        access_token_seconds=TOKEN_SECONDS,
    ),
)
