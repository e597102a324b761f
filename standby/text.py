"""Text for people: counts in words, and text from outside without characters that change a terminal."""

from typing import Final

MAX_TEXT: Final = 300
"""The characters of a text from outside that are shown: more than that hides the rest of a message."""


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


def describe_missing(number: int, thing: str, *, of: str, there: str) -> str:
    """Return in words that things of one region are missing in another."""
    return f"{pluralize(number, thing)} of {of} {'is' if number == 1 else 'are'} missing in {there}"


def describe_not_inspected(number: int) -> str:
    """Return in words that N more things were not inspected, "" for none."""
    return f"{number} more {'was' if number == 1 else 'were'} not inspected" if number else ""
