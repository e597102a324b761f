"""The permissions of an IAM policy: what one statement allows or denies, and whether another one covers it.

Source: docs.aws.amazon.com, IAM User Guide, "IAM JSON policy element reference".
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Effect = Literal["Allow", "Deny"]
Statement = Mapping[str, Any]

ALL_BUT: Final = "all but "
"""How an item begins that stands for `NotAction`, `NotResource` or `NotPrincipal`."""

ITSELF: Final = "(itself)"
"""The resource of a statement without one: what the policy belongs to."""

_ACCOUNT: Final = re.compile(r"\b\d{12}\b")
_WILD: Final = frozenset("*?")
_COLONS: Final = 5
"""The colons before the name of a resource in an ARN."""

_TYPES_ONLY: Final = re.compile(r"arn:[^:]*:(?!s3:|sqs:|sns:)[^:]*:[^:]*:[^:]*:[a-z-]+")
"""An ARN that ends with the type of a resource, without a name. S3, SQS and SNS have names without a type there."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One test of a statement's conditions: it holds if the request's key has one of the values."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def limits(self) -> bool:
        """Whether it limits the caller: not if it also holds without the key, by default, or for any value."""
        test = self.operator.lower().removeprefix("foranyvalue:")
        if test.startswith(("forallvalues:", "null")) or test.endswith("ifexists") or "not" in test:
            return False
        return self.key != "aws:securetransport" and not any(set(value) <= _WILD for value in self.values)


@dataclass(frozen=True, kw_only=True)
class Permission:
    """One action on one resource by one principal, under all of the conditions."""

    action: str
    resource: str
    principal: str
    conditions: frozenset[Condition]

    def covers(self, other: "Permission") -> bool:
        """Return whether it allows, or denies, all that another one does."""
        return (
            _matches(self.action, other.action)
            and _matches(self.resource, other.resource)
            and self.principal in ("*", other.principal)
            and self.conditions <= other.conditions
        )

    @property
    def is_limited(self) -> bool:
        """Whether a condition limits the caller."""
        return any(condition.limits for condition in self.conditions)

    @property
    def has_wide_action(self) -> bool:
        """Whether it is about more than one action."""
        return self.action.startswith(ALL_BUT) or bool(_WILD & set(self.action))

    @property
    def has_wide_resource(self) -> bool:
        """Whether it reaches resources that it does not name. What is below a named one, `bucket/*`, is named."""
        if self.resource.startswith(ALL_BUT):
            return True
        named = re.sub(r"[/:]\*$", "", self.resource)
        unnamed = named.count(":") < _COLONS or _TYPES_ONLY.fullmatch(named)
        return bool(_WILD & set(named)) or (named != self.resource and bool(unnamed))

    def has_wide_principal(self, account: str) -> bool:
        """Return whether others may use it: everybody, another account, or a service on behalf of any account."""
        if self.principal == "*" or self.principal.startswith((ALL_BUT, "CanonicalUser ")):
            return True
        if self.principal.startswith("AWS "):
            named = _ACCOUNT.findall(self.principal)
            return bool(account and named) and account not in named
        return self.principal.startswith("Service ") and not self.is_limited and self.action != "sts:assumerole"


def permissions(statements: Iterable[Statement], effect: Effect) -> list[Permission]:
    """Return what the statements with an effect allow, or deny."""
    return [found for one in statements if one.get("Effect") == effect for found in _expand(one)]


def uncovered(wanted: Iterable[Permission], by: Iterable[Permission]) -> list[Permission]:
    """Return the permissions that none of the others covers."""
    known = list(by)
    exact = set(known)
    return [one for one in wanted if one not in exact and not any(other.covers(one) for other in known)]


def _expand(statement: Statement) -> Iterator[Permission]:
    conditions = frozenset(_conditions(statement.get("Condition")))
    for action in _items(statement, "Action", default=()):
        for resource in _items(statement, "Resource", default=(ITSELF,)):
            for principal in _principals(statement):
                yield Permission(action=action.lower(), resource=resource, principal=principal, conditions=conditions)


def _items(statement: Statement, element: str, *, default: tuple[str, ...]) -> tuple[str, ...]:
    if f"Not{element}" in statement:
        return (ALL_BUT + ", ".join(sorted(_listed(statement[f"Not{element}"]))),)
    return tuple(_listed(statement[element])) if element in statement else default


def _principals(statement: Statement) -> tuple[str, ...]:
    if "NotPrincipal" in statement:
        return (ALL_BUT + json.dumps(statement["NotPrincipal"], sort_keys=True, default=str),)
    found = statement.get("Principal")
    if not isinstance(found, Mapping):
        return tuple(_listed("" if found is None else found))
    named = [(kind, name) for kind, names in found.items() for name in _listed(names)]
    return tuple("*" if (kind, name) == ("AWS", "*") else f"{kind} {_root(name)}" for kind, name in named)


def _root(name: str) -> str:
    """Return an account's number as what it is short for."""
    return f"arn:aws:iam::{name}:root" if _ACCOUNT.fullmatch(name) else name


def _conditions(found: object) -> Iterator[Condition]:
    for operator, tests in (found if isinstance(found, Mapping) else {}).items():
        for key, values in (tests if isinstance(tests, Mapping) else {"": tests}).items():
            texts = ("true" if one is True else "false" if one is False else str(one) for one in _list(values))
            yield Condition(operator=str(operator), key=str(key).lower(), values=tuple(sorted(texts)))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _listed(value: object) -> list[str]:
    return [str(one) for one in _list(value)]


def _matches(pattern: str, text: str) -> bool:
    """Return whether a pattern of IAM stands for all that a text, which may be a pattern too, stands for."""
    if pattern in (text, "*"):
        return True
    if ALL_BUT in (pattern[: len(ALL_BUT)], text[: len(ALL_BUT)]) or not _WILD & set(pattern):
        return False
    parts = {"*": ".*", "?": "[^*]"}
    return bool(re.fullmatch("".join(parts.get(letter) or re.escape(letter) for letter in pattern), text, re.DOTALL))
