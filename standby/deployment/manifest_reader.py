"""Read the manifest from each region's Parameter Store, without Terraform, its state, or the other region."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from standby.deployment.answers import take_text
from standby.deployment.concurrency import Unavailable, first_success
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest, parse_manifest
from standby.errors import RefusedError, StandbyError

DISAGREEMENT: Final = "the manifests of both regions differ: apply the stack again"
MANIFEST_SECONDS: Final = 3.0
OTHER_REGION_SECONDS: Final = 0.2
"""How long to wait for the other region's manifest after the first valid one."""


@dataclass(frozen=True, kw_only=True)
class _Unusable(Unavailable):
    """A region's manifest that is invalid or too old. `error` states the reason."""

    error: StandbyError


def read_manifest(connection: Connection) -> Manifest:
    """Ask both regions concurrently; the first valid answer wins.

    If the other region answers shortly afterward and its manifest differs or is unusable, `disagreement` states it.
    Raises `RefusedError` when no region answers, and `StandbyError` when neither has a usable manifest.
    """
    tasks = {region: partial(_read_usable, connection, region) for region in connection.regions}
    answers = first_success(tasks, seconds=MANIFEST_SECONDS, then=OTHER_REGION_SECONDS)
    good = [answer for answer in answers.values() if isinstance(answer, Manifest)]
    unusable = {region: answer.error for region, answer in answers.items() if isinstance(answer, _Unusable)}
    if good:
        return _with_disagreement(good, warnings=[_describe(region, error) for region, error in unusable.items()])
    for error in unusable.values():
        raise error
    raise RefusedError(
        f"No manifest of {connection.name}: " + "; ".join(f"{region} {why}" for region, why in answers.items()),
        hint="Are --name and --region right, and do these credentials allow ssm:GetParameter there?",
    )


def fetch_manifest(connection: Connection, region: str) -> str:
    """Return the text of one region's manifest. Raises botocore's errors."""
    name = f"/warm-standby/{connection.name}/manifest"
    return take_text(connection.clients.ssm(region).get_parameter(Name=name), "Parameter", "Value")


def _read_usable(connection: Connection, region: str) -> Manifest | Unavailable:
    text = fetch_manifest(connection, region)
    try:
        return parse_manifest(text)
    except StandbyError as error:
        return _Unusable(why=error.message, error=error)


def _describe(region: str, error: StandbyError) -> str:
    return f"the manifest of {region} cannot be used: {error.message.rstrip('.')}: apply the stack again"


def _with_disagreement(good: Iterable[Manifest], *, warnings: Iterable[str]) -> Manifest:
    first, *others = good
    differ = [DISAGREEMENT] if any(other != first for other in others) else []
    return first.model_copy(update={"disagreement": "; ".join([*differ, *warnings])})
