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
    """Connect to the named account, else to a rehearsal that is up, else with the AWS default credentials.

    Raises `BadUsageError` for options that contradict each other, `RefusedError` when the named rehearsal is not up.
    """
    if options.aws or options.profile:
        return _connect_to_aws(options)
    directory = options.directory or _nearest_rehearsal()
    if directory is not None and (directory / "applied.json").is_file():
        rehearsed = _connect_to_rehearsal(directory, options)
        if rehearsed is not None:
            return rehearsed
    if options.directory is not None:
        raise RefusedError(f"No rehearsal is up in {options.directory}.", hint="Run `standby rehearse up`.")
    return _connect_to_aws(options)


def _connect_to_rehearsal(directory: Path, options: TargetOptions) -> "Connection | None":
    try:
        from standby.rehearsal.connection import find_rehearsal_connection  # noqa: PLC0415 - its packages are optional
    except ModuleNotFoundError:
        return None
    return find_rehearsal_connection(directory, name=options.name)


def _connect_to_aws(options: TargetOptions) -> "Connection":
    from standby.deployment.connection import AwsConnection  # noqa: PLC0415 - botocore; the help needs none of it

    settings = {} if options.name and options.regions else _read_settings()
    regions = options.regions or tuple(_get_region(settings, role) for role in DEFAULT_REGIONS)
    name = options.name or str(settings.get("name", DEFAULT_NAME))
    return AwsConnection(name=name, regions=regions, profile=options.profile)


def _get_region(settings: Mapping[str, object], role: str) -> str:
    regions = settings.get("regions")
    return str(regions.get(role, DEFAULT_REGIONS[role])) if isinstance(regions, dict) else DEFAULT_REGIONS[role]


def _read_settings() -> Mapping[str, object]:
    named = os.environ.get(SETTINGS_VARIABLE)
    found = Path(named) if named else _find_upwards(SETTINGS_FILE)
    if found is None:
        return {}
    try:
        return tomllib.loads(found.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadUsageError(f"{found}: {error}", hint="With --name and --region the file is not needed.") from error


def _find_upwards(name: str) -> Path | None:
    here = Path.cwd()
    return next((path / name for path in (here, *here.parents) if (path / name).exists()), None)


def _nearest_rehearsal() -> Path | None:
    project = _find_upwards("cdktf.json")
    return project.parent / ".rehearsal" if project else None
