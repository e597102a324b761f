"""A live scenario runs only if the owner of the deployment confirms it."""

import pytest

from standby.deployment.connection import AwsConnection
from standby.drill.live import LIVE_SCENARIOS, confirm_scenario
from standby.errors import StandbyError
from tests.standby.helpers import MANIFEST

CONFIRMATION = f"{MANIFEST.account} us-west-2 us-east-1"
CONNECTION = AwsConnection(name="chatbot", regions=("us-west-2", "us-east-1"), profile=None)


@pytest.mark.parametrize(
    "typed",
    ["", "yes\n", f"{MANIFEST.account} us-west-2\n", f"{MANIFEST.account} us-east-1 us-west-2\n"],
    ids=["nothing", "yes", "one region", "the other order"],
)
def test_a_live_scenario_is_not_run_unless_account_and_regions_are_typed(typed: str) -> None:
    with pytest.raises(StandbyError, match="Not confirmed"):
        confirm_scenario(LIVE_SCENARIOS["live-api"], CONNECTION, MANIFEST, ask=lambda _: typed)


def test_a_live_scenario_is_confirmed_by_typing_account_and_regions() -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return CONFIRMATION

    confirm_scenario(LIVE_SCENARIOS["live-api"], CONNECTION, MANIFEST, ask=ask)
    (question,) = asked
    assert question.startswith(f"live-api on AWS, default credentials: {MANIFEST.name}.\n")
    assert LIVE_SCENARIOS["live-api"].summary in question
    assert question.endswith(f"To continue, type `{CONFIRMATION}`")
