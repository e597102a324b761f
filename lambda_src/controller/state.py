"""The controller's own state: its last looks and its last decision, in one parameter of Parameter Store."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from standby_protocol.automatic import Decision, Look, SecondVantagePoint

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

SCHEMA_VERSION = 1


def render_state(looks: Sequence[Look], decision: Decision, *, second: SecondVantagePoint) -> str:
    """Return the state as JSON, some 600 bytes. A parameter can be 4 KB. `second` is the second vantage point."""
    return json.dumps(
        {
            "schemaVersion": SCHEMA_VERSION,
            "secondVantagePoint": second,
            "looks": [{"at": look.at.isoformat(), "here": look.here, "there": look.there} for look in looks],
            "action": decision.action,
            "reason": decision.reason,
        }
    )


def parse_looks(text: str) -> tuple[Look, ...]:
    """Return the looks of a state, none if the text is not a state."""
    try:
        document: Any = json.loads(text)
        return tuple(
            Look(at=datetime.fromisoformat(look["at"]), here=look["here"], there=look["there"])
            for look in document["looks"]
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        return ()


def read_looks(ssm: "SSMClient", parameter: str) -> tuple[Look, ...]:
    """Read the last looks. Raises botocore's errors."""
    return parse_looks(ssm.get_parameter(Name=parameter)["Parameter"]["Value"])


def write_state(
    ssm: "SSMClient", parameter: str, looks: Sequence[Look], decision: Decision, *, second: SecondVantagePoint
) -> None:
    """Write the state. Raises botocore's errors."""
    value = render_state(looks, decision, second=second)
    ssm.put_parameter(Name=parameter, Value=value, Type="String", Overwrite=True)
