"""The steady state: the conditions before a fault. The drill checks them by using the deployment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from standby.console import Progress
from standby.deadline import poll
from standby.deployment.manifest import ROLES
from standby.drill.load.users import Users
from standby.drill.measure.documents import question_about
from standby.drill.observe.observer import Observer
from standby.drill.operator_process import CommandResult, run_command
from standby.errors import RefusedError

READY: Final = "ready"
READY_SECONDS: Final = 20.0
READY_PAUSE_SECONDS: Final = 1.0
REPLICATION_SECONDS: Final = 10.0
REPLICATION_PAUSE_SECONDS: Final = 0.2
STDERR_CHARACTERS: Final = 300


class NoSteadyStateError(RefusedError):
    """The deployment is not in its steady state, so the drill injects no fault. Exit code 3."""


@dataclass(frozen=True, kw_only=True)
class Canary:
    """A question that both regions answer. With `key`, a good answer cites that document."""

    question: str
    key: str = ""


def check_steady_state(observer: Observer, *, options: Sequence[str], progress: Progress) -> Canary:
    """Check that a new document is found in both regions, and that `standby status` says `ready`.

    Raises `NoSteadyStateError`.
    """
    progress.start("Checking the steady state: a new document is found in both regions")
    uploaded = Users(client=observer.client, site_url=observer.deployment.site.url).upload()
    if not uploaded.key:
        raise NoSteadyStateError(f"No document can be uploaded: {uploaded.status or ''} {uploaded.detail}".strip())
    _check_replication(observer, uploaded.key)
    for role in ROLES:
        if not observer.find_documents(role, frozenset({uploaded.word})):
            region = observer.deployment.regions[role].region
            raise NoSteadyStateError(f"A question in {region} does not find a new document.")
    progress.start("Checking the steady state: standby status")
    check_ready(options)
    return Canary(question=question_about(uploaded.word), key=uploaded.key)


def check_ready(options: Sequence[str]) -> None:
    """Check that `standby status` says `ready` within `READY_SECONDS`. Raises `NoSteadyStateError`."""
    status = poll(
        lambda: run_command("status", "--json", options=options),
        seconds=READY_SECONDS,
        pause=READY_PAUSE_SECONDS,
        until=_is_ready,
    )
    if not _is_ready(status):
        reasons = status.document.get("reasons") or " ".join(status.stderr.split())[-STDERR_CHARACTERS:]
        raise NoSteadyStateError(f"`standby status` says {status.document.get('verdict')!r}, not {READY!r}: {reasons}")


def _is_ready(status: CommandResult) -> bool:
    return status.document.get("verdict") == READY


def _check_replication(observer: Observer, key: str) -> None:
    arrived = poll(
        lambda: all(key in observer.document_keys(role) for role in ROLES),
        seconds=REPLICATION_SECONDS,
        pause=REPLICATION_PAUSE_SECONDS,
    )
    if not arrived:
        raise NoSteadyStateError(
            f"A document did not reach the other region in {REPLICATION_SECONDS:.0f} s: replication is off or behind."
        )
