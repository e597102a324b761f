"""A wrong distribution is reported even if no outage on one machine shows the error."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from standby.drill.measure.measures import Measures
from standby.drill.measure.objectives import ORIGINS, compare_objectives, read_failover_codes
from standby.drill.observe.origin_settings import evaluate_origins
from standby.drill.scenarios.outages import _measure_origin_settings
from standby.errors import BadUsageError
from standby.rehearsal.edge_cache.rules import CacheSettings
from standby.rehearsal.network.distribution import CacheBehavior, Distribution, Origin, OriginGroup
from warm_standby.settings import Objectives

CODES = frozenset({403, 404, 500, 502, 503, 504})


def origin(name: str, *, attempts: int = 1, seconds: int = 1) -> Origin:
    return Origin(id=name, host=f"{name}.example", connection_attempts=attempts, connect_seconds=seconds, signed=True)


def behavior(pattern: str, target: str) -> CacheBehavior:
    return CacheBehavior(
        pattern=pattern,
        methods=("GET", "HEAD"),
        viewer_protocol="redirect-to-https",
        compress=True,
        cache_settings=CacheSettings(target_origin=target, minimum_ttl=0, default_ttl=0, maximum_ttl=0, error_ttls={}),
        headers=(),
        removed_headers=(),
    )


RIGHT = Distribution(
    arn="arn",
    hosts=("d1.cloudfront.net",),
    root_object="index.html",
    origins={"primary": origin("primary"), "failover": origin("failover")},
    groups={
        "pages": OriginGroup(id="pages", members=("primary", "failover"), status_codes=tuple(sorted(CODES))),
        "config": OriginGroup(id="config", members=("failover", "primary"), status_codes=tuple(sorted(CODES))),
    },
    behaviors=(behavior("/config.json", "config"), behavior("*", "pages")),
)


def with_origin(**parts: int) -> Distribution:
    return replace(RIGHT, origins={**RIGHT.origins, "primary": origin("primary", **parts)})


def with_codes(*codes: int) -> Distribution:
    return replace(RIGHT, groups={**RIGHT.groups, "pages": replace(RIGHT.groups["pages"], status_codes=codes)})


def missed(distribution: Distribution, codes: frozenset[int] = CODES) -> tuple[list[str], str]:
    """Return the objectives that a drill misses with it, and the notes in its report."""
    notes: list[str] = []
    observer = SimpleNamespace(distribution=lambda: distribution, failover_codes=codes)
    context: Any = SimpleNamespace(observer=observer, measures={}, note=notes.append)
    _measure_origin_settings(context)
    results = compare_objectives(ORIGINS, Measures(**context.measures), Objectives())
    return [result.name for result in results if not result.met], "\n".join(notes)


def test_the_right_distribution_meets_both_objectives() -> None:
    assert missed(RIGHT)[0] == []


@pytest.mark.parametrize(
    "parts,seconds", [({"seconds": 10}, 10), ({"attempts": 3}, 3), ({"attempts": 2, "seconds": 5}, 10)]
)
def test_connecting_for_longer_than_the_page_rto_is_missed(parts: dict[str, int], seconds: int) -> None:
    objectives, notes = missed(with_origin(**parts))
    assert objectives == ["page RTO, no connection to the bucket"]
    assert f"cache behavior *: CloudFront tries to connect to a bucket for {seconds} s at most" in notes


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_status_code_without_origin_failover_is_missed_and_named(code: int) -> None:
    objectives, notes = missed(with_codes(*sorted(CODES - {code})))
    assert objectives == ["status codes without origin failover"]
    assert f"cache behavior *: CloudFront does not ask the other bucket on {code}" in notes


def test_codes_that_the_settings_leave_out_are_not_missed() -> None:
    assert missed(with_codes(500, 502, 503, 504), frozenset({500, 502, 503, 504}))[0] == []


def test_a_behavior_with_one_bucket_has_no_failover_on_any_code() -> None:
    alone = replace(RIGHT, behaviors=(RIGHT.behaviors[0], behavior("*", "primary")))
    assert evaluate_origins(alone, codes=CODES).codes_without_failover == CODES


def test_an_origin_check_is_read_from_one_bucket_on_purpose() -> None:
    checked = replace(RIGHT, behaviors=(behavior("/origin-check/primary.json", "primary"), *RIGHT.behaviors))
    assert evaluate_origins(checked, codes=CODES) == evaluate_origins(RIGHT, codes=CODES)


def test_the_codes_come_from_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STANDBY_SETTINGS", raising=False)
    assert read_failover_codes(tmp_path) == CODES
    file = tmp_path / "standby.toml"
    file.write_text('name = "chatbot"\n[site]\norigin_failover_status_codes = [500, 503, 504]\n')
    assert read_failover_codes(tmp_path) == {500, 503, 504}
    file.write_text("name = 3\n")
    with pytest.raises(BadUsageError):
        read_failover_codes(tmp_path)
