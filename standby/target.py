"""The deployment that the command line names: in an AWS account, or the rehearsal on this machine."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from standby.contexts import CONTEXT_VARIABLE, chosen_context, read_contexts
from standby.errors import BadUsageError, RefusedError, UnclearDeploymentError
from standby.named_commands import StartOptions, option, path_from
from standby.settings_file import SETTINGS_VARIABLE, DeploymentSettings, find_upwards, named_settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from standby.deployment.connection import Connection

SHELL_DIRECTORY_VARIABLE: Final = "STANDBY_DIRECTORY"
"""The rehearsal of a shell, as `standby rehearse env` exports it."""

_PROJECT_FILE: Final = "cdktf.json"

AWS_HINT: Final = "`standby --aws COMMAND` works on the AWS account instead."


@dataclass(frozen=True, kw_only=True)
class TargetOptions:
    """The options of the command line that name a deployment. Each may be absent."""

    name: str | None = None
    regions: tuple[str, ...] = ()
    profile: str | None = None
    aws: bool = False
    directory: Path | None = None
    context: str | None = None

    @property
    def given(self) -> frozenset[str]:
        """The names of the options that are given, without `--`."""
        values = {
            "name": self.name is not None,
            "region": bool(self.regions),
            "profile": self.profile is not None,
            "aws": self.aws,
            "directory": self.directory is not None,
            "context": self.context is not None,
        }
        return frozenset(name for name, is_given in values.items() if is_given)

    @property
    def start_options(self) -> StartOptions:
        """These options, for the commands that a message names."""
        account = (
            *(("--aws",) if self.aws else ()),
            *option("--context", self.context),
            *option("--name", self.name),
            *option("--profile", self.profile),
            *(part for region in self.regions for part in option("--region", region)),
        )
        directory = option("--directory", self.directory)
        return StartOptions(account=account, directory=directory, rehearse=(*self._project_option, *directory))

    @property
    def _project_option(self) -> tuple[str, ...]:
        """The project of the rehearsal, which `standby rehearse` finds only in it or below it."""
        if self.directory is None or find_upwards(_PROJECT_FILE) is not None:
            return ()
        project = self.directory.absolute().parent
        return option("--project", project) if (project / _PROJECT_FILE).is_file() else ()


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
    """Connect to the named account, to the rehearsal that is named or was started here, or to the user's account.

    They are tried in this order. The user's account is that of the current context, else that of the settings file.

    A rehearsal that was started and cannot be used is never replaced by the account. Raises `BadUsageError` for options
    that contradict each other, `RefusedError` when the rehearsal cannot be used.
    """
    if options.context:
        return _connect_to_context(options.context)
    if options.aws or options.profile:
        return _connect_to_aws(options)
    if options.directory is not None:
        return _connect_to_rehearsal(options.directory, options, other="")
    if exported := exported_directory():
        other = f"`unset {SHELL_DIRECTORY_VARIABLE}` forgets it: `standby rehearse env` had set it in this shell."
        return _meant(_connect_to_rehearsal(exported, options, other=f"{other}\n  {AWS_HINT}"), exported)
    nearest = _nearest_rehearsal()
    if nearest is not None:
        return _meant(_connect_to_rehearsal(nearest, options, other=AWS_HINT), nearest)
    current = None if options.given else chosen_context(read_contexts(), named=None)
    return _connect_to_current_context(current) if current else _connect_to_aws(options)


def exported_directory() -> Path | None:
    """Return the rehearsal that `standby rehearse env` named in this shell, None if it did not."""
    named = os.environ.get(SHELL_DIRECTORY_VARIABLE)
    return Path(named) if named else None


def _connect_to_rehearsal(directory: Path, options: TargetOptions, *, other: str) -> "Connection":
    """Connect, or refuse with the next commands. `other` is one more of them."""
    shown = path_from(Path.cwd(), directory)
    if options.regions:
        raise BadUsageError(
            f"--region names a region in an AWS account, but the rehearsal in {shown} has its own regions.",
            hint=f"Leave --region out, or add --aws. {other}".strip(),
        )
    try:
        from standby.rehearsal.connection import open_rehearsal_connection  # noqa: PLC0415 - its packages are optional
    except ModuleNotFoundError as error:
        raise RefusedError(
            f"The rehearsal in {shown} cannot be used: the Python package {error.name} is missing.",
            hint="\n  ".join(filter(None, ("Get it: pip install 'warm-standby[rehearsal]'", other))),
        ) from error
    try:
        return open_rehearsal_connection(directory, name=options.name)
    except RefusedError as error:
        error.hint = "\n  ".join(filter(None, (error.hint, other)))
        raise


def _meant(connection: "Connection", directory: Path) -> "Connection":
    refuse_settings_of_another(connection.name, directory)
    return connection


def refuse_settings_of_another(deployed: str | None, directory: Path, *, rehearse: str = "") -> None:
    """Refuse a rehearsal that no option names, if `STANDBY_SETTINGS` names the settings of another deployment.

    `deployed` is the name of the rehearsal's deployment, None if it has none. `rehearse` is the command of the group
    `standby rehearse`, "" for another one. Raises `UnclearDeploymentError`.
    """
    named = named_settings()
    if deployed is None or named is None or (name := read_settings(named).name) == deployed:
        return
    directory = path_from(Path.cwd(), directory)
    here = (
        " ".join(("standby rehearse", *option("--directory", directory), rehearse))
        if rehearse
        else " ".join(("standby", *option("--directory", directory), "COMMAND"))
    )
    other = (
        f"`standby rehearse --directory DIRECTORY {rehearse}` on the rehearsal of {name} in another directory"
        if rehearse
        else f"`standby --aws COMMAND` on {name} in the AWS account"
    )
    raise UnclearDeploymentError(
        f"{SETTINGS_VARIABLE} names {named}, which describes {name}, and the rehearsal in {directory} has {deployed}.",
        hint=f"Say which of them: `{here}` works on {deployed} in the rehearsal, {other}.",
    )


def _connect_to_aws(options: TargetOptions) -> "Connection":
    from standby.deployment.connection import AwsConnection  # noqa: PLC0415 - botocore; the help needs none of it

    settings = DeploymentSettings() if options.name and options.regions else read_settings()
    name = options.name or settings.name
    return AwsConnection(
        name=name,
        regions=options.regions or settings.regions,
        profile=options.profile,
        # The file's accounts are those of the deployment that it names.
        allowed_accounts=settings.allowed_accounts if name == settings.name else (),
    )


def _connect_to_context(key: str) -> "Connection":
    from standby.deployment.connection import AwsConnection  # noqa: PLC0415 - botocore; the help needs none of it

    context = read_contexts().find(key)
    return AwsConnection(name=context.name, regions=context.regions, profile=context.profile, context=key)


def _connect_to_current_context(key: str) -> "Connection":
    """Connect, unless this directory belongs to another deployment: nobody then knows which of them is meant."""
    context, settings = read_contexts().find(key), read_settings()
    if settings.path is not None and settings.name != context.name:
        chosen = f"{CONTEXT_VARIABLE} names" if os.environ.get(CONTEXT_VARIABLE) else "the current context is"
        raise BadUsageError(
            f"{settings.path} describes {settings.name}, and {chosen} {key} ({context.name}).",
            hint=f"Say which of them: `standby --context {key} COMMAND`, or `standby --name {settings.name} COMMAND`.",
        )
    return _connect_to_context(key)


def _nearest_rehearsal() -> Path | None:
    """Return the rehearsal of the project, None if none was started, or if `standby rehearse down` removed it."""
    project = find_upwards(_PROJECT_FILE)
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
