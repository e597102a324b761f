"""What the tests of faults share: set one, and see how a region's API answers."""

import time

import urllib3

from standby.deployment.manifest import Role
from standby.rehearsal.faults.faults import FaultKind
from tests.standby.rehearsal.network_helpers import SmallRehearsal

SLOW_MILLISECONDS = 900
LATE_SECONDS = 0.6
"""A quick answer takes some hundredths of a second, on a busy machine some tenths; a slow one longer than this."""

PATIENCE_SECONDS = 2.0
CUT_SECONDS = 2.0


def set_fault(small: SmallRehearsal, kind: FaultKind, role: Role = "primary") -> None:
    small.rehearsal.faults.set(kind, role, milliseconds=SLOW_MILLISECONDS if kind == "slow" else 0)


def health(small: SmallRehearsal, role: Role = "primary") -> str:
    """Return how a region's API answers, in a word. Who is cut off asks again: that lasts as long as a reload does."""
    answer = "cut"
    deadline = time.monotonic() + CUT_SECONDS
    while answer == "cut" and time.monotonic() < deadline:
        answer = asked(small, role)
    return answer


def asked(small: SmallRehearsal, role: Role) -> str:
    url = f"{small.rehearsal.deployment.regions[role].api_url}health"
    began = time.monotonic()
    try:
        status = small.client.request("GET", url, timeout=PATIENCE_SECONDS).status
    except urllib3.exceptions.NewConnectionError:
        return "refused"
    except urllib3.exceptions.TimeoutError:
        return "silent"
    except (urllib3.exceptions.ProtocolError, urllib3.exceptions.SSLError):
        return "cut"  # asked in the moment in which a front takes another configuration
    return f"{status} late" if time.monotonic() - began > LATE_SECONDS else str(status)
