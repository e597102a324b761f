"""The benchmark of the comparison: its stand-in lists as S3 does, in constant time, and its chart is of its data."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from bench.scale.__main__ import SVG, measure
from bench.scale.chart import chart
from bench.scale.report import Case, Run, table
from bench.scale.results import read_runs, with_runs, write_runs
from bench.scale.server import Buckets
from standby.listing.page import parse_page
from standby.listing.ranges import Range, plan_ranges

KEYS = 3_000


def keys_of(buckets: Buckets, bucket: str, *, expected: int) -> Iterator[str]:
    """Yield the keys of all ranges, as the tool reads them."""
    for of in plan_ranges(expected):
        after, truncated = of.after, True
        while truncated:
            page = parse_page(buckets.page(bucket, after))
            assert page is not None
            keys = [row[0] for row in page.rows]
            yield from (key for key in keys if key >= of.start and (not of.before or key < of.before))
            truncated = page.truncated and (not of.before or keys[-1] < of.before)
            after = keys[-1] if keys else after


@pytest.mark.parametrize("bucket,number", [("primary", KEYS), ("failover", KEYS - 30)])
def test_the_ranges_of_a_bucket_of_the_stand_in_have_each_key_once(bucket: str, number: int) -> None:
    found = list(keys_of(Buckets(KEYS, 30), bucket, expected=60_000))
    assert (len(found), len(set(found))) == (number, number)


@pytest.mark.parametrize("range_", [plan_ranges(1)[-1], *plan_ranges(10_000_000)[2::400]])
def test_the_stand_in_finds_the_page_of_any_range_without_going_through_the_keys(range_: Range) -> None:
    """It went through all keys for the last range, and meanwhile answered nobody: 10 s of ten million keys."""
    buckets = Buckets(10_000_000, 1_000)
    with patch.object(Buckets, "_id", autospec=True, return_value="0") as made:
        buckets.page("primary", range_.after)
    assert made.call_count < 1_100


@pytest.mark.parametrize("way", ["dictionary", "merge"])
def test_both_ways_find_the_stand_in_s_documents_and_differences(way: str) -> None:
    run = measure(Case(keys=KEYS, differences=6, milliseconds=1), way)
    assert run.requests >= 2 * KEYS / 1_000
    assert f"| {way} |" in table([run])


def run_of(*, way: str = "merge", seconds: float = 1.0) -> Run:
    case = Case(keys=1_000, differences=1_000, milliseconds=20)
    return Run(case=case, way=way, seconds=seconds, cpu=1.0, megabytes=60.0, requests=3, load=0.5)


def test_a_run_replaces_the_kept_one_of_its_case_and_way_and_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    assert read_runs(path) == []
    runs = with_runs([run_of(seconds=9.0), run_of(way="dictionary")], [run_of(seconds=2.0)])
    write_runs(runs, path)
    assert read_runs(path) == [run_of(way="dictionary"), run_of(seconds=2.0)]


def test_the_chart_of_the_docs_is_drawn_from_the_kept_runs() -> None:
    assert SVG.read_text() == chart(read_runs())


def test_the_kept_runs_show_both_ways_and_ten_million_keys() -> None:
    runs = read_runs()
    assert {run.way for run in runs} == {"dictionary", "merge"}
    assert max(run.case.keys for run in runs) == 10_000_000
