"""Small words: one document, two documents."""


def counted(number: int, thing: str) -> str:
    """Return a number of things, in the plural unless it is one."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def missing(number: int, thing: str, *, of: str, there: str) -> str:
    """Return in words that things of one region are missing in another."""
    return f"{counted(number, thing)} of {of} {'is' if number == 1 else 'are'} missing in {there}"


def unseen(number: int) -> str:
    """Return in words that so many more were not looked at, "" for none."""
    return f"{number} more {'was' if number == 1 else 'were'} not looked at" if number else ""
