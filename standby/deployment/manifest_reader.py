"""Read the manifest from each region's Parameter Store: no Terraform, no state, no other region is needed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from standby.deployment.concurrency import Unavailable, first_success
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest, parse_manifest
from standby.errors import RefusedError, StandbyError

DISAGREEMENT: Final = "the two regions' manifests differ: apply the stack again"
MANIFEST_SECONDS: Final = 3.0
SECOND_ANSWER_SECONDS: Final = 0.2


@dataclass(frozen=True, kw_only=True)
class _Unusable(Unavailable):
    """A region's manifest that came and is none, as if it had not come. `error` says why."""

    error: StandbyError


def read_manifest(connection: Connection) -> Manifest:
    """Ask both regions side by side; the first good answer wins, and the other one is waited for only for a moment.

    Where it came in time and differs, or is no manifest of today, `disagreement` says so. Raises `RefusedError` when no
    region answers, `StandbyError` when none has a manifest that can be used.
    """
    tasks = {region: partial(_usable, connection, region) for region in connection.regions}
    answers = first_success(tasks, seconds=MANIFEST_SECONDS, then=SECOND_ANSWER_SECONDS)
    good = [answer for answer in answers.values() if isinstance(answer, Manifest)]
    unusable = {region: answer.error for region, answer in answers.items() if isinstance(answer, _Unusable)}
    if good:
        return _agreed(good, warnings=[_cannot_be_used(region, error) for region, error in unusable.items()])
    for error in unusable.values():
        raise error
    raise RefusedError(
        f"No manifest of {connection.name}: " + "; ".join(f"{region} {why}" for region, why in answers.items()),
        hint="Are --name and --region right, and may these credentials call ssm:GetParameter there?",
    )


def fetch_manifest(connection: Connection, region: str) -> str:
    """Return the text of one region's manifest. Raises botocore's errors."""
    name = f"/warm-standby/{connection.name}/manifest"
    return str(connection.clients.ssm(region).get_parameter(Name=name)["Parameter"]["Value"])


def _usable(connection: Connection, region: str) -> Manifest | Unavailable:
    text = fetch_manifest(connection, region)
    try:
        return parse_manifest(text)
    except StandbyError as error:
        return _Unusable(why=error.message, error=error)


def _cannot_be_used(region: str, error: StandbyError) -> str:
    return f"the manifest of {region} cannot be used: {error.message.rstrip('.')}: apply the stack again"


def _agreed(good: Iterable[Manifest], *, warnings: Iterable[str]) -> Manifest:
    first, *others = good
    differ = [DISAGREEMENT] if any(other != first for other in others) else []
    return replace(first, disagreement="; ".join([*differ, *warnings]))
