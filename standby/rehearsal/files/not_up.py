"""The messages of a rehearsal that is not up: each names its directory and the command that starts it."""

from pathlib import Path

from standby.errors import NoDeploymentError
from standby.rehearsal.files.paths import RehearsalPaths, rehearsal_options


class NotUpError(NoDeploymentError):
    """The rehearsal is not up."""

    def __init__(self, paths: RehearsalPaths) -> None:
        super().__init__(f"The rehearsal in {paths.shown} is not up.", hint=up_hint(paths))


def up_hint(paths: RehearsalPaths) -> str:
    """Return the command that starts this rehearsal, as a sentence."""
    options = rehearsal_options(paths, Path.cwd())
    return f"Run `{' '.join(('standby rehearse', *options, 'up'))}`."
