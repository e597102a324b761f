"""The commands that a message names, with the options that say which deployment they work on.

A message names a command as `standby status`. After `standby --directory X failover`, that command would meet another
deployment. So each text for people is completed where its lines are broken (`standby.text`), and the fields of a JSON
document that name a command where the document is made. A variable of the shell is no option: it is there for the next
command, too.
"""

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.errors import StandbyError

ACCOUNT_COMMANDS: Final = frozenset(
    ("status", "failover", "failback", "reconcile", "automatic", "journal", "review", "preflight")
)
"""The commands that work on a deployment in an account, or in a rehearsal."""

DRILL: Final = "drill"
"""It works on a rehearsal. Its option `--live` is no part of a hint, so the options of an account are none either."""

_COMMAND: Final = re.compile(r"`standby (?P<group>rehearse )?(?P<command>[a-z]+)(?P<rest>[ `])")


@dataclass(frozen=True, kw_only=True)
class StartOptions:
    """The options that this process was started with, as a shell reads them.

    `account` has those of an account, `directory` the one of a rehearsal, `rehearse` those of `standby rehearse`.
    """

    account: tuple[str, ...] = ()
    directory: tuple[str, ...] = ()
    rehearse: tuple[str, ...] = ()

    def of(self, command: str, *, rehearse: bool) -> tuple[str, ...]:
        """Return the options with which a command works on the same deployment. `rehearse`: it is one of that group."""
        if rehearse:
            return self.rehearse
        if command in ACCOUNT_COMMANDS:
            return (*self.account, *self.directory)
        return self.directory if command == DRILL else ()


def option(name: str, value: str | Path | None) -> tuple[str, ...]:
    """Return an option and its value, quoted; nothing without a value."""
    return (name, shlex.quote(str(value))) if value is not None else ()


def path_from(here: Path, path: Path) -> Path:
    """Return a path as a shell in the directory `here` names it: without `here` if it is inside."""
    here = here.resolve()
    return path.relative_to(here) if path.is_relative_to(here) else path


class _Started:
    options = StartOptions()


@contextmanager
def started_with(options: StartOptions) -> Iterator[None]:
    """Complete all commands with these options until the block ends. It is of the whole process, threads included."""
    before, _Started.options = _Started.options, options
    try:
        yield
    finally:
        _Started.options = before


def complete_commands(text: str) -> str:
    """Return the text with the options in each command that has none. A second time, it changes nothing."""
    return _COMMAND.sub(_complete, text)


def complete_error(error: StandbyError) -> str:
    """Return the whole message of an error, with its commands completed."""
    return complete_commands(error.full_message)


def _complete(found: re.Match[str]) -> str:
    group, command, rest = found["group"] or "", found["command"], found["rest"]
    options = _Started.options.of(command, rehearse=bool(group))
    return f"`standby {group}{''.join(f'{part} ' for part in options)}{command}{rest}"
