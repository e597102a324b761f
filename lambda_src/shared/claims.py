"""Claims of a token, compared with the accepted values of the settings."""

from collections.abc import Mapping
from typing import Any

Accepted = Mapping[str, tuple[str, ...]]
"""Each claim with its accepted values. One of them is enough; each claim is needed."""

# Source: RFC 8693, section 4.2: `scope` is a list with blanks between its values. Entra ID and Okta call it `scp`.
_LISTS_IN_A_TEXT = frozenset({"scope", "scp"})


def satisfies(claims: Mapping[str, Any], accepted: Accepted) -> bool:
    """Return whether a token has one accepted value of each claim. No claims accept every token."""
    return all(_values(name, claims.get(name)) & set(values) for name, values in accepted.items())


def _values(name: str, value: object) -> set[str]:
    if isinstance(value, bool):
        return {str(value).lower()}
    if isinstance(value, str):
        return set(value.split()) if name in _LISTS_IN_A_TEXT else {value}
    if isinstance(value, list):
        return {entry for entry in value if isinstance(entry, str)}
    return set()
