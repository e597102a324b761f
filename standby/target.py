"""The deployment that the command line names: in an AWS account, or the rehearsal on this machine."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from standby.errors import BadUsageError, RefusedError

if TYPE_CHECKING:
    from standby.deployment.connection import Connection

SETTINGS_VARIABLE: Final = "STANDBY_SETTINGS"
SETTINGS_FILE: Final = "standby.toml"
SHELL_DIRECTORY_VARIABLE: Final = "STANDBY_DIRECTORY"
"""The rehearsal of a shell, as `standby rehearse env` exports it."""

AWS_HINT: Final = "`standby --aws COMMAND` works on the AWS account instead."
DEFAULT_NAME: Final = "chatbot"
DEFAULT_REGIONS: Final = {"primary": "us-west-2", "failover": "us-east-1"}


@dataclass(frozen=True, kw_only=True)
class TargetOptions:
    """The options of the command line that name a deployment. Each may be absent."""

    name: str | None = None
    regions: tuple[str, ...] = ()
    profile: str | None = None
    aws: bool = False
    directory: Path | None = None

    @property
    def given(self) -> frozenset[str]:
        """The names of the options that are given, without `--`."""
        values = {
            "name": self.name is not None,
            "region": bool(self.regions),
            "profile": self.profile is not None,
            "aws": self.aws,
            "directory": self.directory is not None,
        }
        return frozenset(name for name, is_given in values.items() if is_given)


@dataclass(frozen=True)
class Target:
    """The deployment that the command line names. `opener` opens the connection once, at the first use."""

    options: TargetOptions
    opener: "Callable[[TargetOptions], Connection]"

    @cached_property
    def connection(self) -> "Connection":
        """The connection. Raises what `open_connection` raises."""
        return self.opener(self.options)


def open_connection(options: TargetOptions) -> "Connection":
    """Connect to the named account, else to the rehearsal that is named or was started here, else to the default one.

    A rehearsal that was started and cannot be used is never replaced by the account. Raises `BadUsageError` for options
    that contradict each other, `RefusedError` when the rehearsal cannot be used.
    """
    if options.aws or options.profile:
        return _connect_to_aws(options)
    if options.directory is not None:
        return _connect_to_rehearsal(options.directory, options, other="")
    if exported := exported_directory():
        other = f"`unset {SHELL_DIRECTORY_VARIABLE}` forgets it: `standby rehearse env` had set it in this shell."
        return _connect_to_rehearsal(exported, options, other=f"{other}\n  {AWS_HINT}")
    nearest = _nearest_rehearsal()
    if nearest is not None:
        return _connect_to_rehearsal(nearest, options, other=AWS_HINT)
    return _connect_to_aws(options)


def exported_directory() -> Path | None:
    """Return the rehearsal that `standby rehearse env` named in this shell, None if it did not."""
    named = os.environ.get(SHELL_DIRECTORY_VARIABLE)
    return Path(named) if named else None


def _connect_to_rehearsal(directory: Path, options: TargetOptions, *, other: str) -> "Connection":
    """Connect, or refuse with the next commands. `other` is one more of them."""
    if options.regions:
        raise BadUsageError(
            f"--region names a region in an AWS account, but the rehearsal in {directory} has its own regions.",
            hint=f"Leave --region out, or add --aws. {other}".strip(),
        )
    try:
        from standby.rehearsal.connection import open_rehearsal_connection  # noqa: PLC0415 - its packages are optional
    except ModuleNotFoundError as error:
        raise RefusedError(
            f"The rehearsal in {directory} cannot be used: the Python package {error.name} is missing.",
            hint="\n  ".join(filter(None, ("Get it: pip install 'warm-standby[rehearsal]'", other))),
        ) from error
    try:
        return open_rehearsal_connection(directory, name=options.name)
    except RefusedError as error:
        raise RefusedError(error.message, hint="\n  ".join(filter(None, (error.hint, other)))) from error


def _connect_to_aws(options: TargetOptions) -> "Connection":
    from standby.deployment.connection import AwsConnection  # noqa: PLC0415 - botocore; the help needs none of it

    settings = {} if options.name and options.regions else _read_settings()
    regions = options.regions or tuple(_get_region(settings, role) for role in DEFAULT_REGIONS)
    name = options.name or str(settings.get("name", DEFAULT_NAME))
    # The file's accounts are those of the deployment that it names.
    allowed = _allowed_accounts(settings) if name == settings.get("name") else ()
    return AwsConnection(name=name, regions=regions, profile=options.profile, allowed_accounts=allowed)


def _allowed_accounts(settings: Mapping[str, object]) -> tuple[str, ...]:
    allowed = settings.get("allowed_account_ids", [])
    if not isinstance(allowed, list) or not all(isinstance(account, str) for account in allowed):
        raise BadUsageError(
            f"allowed_account_ids = {allowed!r}: not a list of texts.",
            hint='Use the 12 digits of each account ID, in quotes: ["111122223333"].',
        )
    return tuple(allowed)


def _get_region(settings: Mapping[str, object], role: str) -> str:
    regions = settings.get("regions")
    return str(regions.get(role, DEFAULT_REGIONS[role])) if isinstance(regions, dict) else DEFAULT_REGIONS[role]


def _read_settings() -> Mapping[str, object]:
    named = os.environ.get(SETTINGS_VARIABLE)
    found = Path(named) if named else _find_upwards(SETTINGS_FILE)
    if found is None:
        return {}
    try:
        return tomllib.loads(found.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise BadUsageError(f"{found}: {error}", hint="With --name and --region the file is not needed.") from error


def _find_upwards(name: str) -> Path | None:
    here = Path.cwd()
    return next((path / name for path in (here, *here.parents) if (path / name).exists()), None)


def _nearest_rehearsal() -> Path | None:
    """Return the rehearsal of the project, None if none was started, or if `standby rehearse down` removed it."""
    project = _find_upwards("cdktf.json")
    if project is None:
        return None
    from standby.rehearsal.files.paths import DIRECTORY_NAME, RehearsalPaths  # noqa: PLC0415 - the help needs none of it

    paths = RehearsalPaths(project=project.parent, directory=project.parent / DIRECTORY_NAME)
    return paths.directory if paths.show_a_start() or _has_processes(paths.directory) else None


def _has_processes(directory: Path) -> bool:
    """Return whether processes of the rehearsal run, although its directory was removed or moved away."""
    try:
        from standby.rehearsal.processes.process import find_processes  # noqa: PLC0415 - its packages are optional
    except ModuleNotFoundError:
        return False
    return bool(find_processes(directory.resolve()))
