"""Switch the automatic failover on or off: a small object beside config.json, in both regions. Off in either is off."""

import json
from functools import partial
from typing import Final

from standby.deployment.answers import take_text
from standby.deployment.concurrency import Unavailable, run_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Region, Role
from standby_protocol.automatic import SWITCH_KEY
from standby_protocol.journal import format_time

SECONDS: Final = 4.0


def write_switch(
    connection: Connection, manifest: Manifest, *, enabled: bool, actor: str, reason: str
) -> dict[Role, str]:
    """Write the object in both regions concurrently. Return "" for a region that has it, else why it has not."""
    document = {
        "enabled": enabled,
        "by": actor,
        "reason": reason,
        "at": format_time(connection.clients.clock.now()),
    }
    body = json.dumps(document).encode()
    tasks = {role: partial(_put, connection, manifest.regions[role], body) for role in ROLES}
    found = run_concurrently(tasks, seconds=SECONDS)
    return {role: str(result) if isinstance(result, Unavailable) else "" for role, result in found.items()}


def _put(connection: Connection, region: Region, body: bytes) -> None:
    answer = connection.clients.s3(region.region).put_object(
        Bucket=region.frontend_bucket,
        Key=SWITCH_KEY,
        Body=body,
        ContentType="application/json",
        CacheControl="no-store",
    )
    take_text(answer, "ETag")
