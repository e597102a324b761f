"""Whether Terraform's state has a safe place."""

from standby.deployment.concurrency import Unavailable
from standby.preflight.checks.identity import check_permissions
from standby.preflight.facts.principal import Simulation
from standby.preflight.facts.state import OwnResources, StateBucket
from standby.preflight.findings import Finding, unknown
from standby.stack.configuration import StateBackend


def check_state(backend: StateBackend, own: OwnResources | Unavailable, *, deployed: bool | Unavailable) -> Finding:
    """Return whether the state fits the account. `deployed`: a deployment of this name is in the account."""
    if isinstance(own, Unavailable):
        return unknown("state", own, action="s3:GetObject on the state" if backend.bucket else "")
    if own.exists:
        return Finding(
            check="state", status="ok", detail=f"{backend.path.rpartition('/')[2] or backend} has this deployment"
        )
    if isinstance(deployed, Unavailable):
        return unknown("state", deployed, action="ssm:GetParameter")
    if deployed:
        return Finding(
            check="state",
            status="fails",
            detail=f"{backend} is empty, but a deployment of this name is in the account",
            remedy="Use its state, or choose another `name`.",
        )
    if backend.path:
        return Finding(
            check="state",
            status="advice",
            detail=f"a new file on this machine: {backend.path.rpartition('/')[2]}",
            remedy='For two people, or CI: set [state] backend = "s3" before the first deploy.',
        )
    return Finding(check="state", status="ok", detail=f"{backend} is new")


def check_state_bucket(
    backend: StateBackend, bucket: StateBucket | Unavailable, writes: Simulation | Unavailable
) -> list[Finding]:
    """Return whether the bucket is in its region, keeps versions, and accepts a state and its lock."""
    if isinstance(bucket, Unavailable):
        return [
            Finding(
                check="state bucket",
                status="unknown" if bucket.unreachable else "fails",
                detail=f"{backend.bucket}: {bucket}",
                remedy=f"Create it with versioning: `aws s3 mb s3://{backend.bucket} --region {backend.region}`",
            )
        ]
    faults = [
        fault
        for fault, is_wrong in (
            (f"it is in {bucket.region}, not in {backend.region}", bucket.region != backend.region),
            ("it keeps no versions", not bucket.versioned),
        )
        if is_wrong
    ]
    version = "--versioning-configuration Status=Enabled"
    found = Finding(
        check="state bucket",
        status="fails" if faults else "ok",
        detail=f"{backend.bucket}: {'; '.join(faults)}" if faults else f"{backend.bucket} keeps versions",
        remedy=f"`aws s3api put-bucket-versioning --bucket {backend.bucket} {version}`; set [state] region"
        if faults
        else "",
    )
    return [found, check_permissions(writes, check="state lock")]
