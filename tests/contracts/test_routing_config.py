"""The page and the operator's tool read config.json by the same rules. tests/browser has the same test in Chromium."""

import json
import subprocess

from tests.constructs.plan import ROOT
from tests.contracts.helpers import ROUTING_CONFIG_CASES, ROUTING_CONFIG_JUDGE, expected_answer

SCRIPT = f"""
import * as rule from {json.dumps((ROOT / "frontend" / "routing-config.js").as_uri())};
let input = "";
for await (const chunk of process.stdin) input += chunk;
const judge = {ROUTING_CONFIG_JUDGE}
process.stdout.write(JSON.stringify(JSON.parse(input).map((testCase) => judge(testCase, rule))));
"""


def test_the_page_reads_each_case_as_the_tool_does() -> None:
    command = ["node", "--input-type=module", "--eval", SCRIPT]
    ran = subprocess.run(command, input=json.dumps(ROUTING_CONFIG_CASES), capture_output=True, text=True, check=True)
    answers = json.loads(ran.stdout)
    assert len(answers) == len(ROUTING_CONFIG_CASES)
    for case, answer in zip(ROUTING_CONFIG_CASES, answers, strict=True):
        assert answer == expected_answer(case), case["name"]
