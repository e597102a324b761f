"""Small words: one document, two documents."""


def pluralize(number: int, thing: str) -> str:
    """Return a number of things, in the plural unless it is one."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def missing_documents(number: int, thing: str, *, of: str, there: str) -> str:
    """Return in words that things of one region are missing in another."""
    return f"{pluralize(number, thing)} of {of} {'is' if number == 1 else 'are'} missing in {there}"


def not_inspected(number: int) -> str:
    """Return in words that so many more were not looked at, "" for none."""
    return f"{number} more {'was' if number == 1 else 'were'} not looked at" if number else ""
