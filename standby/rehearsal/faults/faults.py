"""Faults that are real: done to the process that serves a region, or to what its permissions and rules say.

A fault is written down before it is done, so that `heal` finds it whatever became of the command that did it.
"""

import time
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from standby.deployment.manifest import ROLES, Region, Role
from standby.deployment.page_denial import allow_pages, deny_pages
from standby.errors import BadUsageError, StandbyError
from standby.rehearsal.emulator.emulator import answers
from standby.rehearsal.faults.fault_rules import (
    allow_knowledge_base,
    deny_knowledge_base,
    read_replication,
    write_replication,
)
from standby.rehearsal.files.claim import check
from standby.rehearsal.files.json_files import read_json, write_json
from standby.rehearsal.files.lock import network_lock
from standby.rehearsal.network.region_proxy import RegionProxyFaults

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ReplicationConfigurationUnionTypeDef

    from standby.rehearsal.rehearsal import Rehearsal

FaultKind = Literal[
    "region-down",
    "region-black-hole",
    "s3-errors",
    "api-errors",
    "slow",
    "pages-denied",
    "knowledge-base-denied",
    "replication-paused",
]
FAULT_KINDS: Final[tuple[FaultKind, ...]] = get_args(FaultKind)
PAGES_SID: Final = "RehearsalDeniesPages"
ANSWER_SECONDS: Final = 15.0
POLL_SECONDS: Final = 0.02

Saved = Mapping[Role, "ReplicationConfigurationUnionTypeDef"]
_GONE: Final = frozenset({"region-down", "region-black-hole"})
_CONFIGURED: Final = frozenset({"s3-errors", "api-errors", "slow"})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault that is set: what, where, since when, and for `slow` by how much."""

    kind: FaultKind
    role: Role
    since: datetime
    milliseconds: int = 0

    def __str__(self) -> str:
        """Return it as a line of text."""
        by = f" by {self.milliseconds} ms" if self.kind == "slow" else ""
        return f"{self.kind} {self.role}{by}, since {self.since:%H:%M:%S} UTC"

    def as_json(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {**vars(self), "since": self.since.isoformat()}


class Faults:
    """The faults of one rehearsal."""

    def __init__(self, rehearsal: "Rehearsal") -> None:
        self._rehearsal = rehearsal
        self._layout = rehearsal.paths
        self._lock = network_lock(self._layout)

    def set(self, kind: FaultKind, role: Role, *, milliseconds: int = 0) -> None:
        """Do a fault; where it is set already, do what is missing of it.

        Raises `BadUsageError` for `slow` without a time, `RefusedError` when the rehearsal is not up.
        """
        if kind == "slow" and milliseconds < 1:
            raise BadUsageError("slow needs a time: --milliseconds N, 1 or more.")
        _ = self._rehearsal.network  # refused where nothing is up
        with self._lock:
            since = datetime.now(tz=UTC)
            wanted = Fault(kind=kind, role=role, since=since, milliseconds=milliseconds if kind == "slow" else 0)
            before = [fault for fault in self.active() if (fault.kind, fault.role) == (kind, role)]
            others = [fault for fault in self.active() if fault not in before]
            kept = replace(before[0], milliseconds=wanted.milliseconds) if before else wanted
            saved: Saved = {}
            if kind == "replication-paused" and not before:
                saved = {role: read_replication(self._rehearsal.session(role), self._region(role))}
            self._write([*others, kept], replication=saved)
            self._do(kind, role)

    def heal(self, role: Role | None = None) -> tuple[Fault, ...]:
        """Undo the faults of a role, or of both, and wait until the regions answer. Returns what was undone.

        Raises `RefusedError` where the directory is somebody else's.
        """
        check(self._layout)
        if not self._layout.faults_record.is_file():
            return ()
        with self._lock:
            healed = tuple(fault for fault in self.active() if role in {None, fault.role})
            for part in ROLES:
                kinds = frozenset(fault.kind for fault in healed if fault.role == part)
                if kinds:
                    self._heal(part, kinds)
            self._write(fault for fault in self.active() if fault not in healed)
        return healed

    def undo_rules(self) -> tuple[Fault, ...]:
        """Undo what faults did to permissions and replication, and leave the fronts alone. Returns what was undone.

        For who is about to apply: what is put back now, the apply finds, and nothing is put back over it later.
        """
        with self._lock:
            undone = tuple(fault for fault in self.active() if fault.kind not in _GONE | _CONFIGURED)
            for fault in undone:
                self._undo_rules(fault.role, {fault.kind})
            self._write(fault for fault in self.active() if fault not in undone)
        return undone

    def forget(self) -> tuple[Fault, ...]:
        """Return the faults that were set and take them as healed, by who has put right all that they did."""
        with self._lock:
            healed = self.active()
            self._write(())
        return healed

    def active(self) -> tuple[Fault, ...]:
        """Return the faults that are set. They end with the emulator that they were done to."""
        faults = self._stored().get("faults")
        return tuple(_fault(part) for part in faults) if isinstance(faults, list) else ()

    def region_proxy_faults(self, role: Role) -> RegionProxyFaults:
        """Return what is wrong with the front of a role's region."""
        here = {fault.kind: fault for fault in self.active() if fault.role == role}
        slow = here.get("slow")
        return RegionProxyFaults(
            s3_errors="s3-errors" in here,
            api_errors="api-errors" in here,
            delay_milliseconds=slow.milliseconds if slow else 0,
        )

    def _do(self, kind: FaultKind, role: Role) -> None:
        if kind == "region-down":
            self._rehearsal.connecting.kill_region_proxy(role)
        elif kind == "region-black-hole":
            self._rehearsal.connecting.suspend_region_proxy(role)
        elif kind in _CONFIGURED:
            self._load_region_proxy(role)
        elif kind == "knowledge-base-denied":
            deny_knowledge_base(self._rehearsal.session(role), self._rehearsal.deployment.name)
        elif kind == "pages-denied":
            deny_pages(self._rehearsal.session(role).client("s3"), self._region(role), sid=PAGES_SID)
        else:
            self._write_replication(role, paused=True)

    def _heal(self, role: Role, kinds: AbstractSet[FaultKind]) -> None:
        self._undo_rules(role, kinds)
        if kinds & (_GONE | _CONFIGURED):
            self._rehearsal.connecting.load_region_proxy(role, RegionProxyFaults())
            self._wait_until_it_answers(role)

    def _undo_rules(self, role: Role, kinds: AbstractSet[FaultKind]) -> None:
        if "knowledge-base-denied" in kinds:
            allow_knowledge_base(self._rehearsal.session(role), self._rehearsal.deployment.name)
        if "pages-denied" in kinds:
            allow_pages(self._rehearsal.session(role).client("s3"), self._region(role), sid=PAGES_SID)
        if "replication-paused" in kinds:
            self._write_replication(role, paused=False)

    def _load_region_proxy(self, role: Role) -> None:
        # A region that is gone is not brought back by another fault; it comes back with `heal`, whole.
        if not any(fault.kind in _GONE for fault in self.active() if fault.role == role):
            self._rehearsal.connecting.load_region_proxy(role, self.region_proxy_faults(role))

    def _wait_until_it_answers(self, role: Role) -> None:
        region_proxy = self._rehearsal.network.region_proxies[self._region(role).region]
        deadline = time.monotonic() + ANSWER_SECONDS
        while not answers(region_proxy, timeout=1):
            if time.monotonic() > deadline:
                raise StandbyError(f"{self._region(role).region} does not answer, {ANSWER_SECONDS:.0f} s after healing")
            time.sleep(POLL_SECONDS)

    def _write_replication(self, role: Role, *, paused: bool) -> None:
        saved = self._saved().get(role)
        if saved is not None:
            write_replication(self._rehearsal.session(role), self._region(role), saved, paused=paused)

    def _region(self, role: Role) -> Region:
        return self._rehearsal.deployment.regions[role]

    def _write(self, faults: Iterable[Fault], *, replication: Saved | None = None) -> None:
        # A configuration that was saved goes only with the fault that it undoes.
        kept = tuple(faults)
        paused = {fault.role for fault in kept if fault.kind == "replication-paused"}
        saved = {role: part for role, part in {**self._saved(), **(replication or {})}.items() if role in paused}
        self._record(kept, saved)

    def _saved(self) -> Saved:
        saved = self._stored().get("replication")
        return saved if isinstance(saved, dict) else {}

    def _stored(self) -> Mapping[str, object]:
        record = read_json(self._layout.faults_record)
        return record if record.get("emulator") == read_json(self._layout.emulator_record) else {}

    def _record(self, faults: tuple[Fault, ...], replication: Saved) -> None:
        if not faults:
            self._layout.faults_record.unlink(missing_ok=True)
            return
        parts = [fault.as_json() for fault in faults]
        emulator = read_json(self._layout.emulator_record)
        write_json(self._layout.faults_record, {"emulator": emulator, "faults": parts, "replication": replication})


def _fault(part: Mapping[str, Any]) -> Fault:
    return Fault(
        kind=part["kind"],
        role=part["role"],
        since=datetime.fromisoformat(part["since"]),
        milliseconds=part["milliseconds"],
    )
