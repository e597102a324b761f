"""Read the manifest from each region's Parameter Store, without Terraform, its state, or the other region."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from standby.deployment.answers import take_text
from standby.deployment.concurrency import TIME_OUT, ConcurrentCalls, NoAnswerError, Unavailable, look_twice
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest, Role, describe_differences, find_differences, parse_manifest
from standby.errors import NoDeploymentError, RefusedError, StandbyError
from standby.machine import with_load

MANIFEST_SECONDS: Final = 3.0
OTHER_REGION_SECONDS: Final = 0.2
"""How long to wait for the other region's manifest after the first valid one."""


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A usable manifest, and the region that it was read from."""

    region: str
    manifest: Manifest

    def is_of(self, target: Role | None) -> bool:
        """Whether it is the target's own manifest; without a target, each one is."""
        return target is None or self.manifest.regions[target].region == self.region


@dataclass(frozen=True, kw_only=True)
class _Unusable(Unavailable):
    """A region's manifest that is invalid or of another version. `error` states the reason."""

    error: StandbyError


Answers = Mapping[str, _Found | Unavailable]
"""What each region answered, by its name."""


def read_manifest(connection: Connection, *, target: Role | None = None) -> Manifest:
    """Ask both regions concurrently, and return the valid manifest of the region with the role `target`.

    Without a target, or if that region has no usable manifest, it is that of the first region in the connection's order
    that has one. `differences` name what the other region's manifest says otherwise, if it answers shortly afterward;
    `warnings` say it too, and which manifest cannot be used.
    Raises `RefusedError` when no region answers, or when the account is not an allowed one, and `StandbyError` when
    neither region has a usable manifest.
    """
    answers = _ask(connection, target)
    found = [answer for answer in answers.values() if isinstance(answer, _Found)]
    if found:
        chosen = next((one for one in found if one.is_of(target)), found[0])
        _refuse_other_account(connection, chosen.manifest.account)
        return _with_warnings(chosen, answers, target)
    for answer in answers.values():
        if isinstance(answer, _Unusable):
            raise answer.error
    _refuse_without_credentials(connection, answers)
    _refuse_other_account(connection, _find_account(connection))
    why = "; ".join(f"{region} {answer}" for region, answer in answers.items())
    raise NoDeploymentError(f"No manifest of {connection.name}: {why}", hint=_next_look(connection, answers))


def check_own_network(regions: Iterable[str]) -> str:
    """Return the next command when nothing answers: this machine's network is the first suspect."""
    commands = " and ".join(f"`curl -sSI https://sts.{region}.amazonaws.com`" for region in regions)
    return f"check your own network first: {commands} must print an HTTP status"


def _next_look(connection: Connection, answers: Answers) -> str:
    """Return what to do when no region has given a manifest."""
    silent = all(isinstance(answer, Unavailable) and answer.unreachable for answer in answers.values())
    if silent and connection.rehearsed:
        heal = "`standby rehearse status` shows what is down; `standby rehearse heal` ends every fault."
        late = any(TIME_OUT in str(answer) for answer in answers.values())
        return with_load(heal) if late else heal
    if silent:
        return f"C{check_own_network(answers)[1:]}."
    return "Are --name and --region right, and do these credentials allow ssm:GetParameter there?"


def _refuse_without_credentials(connection: Connection, answers: Answers) -> None:
    """Raise `NoDeploymentError` if the credentials failed everywhere: then nothing is known of any region."""
    failures = {str(answer) for answer in answers.values() if isinstance(answer, Unavailable) and answer.no_credentials}
    if not failures or not all(
        isinstance(answer, Unavailable) and answer.no_credentials for answer in answers.values()
    ):
        return
    raise NoDeploymentError(
        f"{connection.where}: {'; '.join(sorted(failures))}.",
        hint="Sign in (`aws sso login`, AWS_PROFILE), or start a rehearsal: `make rehearse`."
        "\n  `aws sts get-caller-identity` tries the credentials.",
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
    calls = ConcurrentCalls(tasks)
    calls.wait(tasks, seconds=MANIFEST_SECONDS, enough=lambda done: any(isinstance(answer, str) for answer in done))
    return next((answer for answer in calls.results_so_far().values() if isinstance(answer, str)), None)


def _account_in(connection: Connection, region: str) -> str:
    return take_text(connection.clients.sts(region).get_caller_identity(), "Account")


def fetch_manifest(connection: Connection, region: str) -> Manifest:
    """Return one region's manifest. Raises `StandbyError` if it is unusable, and botocore's errors."""
    name = f"/warm-standby/{connection.name}/manifest"
    manifest = parse_manifest(take_text(connection.clients.ssm(region).get_parameter(Name=name), "Parameter", "Value"))
    if manifest.name != connection.name:
        raise StandbyError(f"The manifest is not as expected: it is that of the deployment {manifest.name}.")
    if region not in {part.region for part in manifest.regions.values()}:
        raise StandbyError("The manifest is not as expected: it does not name the region that it was read from.")
    return manifest


def _ask(connection: Connection, target: Role | None) -> Answers:
    """Wait for the target's manifest, or for any without a target; then a little longer for the other one."""
    calls = ConcurrentCalls({region: partial(_find, connection, region) for region in connection.regions})

    def has_own(done: Iterable[_Found | Unavailable]) -> bool:
        return any(isinstance(answer, _Found) and answer.is_of(target) for answer in done)

    calls.wait(connection.regions, seconds=MANIFEST_SECONDS, enough=has_own)
    calls.wait(connection.regions, seconds=OTHER_REGION_SECONDS)
    return calls.results_so_far(MANIFEST_SECONDS)


def _find(connection: Connection, region: str) -> _Found | Unavailable:
    try:
        return _Found(region=region, manifest=look_twice(partial(fetch_manifest, connection, region)))
    except NoAnswerError:
        raise
    except StandbyError as error:
        return _Unusable(why=error.message, error=error)


def _with_warnings(chosen: _Found, answers: Answers, target: Role | None) -> Manifest:
    warnings: list[str] = []
    differences: tuple[str, ...] = ()
    own = chosen.manifest.regions[target].region if target is not None else chosen.region
    if own != chosen.region:
        warnings.append(f"the manifest of {own} cannot be read ({answers.get(own)}): that of {chosen.region} is used")
    for region, answer in answers.items():
        if isinstance(answer, _Unusable) and region != own:
            warnings.append(f"the manifest of {region} cannot be used: {answer.why.rstrip('.')}: apply the stack again")
        elif isinstance(answer, _Found) and answer is not chosen:
            differences = find_differences(chosen.manifest, answer.manifest)
            if differences:
                warnings.append(f"{describe_differences(differences)}: apply the stack again")
    found = {"read_from": chosen.region, "differences": differences, "warnings": tuple(warnings)}
    return chosen.manifest.model_copy(update=found)
