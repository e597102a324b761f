"""The record of the mutants is whole, and their runs are judged rightly. The mutants take too long for a test."""

import json
from pathlib import Path

import pytest

from tests.mutants.__main__ import read_codes, report
from tests.mutants.result import AreaResult, Survivor, judge, read_reasons, read_results
from tests.mutants.workspace import AREAS, ROOT, SOURCES, Area, make_workspace


def test_a_mutant_counts_as_noticed_only_if_a_test_failed_or_did_not_end() -> None:
    codes = {"failed": 1, "timed out": 36, "crashed": -11, "passed": 0, "no test": 33, "not run": None, "stopped": 2}
    assert judge(codes) == (3, ["passed", "no test"])


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_each_area_names_code_and_tests_that_exist(area: Area) -> None:
    for pattern in area.modules:
        folders = [ROOT / name for name in SOURCES] if pattern.startswith("src/") else [ROOT]
        found = [path for folder in folders for path in folder.glob(pattern.removeprefix("src/"))]
        assert [path for path in found if path.suffix == ".py"], pattern
    assert all((ROOT / name).exists() for name in area.tests)


def test_a_module_of_the_functions_is_imported_from_the_place_that_mutmut_changes(tmp_path: Path) -> None:
    make_workspace(tmp_path, AREAS[0])
    settings = (tmp_path / "pyproject.toml").read_text(encoding="utf-8")
    assert 'pythonpath = ["src", ' in settings
    assert (tmp_path / "src" / "standby_protocol" / "switch.py").is_file()
    assert "[tool.mutmut]" not in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("noticed,reached", [(90, True), (89, False)])
def test_an_area_below_ninety_percent_fails_the_run(
    noticed: int, *, reached: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    survivor = Survivor(name="m.x_f__mutmut_1", change=("-    return 1", "+    return 2"))
    found = AreaResult(area="planners", mutants=500, run=100, noticed=noticed, seed=19, survivors=(survivor,))
    assert report([found]) == reached
    said = capsys.readouterr().out
    assert f"planners: {noticed} of 100 mutants noticed ({noticed}.0 %), of 500 in all" in said
    assert "    +    return 2" in said


def test_the_exit_codes_of_all_files_are_read(tmp_path: Path) -> None:
    for name, codes in {"a/b.py.meta": {"a.b.x__mutmut_1": 0}, "c.py.meta": {"c.y__mutmut_1": None}}.items():
        path = tmp_path / "mutants" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"exit_code_by_key": codes}), encoding="utf-8")
    assert read_codes(tmp_path) == {"a.b.x__mutmut_1": 0, "c.y__mutmut_1": None}


def test_each_survivor_has_a_reason_and_no_reason_is_left_over() -> None:
    names = [survivor.name for one in read_results() for survivor in one.survivors]
    assert set(read_reasons()) == set(names)


def test_the_record_is_of_areas_that_exist() -> None:
    assert {one.area for one in read_results()} <= {area.name for area in AREAS}
