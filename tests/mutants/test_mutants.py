"""Lines and mutants are chosen rightly, and the record of the last run is whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from mutmut.configuration import reset_config

from tests.mutants.__main__ import report
from tests.mutants.areas import AREAS, ROOT, Area
from tests.mutants.mutation import Mutant, choose, find_lines, module_name, mutate
from tests.mutants.result import AreaResult, Survivor, read_reasons, read_results

_MODULE = '''"""A module of an example."""

LIMIT = 3


def is_small(number: int) -> bool:
    """Return whether it is small."""
    small = number < LIMIT
    return small


class Counter:
    count = 1

    def add(self, number: int = 2) -> int:
        self.count = self.count + number
        return self.count

    @property
    def twice(self) -> int:
        return self.count * 2
'''


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "pyproject.toml").write_text('[tool.mutmut]\nsource_paths = ["."]\n')
    monkeypatch.chdir(tmp_path)
    reset_config()
    (tmp_path / "lambda_src" / "example").mkdir(parents=True)
    (tmp_path / "lambda_src" / "example" / "module.py").write_text(_MODULE, encoding="utf-8")
    yield tmp_path
    reset_config()


PATH = Path("lambda_src/example/module.py")


def test_only_lines_of_functions_that_mutmut_changes_are_chosen(root: Path) -> None:
    assert [line.key for line in find_lines(root, [PATH])] == [
        "example.module.is_small small = number < LIMIT 1",
        "example.module.Counter.add def add(self, number: int = 2) -> int: 1",
        "example.module.Counter.add self.count = self.count + number 1",
    ]


def test_a_line_keeps_its_place_when_others_change(root: Path) -> None:
    before = find_lines(root, [PATH])
    first = [line.key for line in choose(before, sample=2, seed=5)]
    moved = _MODULE.replace("LIMIT = 3", "LIMIT = 3\nOTHER = 4\n")
    (root / PATH).write_text(moved, encoding="utf-8")
    assert [line.key for line in choose(find_lines(root, [PATH]), sample=2, seed=5)] == first
    orders = {tuple(line.key for line in choose(before, sample=0, seed=seed)) for seed in range(9)}
    assert len(orders) > 1
    assert all(set(order) == {line.key for line in before} for order in orders)


def test_equal_lines_of_a_function_are_told_apart(root: Path) -> None:
    (root / PATH).write_text("def f():\n    g(1)\n    g(1)\n", encoding="utf-8")
    assert [line.key[-1] for line in find_lines(root, [PATH])] == ["1", "2"]


def test_a_mutant_is_named_by_its_function_and_shown_by_its_change(root: Path) -> None:
    lines = [line for line in find_lines(root, [PATH]) if "<" in line.key]
    found = mutate(root, lines)
    assert (
        Mutant(
            name="example.module.x_is_small__mutmut_2",
            function="example.module.is_small",
            change=("- small = number < LIMIT", "+ small = number <= LIMIT"),
        )
        in found
    )
    assert {mutant.reached_as for mutant in found} == {"example.module.x_is_small"}
    assert "x_is_small__mutmut_2" in (root / PATH).read_text(encoding="utf-8")


def test_a_method_is_named_with_its_class(root: Path) -> None:
    assert {one.function for one in mutate(root, find_lines(root, [PATH]))} == {
        "example.module.is_small",
        "example.module.Counter.add",
    }


@pytest.mark.parametrize(
    "path,name",
    [
        ("lambda_src/query/handler.py", "query.handler"),
        ("constructs/warm_standby/settings/__init__.py", "warm_standby.settings"),
        ("standby/operations/plans/plan.py", "standby.operations.plans.plan"),
    ],
)
def test_a_module_has_the_name_that_it_is_imported_by(path: str, name: str) -> None:
    assert module_name(Path(path)) == name


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_each_area_names_code_and_tests_that_exist(area: Area) -> None:
    for pattern in area.modules:
        assert [path for path in ROOT.glob(pattern) if path.suffix == ".py"], pattern
    for name in area.tests:
        assert (ROOT / name).exists(), name
    for name in area.left_out:
        path, _, function = name.partition("::")
        assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8") if function else (ROOT / path).exists()


@pytest.mark.parametrize("noticed,reached", [(90, True), (89, False)])
def test_an_area_below_ninety_percent_fails_the_run(
    noticed: int, *, reached: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    survivor = Survivor(name="m.f", change=("- return 1", "+ return 2"))
    found = AreaResult(area="planners", lines=50, run=100, noticed=noticed, seed=19, survivors=(survivor,))
    assert report([found]) == reached
    said = capsys.readouterr().out
    assert f"planners: {noticed} of 100 mutants noticed ({noticed}.0 %), in 50 lines" in said
    assert "    + return 2" in said


def test_each_survivor_has_a_reason_and_no_reason_is_left_over() -> None:
    assert set(read_reasons()) == {survivor for one in read_results() for survivor in one.survivors}


def test_the_record_is_of_all_areas() -> None:
    assert {one.area for one in read_results()} == {area.name for area in AREAS}


def test_an_encoding_is_changed_only_to_one_that_python_does_not_know(root: Path) -> None:
    (root / PATH).write_text('def f(path):\n    return path.read_text(encoding="utf-8")\n', encoding="utf-8")
    (mutant,) = mutate(root, find_lines(root, [PATH]))
    assert mutant.change[1] == '+ return path.read_text(encoding="XXutf-8XX")'
