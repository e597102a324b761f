"""Stock and lazy bindings give the same bytes. Each runs the same program in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lazy_bindings import STOCK_VARIABLE
from warm_standby.settings import Settings

ROOT = Path(__file__).parents[2]
RESOURCE_TYPES = 100  # the minimum in the sampled stack
NOT_IN_STACK = {"objectives", "review", "usage"}  # what a drill, `standby review` and `standby cost` read

pytestmark = pytest.mark.e2e


def _run(out: Path, *, stock: bool) -> Path:
    program = [sys.executable, "-m", "tests.lazy_bindings.identity_program", str(out)]
    paths = os.pathsep.join([str(ROOT / "constructs"), str(ROOT)])
    environment = os.environ | {STOCK_VARIABLE: "1" if stock else "0", "PYTHONPATH": paths}
    subprocess.run(program, cwd=out.parents[1], env=environment, check=True, timeout=240)
    return out


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _run(tmp_path_factory.mktemp("stock") / "out", stock=True)


@pytest.fixture(scope="module")
def lazy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _run(tmp_path_factory.mktemp("lazy") / "out", stock=False)


def _synthesized(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def _report(out: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((out / "report.json").read_text())
    return report


def test_stock_and_lazy_bindings_write_the_same_files(stock: Path, lazy: Path) -> None:
    before, after = _synthesized(stock), _synthesized(lazy)
    assert list(before) == list(after)
    assert [name for name in before if before[name] != after[name]] == []


def test_the_sampled_stack_has_at_least_a_hundred_types(lazy: Path) -> None:
    plan = json.loads((lazy / "bindings/stacks/sampled/cdk.tf.json").read_text())
    assert len(plan["resource"]) + len(plan["data"]) >= RESOURCE_TYPES
    assert plan["data"]


def test_every_setting_that_reaches_the_stack_has_a_variant_that_changes_it(lazy: Path) -> None:
    sections = {name: getattr(field.annotation, "model_fields", {}) for name, field in Settings.model_fields.items()}
    settings = {(name, key) for name, fields in sections.items() for key in fields or [""] if name not in NOT_IN_STACK}
    changed = {
        (name, key)
        for variant in _report(lazy)["variants"].values()
        for name, value in variant.items()
        for key in (value if sections[name] else [""])
    }
    assert settings - changed == set()


def test_our_own_stack_differs_between_its_variants(lazy: Path) -> None:
    """The comparison would prove little if the settings changed nothing."""
    plans = {path.read_bytes() for path in lazy.glob("*/stacks/warm-standby/cdk.tf.json")}
    assert len(plans) == len(list(lazy.glob("*/stacks/warm-standby"))) > 1


def test_each_mistake_gives_the_same_error_as_stock(stock: Path, lazy: Path) -> None:
    mistakes = _report(stock)["errors"]
    assert _report(lazy)["errors"] == mistakes
    assert {"wrong type", "wrong list", "missing argument", "unknown argument"} <= set(mistakes)


def test_dir_and_inspect_return_the_same_names_as_stock(stock: Path, lazy: Path) -> None:
    assert _report(lazy)["names"] == _report(stock)["names"]
