"""Identifiers in AWS's form."""

import json
from typing import Any

from standby.rehearsal.emulator.requests.identifiers import corrected_delivery

FOREIGN = "def74bb4-0d39-41f2-9177-499ef4b0e5c2"
OWN = FOREIGN.replace("-", "")


def test_a_delivery_of_logs_has_an_id_of_letters_and_digits() -> None:
    deliveries: dict[str, dict[str, Any]] = {}

    def create(_: object) -> tuple[int, dict[str, str], bytes]:
        deliveries[FOREIGN] = {"id": FOREIGN, "arn": f"arn:aws:logs:us-east-1:1:delivery:{FOREIGN}"}
        return 200, {}, json.dumps({"delivery": deliveries[FOREIGN]}).encode()

    status, _, answer = corrected_delivery(create, deliveries)({})
    expected = {"id": OWN, "arn": f"arn:aws:logs:us-east-1:1:delivery:{OWN}"}
    assert (status, json.loads(answer)) == (200, {"delivery": expected})
    assert deliveries == {OWN: expected}


def test_a_refused_delivery_stays_as_it_is() -> None:
    refused: tuple[int, dict[str, str], bytes] = (400, {}, b'{"__type": "ConflictException"}')
    assert corrected_delivery(lambda _: refused, {})({}) == refused
