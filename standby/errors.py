"""What a command tells the user when it cannot go on: what happened, what to do about it, and the exit code."""

from typing import Final

import click

FAILED: Final = 1
USAGE: Final = 2
REFUSED: Final = 3


class StandbyError(click.ClickException):
    """A command failed or was declined. Exit code 1.

    `hint` is the next thing to do; it is shown on a line of its own.
    """

    exit_code = FAILED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def format_message(self) -> str:
        """Return the message, and the hint below it where there is one."""
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class BadUsageError(StandbyError):
    """A wrong argument, setting or working directory. Exit code 2."""

    exit_code = USAGE


class RefusedError(StandbyError):
    """A precondition does not hold, such as a missing tool or a rehearsal that is not up. Exit code 3."""

    exit_code = REFUSED


class InterruptedRunError(StandbyError):
    """The user stopped the command (Ctrl-C or a termination signal) and everything that it had started. Exit code 1."""
