"""Which messages the simulated histories reach, measured by random runs."""

import json
import random
from pathlib import Path
from typing import Final

from tests.simulation.exploration.drivers import Explored, sample
from tests.simulation.messages.judge import reached
from tests.simulation.messages.status import STATUS_ROWS
from tests.simulation.messages.table import ROWS
from tests.simulation.scenarios import random_scenarios
from tests.simulation.script import Scripts

RESULT: Final = Path(__file__).with_name("reached.json")

NOT_SIMULATED: Final = {
    "is invalid": "no simulated person writes a file that is no JSON",
    "is not valid": "no simulated person writes a file that is no JSON",
    "no valid config.json": "no simulated person deletes or spoils config.json",
    "has no config.json": "no simulated person deletes config.json",
    "correct config.json": "no simulated person writes a file that is no JSON",
    "config.json and the journal are empty": "no simulated person deletes config.json",
    "its config.json is not the one that it shows": "the simulated S3 always shows the object that it has",
    "not copied from": "notes on deletions that bypass the API are printed beside other steps, and rarely at the end",
    "CloudFront": "CloudFront always answers",
}
"""Why no simulated history can reach a message, by a part of its words."""


def measure_messages(*, seed: int, steps: int, seconds: float) -> Explored:
    """Play random runs, and write how often each message was printed and judged."""
    reached.clear()
    rng, scripts = random.Random(seed), Scripts(merge=False)
    found = sample(random_scenarios(rng), scripts, rng, seconds=seconds, steps=steps)
    times = {one.says: reached[one.says] for one in (*ROWS, *STATUS_ROWS)}
    result = {"seed": seed, "steps": found.steps, "reached": times}
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return found


def read_reached() -> dict[str, int]:
    """Return how often each message was judged when it was measured last."""
    times: dict[str, int] = json.loads(RESULT.read_text(encoding="utf-8"))["reached"]
    return times


def reason_not_reached(says: str) -> str:
    """Return why no history reached a message."""
    return next((why for part, why in NOT_SIMULATED.items() if part in says), RARE)


RARE: Final = "too rare for the sample: it needs several faults in one order"
