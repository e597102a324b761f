"""Look a name up in DNS, as a client on this machine does."""

from dataclasses import dataclass
from typing import Final

from standby.deployment.concurrency import NoAnswerError

LOOKUP_SECONDS: Final = 1.5


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """An answer of DNS: the first address, and for how many seconds the resolver keeps it."""

    address: str
    ttl: int


def look_up(name: str) -> Lookup:
    """Ask this machine's own resolver. Raises `NoAnswerError` without an answer in time."""
    import dns.exception  # noqa: PLC0415 - only a deployment with a name in DNS needs it
    import dns.resolver  # noqa: PLC0415 - the same

    try:
        found = dns.resolver.resolve(name, "A", lifetime=LOOKUP_SECONDS)
    except (dns.exception.DNSException, OSError) as error:
        raise NoAnswerError(f"DNS has no answer for {name}: {' '.join(str(error).split())}") from error
    if found.rrset is None:
        raise NoAnswerError(f"DNS has no address for {name}")
    return Lookup(address=str(found[0]), ttl=int(found.rrset.ttl))
