"""Move users to the failover region, as `standby failover` does: the same plan, and the same conditional write.

First the intent goes into the journal, then config.json is replaced on condition that it is still the one that was
read. The controller writes in its own region only: the primary region's copy is pending for `standby reconcile`.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from controller.objects import BucketFacts, JournalEnd
from shared.errors import error_code
from standby_protocol.conditional_write import NO_SUCH_KEY, judge_write, write_arguments
from standby_protocol.deployment import ROLES, Role, Unavailable
from standby_protocol.generation import KnownGenerations
from standby_protocol.journal import event_key, format_time, new_event_document
from standby_protocol.routing_config import KEY, MAX_READ_BYTES, ConfigCopy
from standby_protocol.switch import SwitchWrites, plan_writes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

    from controller.settings import ControlledDeployment

Outcome = Literal["moved", "lost", "failed", "unknown", "refused"]
ACTOR = "controller"
_RESULTS: "Mapping[Outcome, str]" = {"moved": "incomplete", "lost": "lost", "failed": "failed", "unknown": "unknown"}


@dataclass(frozen=True, kw_only=True)
class Move:
    """How a move ended, its generation, and a reason that is not "" unless users were moved."""

    outcome: Outcome
    generation: int = 0
    why: str = ""


def known_generations(buckets: "Mapping[Role, BucketFacts]") -> KnownGenerations:
    """Return the generations that both buckets show."""
    ends = {role: buckets[role].journal for role in ROLES}
    return KnownGenerations(
        copies={role: buckets[role].copy for role in ROLES},
        journal_generation=max((end.generation for end in ends.values() if isinstance(end, JournalEnd)), default=0),
        unread_journals={role: end for role, end in ends.items() if isinstance(end, Unavailable)},
    )


def move_users(
    s3: "S3Client",
    deployment: "ControlledDeployment",
    buckets: "Mapping[Role, BucketFacts]",
    *,
    reason: str,
    actor: str,
    now: datetime,
) -> Move:
    """Make the failover region serve. Raises botocore's errors if the intent cannot be written: nothing has changed."""
    own = buckets["failover"].copy
    if isinstance(own, Unavailable):
        return Move(outcome="refused", why=f"config.json of its own region {own}")
    writes = plan_writes(deployment, "failover", own, known=known_generations(buckets), now=now)
    if writes.refusals:
        return Move(outcome="refused", why=writes.refusals[0].reason)
    target = deployment.regions["failover"].region
    event = new_event_document(
        generation=writes.generation,
        command="failover",
        actor=actor,
        reason=reason,
        source=writes.source,
        target=target,
        now=now,
    )
    _write_event(s3, own.bucket, event)
    outcome, why = _replace(s3, own, writes.text)
    _write_event(s3, own.bucket, event | _ending(deployment, writes, outcome, why, now=now))
    return Move(outcome=outcome, generation=writes.generation, why=why)


def _replace(s3: "S3Client", seen: ConfigCopy, text: str) -> tuple[Outcome, str]:
    try:
        s3.put_object(**write_arguments(seen, text))
    except (ClientError, BotoCoreError) as error:
        outcome = judge_write(error, written=_is_written(s3, seen, text))
        if outcome == "written":
            return "moved", ""
        if outcome == "changed":
            return "lost", "config.json was changed by another command"
        return outcome, f"the write of config.json answers {error_code(error)}"
    return "moved", ""


def _is_written(s3: "S3Client", seen: ConfigCopy, text: str) -> bool | None:
    """Return whether the object has this text; None if it cannot be read."""
    try:
        body = s3.get_object(Bucket=seen.bucket, Key=KEY)["Body"].read(MAX_READ_BYTES)
    except (ClientError, BotoCoreError) as error:
        return False if error_code(error) == NO_SUCH_KEY else None
    return body == text.encode()


def _ending(
    deployment: "ControlledDeployment", writes: SwitchWrites, outcome: Outcome, why: str, *, now: datetime
) -> dict[str, Any]:
    """Return the members of the event at its end."""
    target, other = deployment.regions["failover"].region, deployment.regions["primary"].region
    moved = outcome == "moved"
    step = {
        "step": f"Write config.json in {target}",
        "result": "done" if moved else outcome,
        "detail": f"generation {writes.generation}" if moved else why,
        "at": format_time(now),
        "seconds": 0.0,
    }
    pending = [{"region": other, "what": KEY, "why": "the controller writes in its own region only"}] if moved else []
    return {
        "endedAt": None if outcome == "unknown" else format_time(now),
        "result": _RESULTS[outcome],
        "steps": [step],
        "pendingWrites": pending,
    }


def _write_event(s3: "S3Client", bucket: str, event: "Mapping[str, Any]") -> None:
    key = event_key(generation=event["generation"], started_at=event["startedAt"], id_=event["id"])
    body = json.dumps(event, indent=1).encode()
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json", CacheControl="no-store")
