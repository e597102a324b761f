"""Counts in words: 1 document, 2 documents."""


def pluralize(number: int, thing: str) -> str:
    """Return a number of things, in the plural unless it is one."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def describe_missing(number: int, thing: str, *, of: str, there: str) -> str:
    """Return in words that things of one region are missing in another."""
    return f"{pluralize(number, thing)} of {of} {'is' if number == 1 else 'are'} missing in {there}"


def describe_not_inspected(number: int) -> str:
    """Return in words that N more things were not inspected, "" for none."""
    return f"{number} more {'was' if number == 1 else 'were'} not inspected" if number else ""
