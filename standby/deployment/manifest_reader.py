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
    Raises `RefusedError` when no region answers, or when the account is not an allowed one, and `StandbyError` when
    neither region has a usable manifest.
    """
    tasks = {region: partial(_read_usable, connection, region) for region in connection.regions}
    answers = first_success(tasks, seconds=MANIFEST_SECONDS, then=OTHER_REGION_SECONDS)
    good = [answer for answer in answers.values() if isinstance(answer, Manifest)]
    unusable = {region: answer.error for region, answer in answers.items() if isinstance(answer, _Unusable)}
    if good:
        _refuse_other_account(connection, good[0].account)
        return _with_disagreement(good, warnings=[_describe(region, error) for region, error in unusable.items()])
    for error in unusable.values():
        raise error
    _refuse_other_account(connection, _find_account(connection))
    raise RefusedError(
        f"No manifest of {connection.name}: " + "; ".join(f"{region} {why}" for region, why in answers.items()),
        hint="Are --name and --region right, and do these credentials allow ssm:GetParameter there?",
    )


def _refuse_other_account(connection: Connection, account: str | None) -> None:
    """Raise `RefusedError` if the account is none of the allowed ones. None: it is not known."""
    allowed = connection.allowed_accounts
    if account is not None and allowed and account not in allowed:
        raise RefusedError(
            f"{connection.name} may be in account {' or '.join(allowed)} only (allowed_account_ids), and these"
            f" credentials are those of {account}."
        )


def _find_account(connection: Connection) -> str | None:
    """Return the account of the credentials, None if no region says. It is asked only when no manifest was found."""
    if not connection.allowed_accounts:
        return None
    tasks = {region: partial(_account_in, connection, region) for region in connection.regions}
    answers = first_success(tasks, seconds=MANIFEST_SECONDS, then=0)
    return next((answer for answer in answers.values() if isinstance(answer, str)), None)


def _account_in(connection: Connection, region: str) -> str:
    return take_text(connection.clients.sts(region).get_caller_identity(), "Account")


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
