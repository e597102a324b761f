"""The plan of a command: frozen steps from pure planners, which are shown and then carried out unchanged."""

from dataclasses import dataclass, field
from typing import Literal

from standby.deployment.manifest import Manifest, Role, describe_differences
from standby.deployment.routing_config import ConfigCopy, RoutingConfig
from standby.operations.facts.documents import MissingDocument
from standby.operations.facts.journal import Event, PendingWrite
from standby_protocol.generation import Refusal

__all__ = [
    "Action",
    "CloseEvent",
    "Command",
    "CopyDocuments",
    "CopyEvents",
    "Ingest",
    "Invalidate",
    "Plan",
    "PutConfig",
    "Refusal",
    "Step",
    "VerifyEdge",
    "VerifyHealth",
    "WriteIntent",
    "manifest_refusals",
]

Command = Literal["failover", "failback", "reconcile"]


@dataclass(frozen=True, kw_only=True)
class WriteIntent:
    """Write the event into the region's journal, before any other change."""

    role: Role


@dataclass(frozen=True, kw_only=True)
class PutConfig:
    """Replace the copy that was read with `text`, on condition that it has not changed since."""

    seen: ConfigCopy
    config: RoutingConfig
    text: str


@dataclass(frozen=True, kw_only=True)
class Invalidate:
    """Invalidate `config.json` in CloudFront. A failure has no effect, because CloudFront does not cache the file."""


@dataclass(frozen=True, kw_only=True)
class VerifyEdge:
    """Read `config.json` through the edge, as a page does, until it is the expected one."""

    config: RoutingConfig


@dataclass(frozen=True, kw_only=True)
class VerifyHealth:
    """Call `/health` of the serving region's API."""

    role: Role


@dataclass(frozen=True, kw_only=True)
class CopyDocuments:
    """Copy documents from one region's bucket to the other's, within S3."""

    source: Role
    destination: Role
    documents: tuple[MissingDocument, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Ingest:
    """Bring the region's Knowledge Base into sync with its bucket."""

    role: Role


@dataclass(frozen=True, kw_only=True)
class CopyEvents:
    """Write the events that a region's journal lacks, or has in an earlier state."""

    role: Role
    events: tuple[Event, ...]


@dataclass(frozen=True, kw_only=True)
class CloseEvent:
    """Write the result of this command's event into both journals."""


Action = (
    WriteIntent | PutConfig | Invalidate | VerifyEdge | VerifyHealth | CopyDocuments | Ingest | CopyEvents | CloseEvent
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: its title, its region ("" for none), and its action."""

    title: str
    region: str
    action: Action

    @property
    def full_title(self) -> str:
        """The title with the region."""
        return f"{self.title} in {self.region}" if self.region else self.title


def manifest_refusals(manifest: Manifest) -> tuple[Refusal, ...]:
    """Return the refusal to act on one of two manifests that differ."""
    if not manifest.differences:
        return ()
    reason = f"{describe_differences(manifest.differences)}, and this command uses that of {manifest.read_from}"
    return (Refusal(reason=f"{reason}: apply the stack again"),)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The steps of a command, in order; none if there is nothing to do. `event` goes into the journal."""

    command: Command
    summary: str
    source: str = ""
    target: str = ""
    generation: int = 0
    steps: tuple[Step, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    event: Event | None = None
    pending_writes: tuple[PendingWrite, ...] = ()

    def standing_refusals(self, *, force: bool) -> tuple[Refusal, ...]:
        """Return the refusals that stop the command, with or without `--force`."""
        return tuple(refusal for refusal in self.refusals if not (force and refusal.overridable))
