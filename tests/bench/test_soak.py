"""The spread of the measures of several drills."""

from bench.soak.__main__ import render_spreads, spreads


def _report(seconds: float, measures: dict[str, object] | None) -> dict[str, object]:
    return {"scenarios": [{"name": "region-lost", "seconds": seconds, "measures": measures}]}


def test_the_spread_of_a_measure_is_its_minimum_median_and_maximum() -> None:
    found = spreads([_report(seconds, {"rto": seconds / 2}) for seconds in (6.0, 2.0, 3.0)])
    assert found == {("region-lost", "seconds"): (2.0, 3.0, 6.0), ("region-lost", "rto"): (1.0, 1.5, 3.0)}


def test_a_measure_that_is_unknown_or_no_number_is_left_out() -> None:
    found = spreads([_report(2.0, {"rto": None, "met": True}), _report(4.0, None)])
    assert list(found) == [("region-lost", "seconds")]


def test_the_table_fits_80_columns() -> None:
    text = render_spreads(spreads([_report(2.0, {"rto": 1.0})]))
    assert max(map(len, text.splitlines())) <= 80
