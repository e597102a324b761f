"""Set and heal faults: in the process that serves a region, or in the configuration of the region in AWS.

The configuration is its policies and its replication rules, which are set through AWS's own API.
A fault is recorded before it is set, so that `heal` finds it even if the command that set it was killed.
"""

import copy
import json
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, assert_never, cast, get_args

import boto3
from botocore.exceptions import ClientError
from pydantic import Field

from standby.deadline import poll
from standby.deployment.manifest import ROLES, Manifest, Region, Role
from standby.deployment.page_denial import allow_pages, deny_pages
from standby.errors import BadUsageError, RefusedError, StandbyError
from standby.json_model import JsonModel
from standby.machine import with_load
from standby.rehearsal.checks.documents import read_replication_configuration
from standby.rehearsal.emulator.emulator import Emulator, is_ready, recorded_emulator
from standby.rehearsal.emulator.sickness import SickMode, Sickness, known_calls
from standby.rehearsal.faults.partition import cut_off, reconnect
from standby.rehearsal.files.json_files import read_record, write_record
from standby.rehearsal.files.lock import check_directory, network_lock
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.identity.access import Access
from standby.rehearsal.identity.provider import SIGN_IN_HINT
from standby.rehearsal.network.controller import NetworkController
from standby.rehearsal.network.network import Network
from standby.rehearsal.network.region_proxy import RegionProxyFaults

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ReplicationConfigurationUnionTypeDef

FaultKind = Literal[
    "region-down",
    "region-black-hole",
    "s3-errors",
    "api-errors",
    "slow",
    "sick",
    "pages-denied",
    "knowledge-base-denied",
    "replication-paused",
    "partition",
    "identity-provider-down",
]
FAULT_KINDS: Final[tuple[FaultKind, ...]] = get_args(FaultKind)
RECOVERY_SECONDS: Final = 15.0
PAGES_SID: Final = "RehearsalDeniesPages"
POLL_SECONDS: Final = 0.02

POLICY_NAME: Final = "rehearsal-knowledge-base-denied"
DENIED_FUNCTIONS: Final = ("query", "health")
_DENY_RETRIEVE: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "bedrock:Retrieve", "Resource": "*"}],
}

IDENTITY_PROVIDER_DOWN: Final = "identity-provider-down"
"""The only fault of no region: an issuer is in none."""

_UNREACHABLE: Final = frozenset({"region-down", "region-black-hole"})
_IN_REGION_PROXY: Final = frozenset({*_UNREACHABLE, "s3-errors", "api-errors", "slow", "sick"})


class Fault(JsonModel):
    """A fault that is set."""

    kind: FaultKind = Field(description="the kind of the fault, as `standby rehearse fault` names it")
    role: Role | None = Field(description="the role of the region that has the fault; null if it is in no region")
    since: datetime = Field(description="when the fault was set, in UTC")
    milliseconds: int = Field(default=0, description="the delay of each response, for `slow`")
    mode: SickMode | None = Field(default=None, description="what the region answers, for `sick`; null otherwise")
    calls: tuple[str, ...] = Field(default=(), description="the calls that `sick` affects; empty: all calls")

    @property
    def sickness(self) -> Sickness | None:
        """How the region is sick; None for every other fault."""
        return Sickness(mode=self.mode, calls=self.calls) if self.mode else None

    def __str__(self) -> str:
        """Return the fault as a line of text."""
        delay = f" by {self.milliseconds} ms" if self.kind == "slow" else ""
        answers = f" ({self.sickness})" if self.sickness else ""
        place = f" in the {self.role} region" if self.role else ""
        return f"{self.kind}{delay}{answers}{place}, since {self.since:%H:%M:%S} UTC"


class FaultRecord(JsonModel):
    """The faults of one emulator. `replication` has the replication configurations to restore."""

    emulator: Emulator
    faults: tuple[Fault, ...] = ()
    replication: Mapping[Role, dict[str, Any]] = {}


class FaultTarget(Protocol):
    """The rehearsal in which faults are set. The properties raise `RefusedError` when it is not up."""

    @property
    def paths(self) -> RehearsalPaths:
        """The files of the rehearsal."""

    @property
    def network(self) -> Network:
        """The endpoints of the rehearsal."""

    @property
    def network_controller(self) -> NetworkController:
        """The controller of the region proxies."""

    @property
    def deployment(self) -> Manifest:
        """The manifest of the applied stack."""

    @property
    def access(self) -> Access | None:
        """The settings of sign-in, None if the rehearsal is open."""

    def session(self, role: Role) -> boto3.Session:
        """Return a session that no fault affects."""


class Faults:
    """The faults of one rehearsal."""

    def __init__(self, target: FaultTarget) -> None:
        self._target = target
        self._paths = target.paths
        self._lock = network_lock(target.paths)

    def set(
        self, kind: FaultKind, role: Role | None, *, milliseconds: int = 0, sickness: Sickness | None = None
    ) -> None:
        """Set a fault. If it is set already, set the missing part; a region that is sick becomes sick in this way.

        `role` is None for `identity-provider-down` alone. Raises `BadUsageError` for an option that is missing, or that
        this kind of fault does not have, and `RefusedError` when the rehearsal is not up, or has no identity provider.
        """
        _check_options(kind, role=role, milliseconds=milliseconds, sickness=sickness)
        _ = self._target.network  # raises when the rehearsal is not up
        if role is None and self._target.access is None:
            raise RefusedError(
                "This rehearsal is open: it has no identity provider.",
                hint=SIGN_IN_HINT,
            )
        with self._lock:
            before = next((fault for fault in self.active() if (fault.kind, fault.role) == (kind, role)), None)
            since = before.since if before else datetime.now(tz=UTC)
            others = [fault for fault in self.active() if fault != before]
            replication = dict(self._replication())
            if kind == "replication-paused" and before is None and role is not None:
                replication[role] = dict(_read_replication(self._target.session(role), self._region(role)))
            fault = Fault(
                kind=kind,
                role=role,
                since=since,
                milliseconds=milliseconds,
                mode=sickness.mode if sickness else None,
                calls=sickness.calls if sickness else (),
            )
            self._write([*others, fault], replication)
            self._set(kind, role)

    def heal(self, role: Role | None = None) -> tuple[Fault, ...]:
        """Heal the faults of a role, or of both roles, and wait until the regions respond. Returns the healed faults.

        Raises `RefusedError` when the directory contains other files.
        """
        check_directory(self._paths)
        if not self._paths.faults_record.is_file():
            return ()
        with self._lock:
            healed = tuple(fault for fault in self.active() if role in {None, fault.role})
            for affected in (*ROLES, None):
                kinds = frozenset(fault.kind for fault in healed if fault.role == affected)
                if kinds:
                    self._heal(affected, kinds)
            self._write([fault for fault in self.active() if fault not in healed], self._replication())
        return healed

    def heal_configuration(self) -> tuple[Fault, ...]:
        """Heal the faults in policies and in replication, but not those of region proxies. Returns the healed faults.

        This comes before an apply, so that Terraform finds its own configuration, and nothing overwrites it later.
        """
        with self._lock:
            healed = tuple(
                fault for fault in self.active() if fault.kind not in {*_IN_REGION_PROXY, IDENTITY_PROVIDER_DOWN}
            )
            for fault in healed:
                if fault.role is not None:
                    self._restore_configuration(fault.role, {fault.kind})
            self._write([fault for fault in self.active() if fault not in healed], self._replication())
        return healed

    def clear(self) -> tuple[Fault, ...]:
        """Remove the record of all faults, for a caller that has repaired everything. Returns the faults."""
        with self._lock:
            faults = self.active()
            self._write([], {})
        return faults

    def active(self) -> tuple[Fault, ...]:
        """Return the faults that are set. They end with their emulator."""
        record = self._record()
        return record.faults if record is not None else ()

    def region_proxy_faults(self, role: Role) -> RegionProxyFaults:
        """Return the faults of a region proxy that still responds."""
        faults = {fault.kind: fault for fault in self.active() if fault.role == role}
        slow, sick = faults.get("slow"), faults.get("sick")
        return RegionProxyFaults(
            s3_errors="s3-errors" in faults,
            api_errors="api-errors" in faults,
            delay_milliseconds=slow.milliseconds if slow else 0,
            sickness=sick.sickness if sick else None,
        )

    def _set(self, kind: FaultKind, role: Role | None) -> None:
        if role is None:
            self._target.network_controller.kill_identity_front()
        else:
            self._set_in_region(kind, role)

    def _set_in_region(self, kind: FaultKind, role: Role) -> None:
        match kind:
            case "region-down":
                self._target.network_controller.kill_region_proxy(role)
            case "region-black-hole":
                self._target.network_controller.suspend_region_proxy(role)
            case "s3-errors" | "api-errors" | "slow" | "sick":
                self._configure_region_proxy(role)
            case "knowledge-base-denied":
                _deny_knowledge_base(self._target.session(role), self._target.deployment.name)
            case "pages-denied":
                deny_pages(self._target.session(role).client("s3"), self._region(role), sid=PAGES_SID)
            case "replication-paused":
                self._write_replication(role, paused=True)
            case "partition":
                cut_off(self._paths, self._region(role))
            case "identity-provider-down":
                pass
            case _:
                assert_never(kind)

    def _heal(self, role: Role | None, kinds: AbstractSet[FaultKind]) -> None:
        if role is None:
            self._target.network_controller.load_identity_front()
            return
        self._restore_configuration(role, kinds)
        if kinds & _IN_REGION_PROXY:
            self._target.network_controller.load_region_proxy(role, RegionProxyFaults())
            self._wait_until_ready(role)

    def _restore_configuration(self, role: Role, kinds: AbstractSet[FaultKind]) -> None:
        if "knowledge-base-denied" in kinds:
            _allow_knowledge_base(self._target.session(role), self._target.deployment.name)
        if "pages-denied" in kinds:
            allow_pages(self._target.session(role).client("s3"), self._region(role), sid=PAGES_SID)
        if "replication-paused" in kinds:
            self._write_replication(role, paused=False)
        if "partition" in kinds:
            reconnect(self._paths, self._region(role))

    def _configure_region_proxy(self, role: Role) -> None:
        # Another fault does not start the proxy of an unreachable region. Only `heal` does, without any fault.
        if not any(fault.kind in _UNREACHABLE for fault in self.active() if fault.role == role):
            self._target.network_controller.load_region_proxy(role, self.region_proxy_faults(role))

    def _wait_until_ready(self, role: Role) -> None:
        region = self._region(role).region
        region_proxy = self._target.network.region_proxies[region]
        if not poll(lambda: is_ready(region_proxy, timeout=1), seconds=RECOVERY_SECONDS, pause=POLL_SECONDS):
            raise StandbyError(
                with_load(f"{region} does not respond {RECOVERY_SECONDS:.0f} s after its faults were healed."),
                hint="`standby rehearse heal` waits again.",
            )

    def _write_replication(self, role: Role, *, paused: bool) -> None:
        saved = self._replication().get(role)
        if saved is None:
            return
        changed = copy.deepcopy(saved)
        if paused:
            for rule in changed["Rules"]:
                rule["Status"] = "Disabled"
        self._target.session(role).client("s3").put_bucket_replication(
            Bucket=self._region(role).documents_bucket,
            ReplicationConfiguration=cast("ReplicationConfigurationUnionTypeDef", changed),
        )

    def _region(self, role: Role) -> Region:
        return self._target.deployment.regions[role]

    def _record(self) -> FaultRecord | None:
        record = read_record(self._paths.faults_record, FaultRecord)
        return record if record is not None and record.emulator == recorded_emulator(self._paths) else None

    def _replication(self) -> Mapping[Role, dict[str, Any]]:
        record = self._record()
        return record.replication if record is not None else {}

    def _write(self, faults: Iterable[Fault], replication: Mapping[Role, dict[str, Any]]) -> None:
        # A saved replication configuration is kept as long as its fault is set.
        kept, emulator = tuple(faults), recorded_emulator(self._paths)
        if not kept or emulator is None:
            self._paths.faults_record.unlink(missing_ok=True)
            return
        paused = {fault.role for fault in kept if fault.kind == "replication-paused"}
        saved = {role: configuration for role, configuration in replication.items() if role in paused}
        write_record(self._paths.faults_record, FaultRecord(emulator=emulator, faults=kept, replication=saved))


def _check_options(kind: FaultKind, *, role: Role | None, milliseconds: int, sickness: Sickness | None) -> None:
    if kind == IDENTITY_PROVIDER_DOWN and role is not None:
        raise BadUsageError(f"{kind} has no REGION: the identity provider is in none.")
    if kind != IDENTITY_PROVIDER_DOWN and role is None:
        raise BadUsageError(f"{kind} needs a REGION.", hint="Use primary or failover, or the name of the region.")
    if kind == "slow" and milliseconds < 1:
        raise BadUsageError("slow needs --milliseconds N, with N of 1 or more.")
    if kind != "slow" and milliseconds:
        raise BadUsageError(f"{kind} has no --milliseconds. Only slow has it.")
    if kind == "sick" and sickness is None:
        raise BadUsageError("sick needs --mode MODE.")
    if kind != "sick" and sickness:
        raise BadUsageError(f"{kind} has no --mode and no --call. Only sick has them.")
    unknown = sorted(set(sickness.calls if sickness else ()) - set(known_calls()))
    if unknown:
        raise BadUsageError(f"Not a call: {', '.join(unknown)}.", hint=f"One of: {', '.join(known_calls())}.")


def _deny_knowledge_base(session: boto3.Session, deployment: str) -> None:
    """Deny the region's `query` and `health` functions the retrieval from the Knowledge Base.

    The Deny statement is in a policy of its own: it overrides every Allow statement at once, and removing the policy
    restores the permissions, even if the command that added it was killed.
    """
    iam = session.client("iam")
    for role in _function_roles(session, deployment):
        iam.put_role_policy(RoleName=role, PolicyName=POLICY_NAME, PolicyDocument=json.dumps(_DENY_RETRIEVE))


def _allow_knowledge_base(session: boto3.Session, deployment: str) -> None:
    """Remove the policy of `_deny_knowledge_base`."""
    iam = session.client("iam")
    for role in _function_roles(session, deployment):
        try:
            iam.delete_role_policy(RoleName=role, PolicyName=POLICY_NAME)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchEntity":
                raise


def _read_replication(session: boto3.Session, region: Region) -> "ReplicationConfigurationUnionTypeDef":
    """Return the replication configuration of the region's documents bucket. Raises `RefusedError` if it has none."""
    found = read_replication_configuration(session, region)
    if found is None:
        raise RefusedError(f"{region.region} does not replicate its documents: there is no replication to pause.")
    return found


def _function_roles(session: boto3.Session, deployment: str) -> Iterable[str]:
    for page in session.client("lambda").get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            purpose = function.get("Handler", "").partition(".")[0]
            if purpose in DENIED_FUNCTIONS and function["FunctionName"].startswith(f"{deployment}-"):
                yield function["Role"].rpartition("/")[2]
