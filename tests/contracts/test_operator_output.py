"""The drill recognizes what the operator's commands print: it runs them as programs and shares no code with them."""

from standby.drill.scenarios.operators import DISAGREE
from standby.operations.views.verdict import assess_state
from tests.standby.states import region, state


def test_the_drill_recognizes_copies_of_config_json_that_disagree() -> None:
    reasons = assess_state(state(failover=region("failover", "failover", 4))).reasons
    assert any(DISAGREE in reason for reason in reasons), reasons
