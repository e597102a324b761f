"""Read the manifest from each region's Parameter Store: no Terraform, no state, no other region is needed."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from standby.errors import RefusedError
from standby.manifest import Manifest, parse_manifest
from standby.operate.connection import Connection
from standby.operate.together import first_good

DISAGREEMENT: Final = "the two regions' manifests differ: apply the stack again"
SECONDS: Final = 3.0
SECOND_ANSWER_SECONDS: Final = 0.2


def read_manifest(connection: Connection) -> Manifest:
    """Ask both regions side by side; the first good answer wins, and the other one is waited for only for a moment.

    Where it came in time and differs, `disagreement` says so. Raises `RefusedError` when no region answers.
    """
    tasks = {region: partial(fetch_manifest, connection, region) for region in connection.regions}
    answers = first_good(tasks, seconds=SECONDS, then=SECOND_ANSWER_SECONDS)
    good = {region: answer for region, answer in answers.items() if isinstance(answer, str)}
    if not good:
        raise RefusedError(
            f"No manifest of {connection.name}: " + "; ".join(f"{region} {why}" for region, why in answers.items()),
            hint="Are --name and --region right, and may these credentials call ssm:GetParameter there?",
        )
    return _agreed(good)


def fetch_manifest(connection: Connection, region: str) -> str:
    """Return the text of one region's manifest. Raises botocore's errors."""
    name = f"/warm-standby/{connection.name}/manifest"
    return str(connection.clients.ssm(region).get_parameter(Name=name)["Parameter"]["Value"])


def _agreed(answers: Mapping[str, str]) -> Manifest:
    parsed = {region: parse_manifest(text) for region, text in answers.items()}
    first, *others = parsed.values()
    if all(other == first for other in others):
        return first
    return replace(first, disagreement=DISAGREEMENT)
