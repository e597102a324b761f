"""Identifiers in AWS's form, where MiniStack gives others that AWS's own models refuse."""

import json
from collections.abc import Callable, MutableMapping
from types import ModuleType
from typing import Any, Final

Response = tuple[int, dict[str, str], bytes]
FOREIGN_PREFIX: Final = "gr-"
"""MiniStack's prefix of a guardrail's id. AWS's id has letters and digits only (botocore, bedrock: GuardrailId)."""


def correct_guardrails(bedrock: ModuleType) -> None:
    """Give new guardrails ids of AWS's form."""
    vars(bedrock)["_create_guardrail"] = corrected_creation(
        vars(bedrock)["_create_guardrail"], vars(bedrock)["_guardrails"], vars(bedrock)["_tags"]
    )


def corrected_creation(
    create: Callable[[object], Response], guardrails: MutableMapping[str, Any], tags: MutableMapping[str, Any]
) -> Callable[[object], Response]:
    """Return MiniStack's function that creates a guardrail, changed so that its id has AWS's form."""

    def create_guardrail(body: object) -> Response:
        status, headers, answer = create(body)
        foreign = str(json.loads(answer).get("guardrailId", ""))
        if not foreign.startswith(FOREIGN_PREFIX):
            return status, headers, answer
        own = foreign.removeprefix(FOREIGN_PREFIX)
        record = guardrails.pop(foreign)
        arn = record["GuardrailArn"]
        record |= {"GuardrailId": own, "GuardrailArn": arn.replace(foreign, own)}
        guardrails[own] = record
        if arn in tags:
            tags[record["GuardrailArn"]] = tags.pop(arn)
        return status, headers, answer.replace(foreign.encode(), own.encode())

    return create_guardrail


def correct_deliveries(logs: ModuleType) -> None:
    """Give new deliveries of logs ids of AWS's form: letters and digits (botocore, logs: DeliveryId)."""
    vars(logs)["_create_delivery"] = corrected_delivery(vars(logs)["_create_delivery"], vars(logs)["_deliveries"])


def corrected_delivery(
    create: Callable[[object], Response], deliveries: MutableMapping[str, Any]
) -> Callable[[object], Response]:
    """Return MiniStack's function that creates a delivery, changed so that its id has no hyphens."""

    def create_delivery(request: object) -> Response:
        status, headers, answer = create(request)
        foreign = str(json.loads(answer).get("delivery", {}).get("id", ""))
        if not foreign:
            return status, headers, answer
        own = foreign.replace("-", "")
        record = deliveries.pop(foreign)
        deliveries[own] = {**record, "id": own, "arn": record["arn"].replace(foreign, own)}
        return status, headers, answer.replace(foreign.encode(), own.encode())

    return create_delivery
