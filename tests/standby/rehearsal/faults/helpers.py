"""Set a fault, and observe how the API of a region responds."""

import time

import urllib3

from standby.deadline import poll
from standby.deployment.manifest import Role
from standby.rehearsal.emulator.sickness import Sickness
from standby.rehearsal.faults.faults import FaultKind
from tests.standby.rehearsal.network.helpers import SmallRehearsal

SLOW_MILLISECONDS = 900
LATE_SECONDS = 0.6
"""A normal response takes hundredths of a second, on a busy machine tenths; a slow one takes longer than this."""

RESPONSE_SECONDS = 2.0
RELOAD_SECONDS = 2.0


def set_fault(small: SmallRehearsal, kind: FaultKind, role: Role = "primary") -> None:
    milliseconds = SLOW_MILLISECONDS if kind == "slow" else 0
    sickness = Sickness(mode="redirect") if kind == "sick" else None
    small.rehearsal.faults.set(kind, role, milliseconds=milliseconds, sickness=sickness)


def health(small: SmallRehearsal, role: Role = "primary") -> str:
    """Return in a word how a region's API responds. A request that a reload interrupts is repeated."""
    return poll(
        lambda: request_health(small, role), seconds=RELOAD_SECONDS, pause=0, until=lambda word: word != "interrupted"
    )


def request_health(small: SmallRehearsal, role: Role) -> str:
    url = f"{small.rehearsal.deployment.regions[role].api_url}health"
    began = time.monotonic()
    try:
        status = small.client.request("GET", url, timeout=RESPONSE_SECONDS).status
    except urllib3.exceptions.NewConnectionError:
        return "refused"
    except urllib3.exceptions.TimeoutError:
        return "silent"
    except (urllib3.exceptions.ProtocolError, urllib3.exceptions.SSLError):
        return "interrupted"  # the region proxy is loading another configuration
    return f"{status} late" if time.monotonic() - began > LATE_SECONDS else str(status)
