"""The errors that a command reports to its user: the failure, the next command, and the exit code."""

from typing import Final

FAILED: Final = 1
USAGE: Final = 2
REFUSED: Final = 3


class StandbyError(Exception):
    """A command failed or was declined. Exit code 1.

    `message` states the failure and its place; `hint` is the next action, "" if there is none. `no_deployment`: the
    deployment that the command looked for is not there, so another one may be meant.
    """

    exit_code = FAILED
    no_deployment = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def full_message(self) -> str:
        """The message, with the hint on a separate line below it."""
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class BadUsageError(StandbyError):
    """An argument, a setting or the working directory is wrong. Exit code 2."""

    exit_code = USAGE


class RefusedError(StandbyError):
    """A precondition does not hold, such as a missing program or a rehearsal that is not up. Exit code 3."""

    exit_code = REFUSED


class NoDeploymentError(RefusedError):
    """There is no deployment in the place where the command looked for it. Exit code 3."""

    no_deployment = True


class UnclearDeploymentError(BadUsageError):
    """The options, the settings and the rehearsals do not name one deployment that can be used. Exit code 2."""

    no_deployment = True


class InterruptedRunError(StandbyError):
    """The user stopped the command (Ctrl-C or a termination signal) and everything it had started. Exit code 1."""
