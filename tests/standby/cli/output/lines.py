"""What a tired person can read: 80 columns, no word split, no trailing blanks."""

import re
from typing import Final

from hypothesis import strategies as st

WIDTH: Final = 80
_COMMAND: Final = re.compile(r"`[^`]*`")
_MARK: Final = re.compile(r" *(?:(?:-|\*|->|\d+\.) )?")

WORDS: Final = st.sampled_from(
    [
        "a",
        "region",
        "us-west-2",
        "does",
        "not",
        "answer",
        "(connection",
        "refused)",
        "arn:aws:iam::000000000000:role/warm-standby-break-glass-operator",
        "https://d111111abcdef8.cloudfront.net/config.json?fresh=1764000000000",
        "arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_BreakGlassAdministrator_0123456789abcdef/ada@example.com",
        "`standby failover`",
        '`standby --profile break-glass --region us-east-1 failover --force --reason "us-west-2 is down"`',
    ]
)
TEXTS: Final = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)
"""Text from outside, or of our own: short words, and some that are longer than a line."""
SHORT: Final = st.lists(WORDS, min_size=1, max_size=2).map(" ".join)
"""Text from outside as facts hold it, in at most 300 characters."""


def parts(text: str) -> list[str]:
    """Return the words of a text. A command in backquotes is one word."""
    return [word.replace("\0", " ") for word in _COMMAND.sub(lambda found: found[0].replace(" ", "\0"), text).split()]


def faults(printed: str) -> list[str]:
    """Return the lines that are too long, although they could break, and those that end with blanks."""
    return [line for line in printed.split("\n") if line != line.rstrip() or not _fits(line)]


def _fits(line: str) -> bool:
    mark = _MARK.match(line)
    assert mark is not None
    return len(line) <= WIDTH or len(parts(line[mark.end() :])) == 1
