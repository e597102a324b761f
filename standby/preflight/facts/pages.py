"""Read a list of AWS to its end, page by page."""

from collections.abc import Iterator, Mapping
from typing import Final

from standby.deployment.answers import NOT_AWS, InvalidAnswerError, take
from standby.deployment.clients import Clients

MAX_PAGES: Final = 50
"""More pages than an account has of anything that is counted here. It ends a list that never ends."""


def list_all(
    clients: Clients,
    service: str,
    region: str,
    operation: str,
    *,
    member: str,
    token: tuple[str, str],
    inside: str = "",
    parameters: Mapping[str, object] | None = None,
) -> Iterator[Mapping[str, object]]:
    """Yield the entries of `member`, within the member `inside`. `token`: its names in the request and the answer.

    Raises botocore's errors.
    """
    more: dict[str, object] = {}
    for _ in range(MAX_PAGES):
        answer = clients.read(service, region, operation, {**(parameters or {}), **more})
        page = take(answer, inside, kind=dict) if inside else answer
        entries = page.get(member) or []
        if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
            raise InvalidAnswerError(reason=f"{NOT_AWS}: no valid {member}")
        yield from entries
        following = page.get(token[1])
        if not following:
            return
        more = {token[0]: following}
    raise InvalidAnswerError(reason=f"lists {member} without end")
