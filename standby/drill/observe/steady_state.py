"""The steady state: what must hold before anything is broken, seen by using the deployment and not by trusting it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from standby.console import Progress
from standby.deployment.manifest import ROLES
from standby.drill.load.users import Users
from standby.drill.measure.documents import question_about
from standby.drill.measure.records import Clock
from standby.drill.observe.observer import Observer
from standby.drill.operator_process import CommandProcess
from standby.errors import RefusedError

READY: Final = "ready"
READY_SECONDS: Final = 20.0
ARRIVAL_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.2


class NotSteadyError(RefusedError):
    """The deployment is not as it must be before a fault is done to it. Exit code 3."""


@dataclass(frozen=True, kw_only=True)
class Canary:
    """A question that both regions answer; with `key`, from that document."""

    question: str
    key: str = ""


def steady(observer: Observer, *, options: Sequence[str], progress: Progress) -> Canary:
    """See that a document uploaded now is found in both regions, and that `standby status` calls it ready.

    Raises `NotSteadyError`.
    """
    progress.start("Seeing that all is well: a document goes in and is found in both regions")
    uploaded = Users(client=observer.client, site_url=observer.deployment.site_url).upload()
    if not uploaded.key:
        raise NotSteadyError(f"No document can be uploaded: {uploaded.status or ''} {uploaded.detail}".strip())
    _arrives(observer, uploaded.key)
    for role in ROLES:
        if not observer.found(role, frozenset({uploaded.word})):
            raise NotSteadyError(
                f"A question in {observer.deployment.regions[role].region} does not find a new document."
            )
    progress.start("Seeing that all is well: standby status")
    ready(options)
    return Canary(question=question_about(uploaded.word), key=uploaded.key)


def ready(options: Sequence[str]) -> None:
    """See that `standby status` calls the deployment ready. Raises `NotSteadyError`."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        ran = CommandProcess(("status", "--json"), options=options, clock=Clock()).listen().wait()
        verdict = ran.answer.get("verdict")
        if verdict == READY:
            return
        if time.monotonic() > deadline:
            reasons = ran.answer.get("reasons") or " ".join(ran.stderr.split())[-300:]
            raise NotSteadyError(f"`standby status` says {verdict!r}, not {READY!r}: {reasons}")
        time.sleep(1.0)


def _arrives(observer: Observer, key: str) -> None:
    deadline = time.monotonic() + ARRIVAL_SECONDS
    while not all(key in observer.keys(role) for role in ROLES):
        if time.monotonic() > deadline:
            raise NotSteadyError(
                f"A document did not reach the other region in {ARRIVAL_SECONDS:.0f} s: replication is off or behind."
            )
        time.sleep(POLL_SECONDS)
