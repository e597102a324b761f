"""The distribution's behavior in outages that cannot happen on one machine, by its settings. Pure."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from standby.rehearsal.network.distribution import Distribution

ORIGIN_CHECKS: Final = "/origin-check/"
"""The path of the files that the edge reads from one bucket alone, for `standby status`."""


@dataclass(frozen=True, kw_only=True)
class OriginSettings:
    """The longest time that CloudFront tries to connect to a bucket, and the status codes without origin failover.

    `notes` say both in words, by cache behavior.
    """

    connect_seconds: float
    codes_without_failover: frozenset[int]
    notes: tuple[str, ...]


def evaluate_origins(distribution: Distribution, *, codes: AbstractSet[int]) -> OriginSettings:
    """Evaluate every cache behavior of pages and config.json.

    `codes` are those on which CloudFront should ask the second bucket. An origin check is read from one bucket only, on
    purpose.
    CloudFront tries to connect to the first origin as many times, and for as long each time, as that origin's settings
    say. Then it asks the second origin.
    Source: docs.aws.amazon.com, CloudFront, "Control origin timeouts and attempts".
    """
    targets = [
        (behavior.pattern, behavior.cache_settings.target_origin)
        for behavior in distribution.behaviors
        if not behavior.pattern.startswith(ORIGIN_CHECKS)
    ]
    connects = {pattern: _connect_seconds(distribution, target) for pattern, target in targets}
    missing = {pattern: codes - _failover_codes(distribution, target) for pattern, target in targets}
    slowest = max(connects, key=connects.__getitem__)
    gaps = (
        f"cache behavior {pattern}: CloudFront does not ask the other bucket on {', '.join(map(str, sorted(lacking)))}"
        for pattern, lacking in missing.items()
        if lacking
    )
    return OriginSettings(
        connect_seconds=connects[slowest],
        codes_without_failover=frozenset().union(*missing.values()),
        notes=(
            f"cache behavior {slowest}: CloudFront tries to connect to a bucket for {connects[slowest]:g} s at most",
            *gaps,
        ),
    )


def _connect_seconds(distribution: Distribution, target: str) -> float:
    group = distribution.groups.get(target)
    origin = distribution.origins[group.members[0] if group else target]
    return float(origin.connection_attempts * origin.connect_seconds)


def _failover_codes(distribution: Distribution, target: str) -> frozenset[int]:
    group = distribution.groups.get(target)
    return frozenset(group.status_codes if group else ())
