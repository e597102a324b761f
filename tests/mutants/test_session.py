"""A small project's mutants: which are noticed, which survive, and when a run says nothing."""

import json
import subprocess
import sys
import textwrap
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.mutants.areas import ROOT, Area
from tests.mutants.children import Task, run_forked
from tests.mutants.result import AreaResult, Survivor, parse_result, read_results, write_results

_MODULE = """
def limit(number: int) -> int:
    return min(number, 7)


def double(number: int) -> int:
    return number * 2


def unreached() -> int:
    return 3


def forever(number: int) -> int:
    while number > 0:
        number -= 1
    return number
"""
_TESTS = """
from example.module import double, forever, limit


def test_limit() -> None:
    assert limit(9) == 7
    assert limit(-8) == -8


def test_double() -> None:
    double(2)


def test_forever() -> None:
    assert forever(3) == 0
"""
_SETTINGS = """
[tool.pytest.ini_options]
pythonpath = ["lambda_src"]
[tool.mutmut]
source_paths = ["."]
"""
_RUN = """
import json
import sys
from dataclasses import asdict

from tests.mutants import session
from tests.mutants.areas import Area

session._LEAST_SECONDS = 1
checks = {"example": ("checks",)}
area = Area(name="example", modules=("lambda_src/example/*.py",), tests=("none",), tests_of_packages=checks)
print(json.dumps(asdict(session.run_area(area, sample=0, seed=1, workers=2, progress=sys.stderr))))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {
        "lambda_src/example/__init__.py": "",
        "lambda_src/example/module.py": _MODULE,
        "checks/test_module.py": _TESTS,
        "checks/conftest.py": "import hypothesis\nhypothesis.settings.register_profile('untimed')\n",
        "pyproject.toml": _SETTINGS,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return tmp_path


def _run(project: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{_RUN}"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def test_mutants_that_a_test_reaches_and_fails_for_are_noticed_and_all_others_survive(project: Path) -> None:
    done = _run(project)
    assert done.returncode == 0, done.stdout + done.stderr
    found = parse_result(json.loads(done.stdout.splitlines()[-1]))
    survivors = {(one.name, one.change) for one in found.survivors}
    assert survivors == {
        ("example.module.double", ("- return number * 2", "+ return number / 2")),
        ("example.module.double", ("- return number * 2", "+ return number * 3")),
        ("example.module.unreached", ("- return 3", "+ return 4")),
    }
    assert found.noticed == found.run - len(survivors)
    assert found.noticed >= 8  # among them a loop without an end
    assert (found.lines, found.seed) == (5, None)


def test_tests_that_fail_without_a_mutant_end_the_run_and_are_shown(project: Path) -> None:
    tests = project / "checks" / "test_module.py"
    tests.write_text(f"{tests.read_text()}\n\ndef test_wrong() -> None:\n    assert limit(1) == 2\n")
    done = _run(project)
    assert done.returncode == 1
    assert "The tests fail without a mutant" in done.stderr
    assert "test_module.py::test_wrong" in done.stderr


def test_a_test_that_fails_without_the_mutant_as_well_has_noticed_nothing(project: Path) -> None:
    (project / "checks" / "test_module.py").write_text(
        textwrap.dedent("""
        from pathlib import Path

        from example.module import double


        def test_that_passes_once() -> None:
            double(1)
            assert not Path("once").exists()
            Path("once").touch()
        """)
    )
    done = _run(project)
    found = parse_result(json.loads(done.stdout.splitlines()[-1]))
    assert found.noticed == 0
    assert "fails without a mutant, too: checks/test_module.py::test_that_passes_once" in done.stderr


def _results(runs: list[Task[int]], *, workers: int = 2) -> None:
    run_forked(runs, workers=workers)


def _loop(_: int) -> int:
    while True:
        pass


def test_a_child_gives_its_result_or_none_when_its_cpu_time_is_over() -> None:
    found: dict[str, int | None] = {}
    _results(
        [
            Task(run=lambda _: 7, seconds=9, done=lambda result: found.__setitem__("result", result)),
            Task(run=_loop, seconds=1, done=lambda result: found.__setitem__("loop", result)),
        ]
    )
    assert found == {"result": 7, "loop": None}


def test_no_two_children_at_the_same_time_have_the_same_place(tmp_path: Path) -> None:
    def run(place: int) -> int:
        with (tmp_path / str(place)).open("x"):
            time.sleep(0.2)  # the others start meanwhile
        (tmp_path / str(place)).unlink()
        return place

    places: list[int | None] = []
    _results([Task(run=run, seconds=9, done=places.append) for _ in range(6)], workers=3)
    assert len(places) == 6
    assert set(places) <= {0, 1, 2}


def test_an_error_of_the_runner_itself_is_never_a_noticed_mutant() -> None:
    def run(_: int) -> int:
        raise ValueError("wrong")

    with pytest.raises(RuntimeError, match="an error of its own"):
        _results([Task(run=run, seconds=9, done=lambda _: None)])


def test_a_result_replaces_that_of_the_same_area_and_seed_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.mutants.result.RESULT", tmp_path / "result.json")
    survivor = Survivor(name="m.f", change=("- 1", "+ 2"))
    one = AreaResult(area="a", lines=1, run=2, noticed=1, seed=1, survivors=(survivor,))
    two = AreaResult(**{**asdict(one), "seed": 2, "survivors": ()})
    again = AreaResult(**{**asdict(one), "noticed": 2, "survivors": ()})
    write_results([one, two])
    assert read_results() == [one, two]
    write_results([again])
    assert read_results() == [again, two]


def test_the_tests_of_a_package_are_in_the_folder_of_its_name_or_where_the_area_says() -> None:
    area = Area(name="a", modules=(), tests=("tests/x",), tests_of_packages={"shared": ("tests/x/b", "tests/x/c")})
    assert area.tests_of([Path("src/b/m.py"), Path("src/shared/m.py")]) == ("tests/x/b", "tests/x/c")
    assert Area(name="a", modules=(), tests=("tests/x",)).tests_of([Path("src/b/m.py")]) == ("tests/x",)
