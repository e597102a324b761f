"""Text for people: lines of 80 columns, counts in words, and text from outside that does not change a terminal."""

import re
import textwrap
from typing import Final

from standby.named_commands import complete_commands

WIDTH: Final = 80
"""The columns of a line, on a terminal and in a file or pipe."""

BELOW: Final = "    "
"""The indent of a text that does not fit beside its label."""

_COMMAND: Final = re.compile(r"`[^`]*`")
_MARK: Final = re.compile(r"(?P<indent> *)(?P<mark>(?:-|\*|->|\d+\.) )?")

MAX_TEXT: Final = 300
"""The characters of a text from outside that are shown: more than that hides the rest of a message."""
CONTINUED: Final = " \\"
"""The end of a line of a command that goes on: a shell would not understand it in parts."""


def printable(text: str) -> str:
    r"""Return the text with every character that is not printable as its escape, except line ends.

    Control characters, text direction marks and surrogates become `\x1b`, `\u202e`, `\udcf6`.
    """
    return "".join(
        letter if letter.isprintable() or letter == "\n" else letter.encode("unicode_escape").decode()
        for letter in text
    )


def one_line(text: str) -> str:
    """Return a text from outside in one printable line of at most 300 characters."""
    line = printable(" ".join(text[: 4 * MAX_TEXT].split()))
    return line if len(line) <= MAX_TEXT else f"{line[:MAX_TEXT]}..."


def pluralize(number: int, thing: str) -> str:
    """Return a number of things, in the plural unless it is one."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def describe_seconds(seconds: float) -> str:
    """Return a time: seconds below two minutes, minutes below two hours, otherwise hours."""
    if seconds < 120:  # noqa: PLR2004 - as the docstring says
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"  # noqa: PLR2004


def describe_missing(number: int, thing: str, *, of: str, there: str) -> str:
    """Return in words that things of one region are missing in another."""
    return f"{pluralize(number, thing)} of {of} {'is' if number == 1 else 'are'} missing in {there}"


def describe_not_inspected(number: int) -> str:
    """Return in words that N more things were not inspected, "" for none."""
    return f"{number} more {'was' if number == 1 else 'were'} not inspected" if number else ""


def wrap(text: str, *, first: str = "", rest: str = "") -> list[str]:
    """Return one paragraph as lines of at most 80 columns.

    Lines break at blanks only. A longer word stays whole, and a command in backquotes is one word. It gets the options
    that this process was started with.
    """
    whole = _COMMAND.sub(lambda found: found[0].replace(" ", "\0"), complete_commands(text))
    lines = textwrap.wrap(
        whole, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace("\0", " ") for line in lines] or [first.rstrip()]


def wrap_lines(text: str) -> str:
    """Return a text with each line that is too long broken, and indented below its own indent or its list mark."""
    return "\n".join(part for line in text.split("\n") for part in _wrap_line(line.rstrip()))


def label_lines(label: str, text: str, *, column: int) -> list[str]:
    """Return a label and the text beside it, which starts in `column`; below it, if a word does not fit there."""
    first = f"{label:<{column}}" if len(label) < column else f"{label} "
    lines = wrap(text, first=first, rest=" " * column)
    if all(len(line) <= WIDTH for line in lines):
        return lines
    indent = " " * (len(label) - len(label.lstrip())) + BELOW
    return [label.rstrip(), *wrap(text, first=indent, rest=indent)]


def _wrap_line(line: str) -> list[str]:
    line = complete_commands(line)
    found = _MARK.match(line)
    if len(line) <= WIDTH or found is None or line.endswith(CONTINUED):
        return [line]
    rest = " " * len(found[0]) if found["mark"] else f"{found['indent']}  "
    return wrap(line[found.end() :], first=found[0], rest=rest)
