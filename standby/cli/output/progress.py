"""Progress as one live line on a terminal, or as plain lines if stderr is not a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.text import Text

from standby.console import print_progress
from standby.text import wrap_lines

LINES_EVERY: Final = 20
"""Without a terminal, a count is printed once every N steps."""


class ConsoleProgress:
    """Progress as one live line on a terminal, and as a few plain lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("", spinner="dots") if console.is_terminal else None
        self._text = ""

    @contextmanager
    def live(self) -> Iterator["ConsoleProgress"]:
        """Show the live line until the block ends, with or without an error."""
        if self._status is None:
            yield self
            return
        with self._status:
            yield self

    def start(self, text: str) -> None:
        """Report the task that begins now."""
        self._text = text
        self._show(text, lasting=True)

    def count(self, done: int, total: int) -> None:
        """Report how much of the task is done."""
        self._show(f"{self._text}: {done} of {total}", lasting=done == total or done % LINES_EVERY == 0)

    def note(self, text: str) -> None:
        """Print a line that stays on the screen."""
        self._print(text)

    def _show(self, text: str, *, lasting: bool) -> None:
        if self._status is not None:
            self._status.update(Text(text))
        elif lasting:
            self._print(text)

    def _print(self, text: str) -> None:
        if self._console.is_terminal:
            self._console.print(wrap_lines(text), markup=False, highlight=False, soft_wrap=True)
        else:  # rich would end the command if nobody reads the progress
            print_progress(text, self._console.file)
