"""What the distribution would do in outages that a machine cannot play: read off its origin groups, and pure."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from standby.rehearsal.network.distribution import Distribution


@dataclass(frozen=True, kw_only=True)
class OriginSettings:
    """How long a bucket that takes no connection holds a page, what has no second bucket, and both in words."""

    connect_seconds: float
    missing: frozenset[int]
    notes: tuple[str, ...]


def judge_origins(distribution: Distribution, *, codes: AbstractSet[int]) -> OriginSettings:
    """Judge every behaviour; `codes` are those on which the second bucket shall be asked.

    CloudFront tries to connect as often, and waits each time as long, as the first origin says; then it asks the second
    one. Source: docs.aws.amazon.com, CloudFront, "Control origin timeouts and attempts".
    """
    connects = {pattern: _connect_seconds(distribution, target) for pattern, target in _targets(distribution)}
    missing = {pattern: codes - _codes(distribution, target) for pattern, target in _targets(distribution)}
    slowest = max(connects, key=connects.__getitem__)
    alone = (
        f"behaviour {pattern}: the other bucket is not asked on {', '.join(map(str, sorted(lacking)))}"
        for pattern, lacking in missing.items()
        if lacking
    )
    return OriginSettings(
        connect_seconds=connects[slowest],
        missing=frozenset().union(*missing.values()),
        notes=(
            f"behaviour {slowest}: a bucket that takes no connection is given up after {connects[slowest]:g} s",
            *alone,
        ),
    )


def _targets(distribution: Distribution) -> Iterator[tuple[str, str]]:
    return ((behavior.pattern, behavior.cache_settings.target_origin) for behavior in distribution.behaviors)


def _connect_seconds(distribution: Distribution, target: str) -> float:
    group = distribution.groups.get(target)
    origin = distribution.origins[group.members[0] if group else target]
    return float(origin.connection_attempts * origin.connect_seconds)


def _codes(distribution: Distribution, target: str) -> frozenset[int]:
    group = distribution.groups.get(target)
    return frozenset(group.status_codes if group else ())
