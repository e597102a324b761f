"""The Python side: the finder, the compiled modules, the type checks, and unknown layouts."""

import importlib.machinery
import types
import typing
from pathlib import Path
from typing import Any

import pytest

from lazy_bindings._bytecode import BytecodeCache, compile_generated, open_cache
from lazy_bindings._finder import PrebuiltFinder, SubmoduleMap, split_init
from lazy_bindings._type_hints import cached_check, type_hints

HEAD = '"""Doc."""\n__all__ = ["alpha", "beta"]\n'
MARKER = "\n# Loading modules to ensure their types are registered with the jsii runtime library\n"
IMPORTS = "from . import alpha\nfrom . import beta\n"
GENERATED = """
import typing
def _typecheckingstub__1(*, a: typing.Optional[int], b: "Later") -> None: ...
class Later: ...
def hints():
    type_hints = typing.get_type_hints(_typecheckingstub__1)
    return type_hints
"""


def _ignore(module: types.ModuleType) -> None:
    """Stand in for the prefetch by Node."""


@pytest.fixture
def cache(tmp_path: Path) -> BytecodeCache:
    cache = open_cache(tmp_path / "cache")
    assert cache is not None
    return cache


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with the name of a prebuilt provider."""
    package = tmp_path / "site" / "cdktn_provider_fake"
    for name in ("alpha", "beta"):
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").write_text(f"NAME = {name!r}\n")
    (package / "__init__.py").write_text(HEAD + MARKER + IMPORTS)
    monkeypatch.syspath_prepend(package.parent)
    return package


def test_the_head_of_a_package_ends_before_its_submodules() -> None:
    assert split_init(HEAD + MARKER + IMPORTS) == (HEAD + "\n", ("alpha", "beta"))


@pytest.mark.parametrize(
    "source",
    [HEAD, HEAD + MARKER, HEAD + MARKER + IMPORTS + "alpha.run()\n", HEAD + MARKER + "import os\n", HEAD + IMPORTS],
)
def test_another_layout_is_left_unchanged(source: str) -> None:
    assert split_init(source) is None


def test_a_package_of_another_layout_is_imported_completely_with_one_log_line(
    provider: Path, cache: BytecodeCache, caplog: pytest.LogCaptureFixture
) -> None:
    (provider / "__init__.py").write_text(HEAD + IMPORTS)
    spec = PrebuiltFinder(cache=cache, imported=_ignore).find_spec(provider.name, None)
    assert spec is not None
    assert spec.loader is not None
    module = types.ModuleType(provider.name)
    code = typing.cast("Any", spec.loader).get_code(provider.name)
    assert {"alpha", "beta"} <= set(code.co_names)
    assert type(module) is types.ModuleType
    assert [record.name for record in caplog.records] == ["lazy_bindings"]


def test_a_package_that_is_lazy_by_itself_is_left_unchanged_without_a_log_line(
    provider: Path, cache: BytecodeCache, caplog: pytest.LogCaptureFixture
) -> None:
    lazy = "\ndef __getattr__(name: str) -> object:\n    if name in _SUBMODULES:\n        return name\n"
    (provider / "__init__.py").write_text(HEAD + '_SUBMODULES = {"alpha"}\n' + lazy)
    spec = PrebuiltFinder(cache=cache, imported=_ignore).find_spec(provider.name, None)
    assert spec is not None
    assert "_SUBMODULES" in typing.cast("Any", spec.loader).get_code(provider.name).co_names
    assert caplog.records == []


@pytest.mark.parametrize("name", ["json", "boto3", "cdktf_cdktf_provider_aws_extra.x.y", "cdktf.testing_matchers"])
def test_the_finder_ignores_other_modules(name: str, cache: BytecodeCache) -> None:
    found = PrebuiltFinder(cache=cache, imported=_ignore).find_spec(name, [])
    assert found is None


def test_a_submodule_gets_our_loader_only_with_a_cache(provider: Path, cache: BytecodeCache) -> None:
    name = f"{provider.name}.alpha"
    with_cache = PrebuiltFinder(cache=cache, imported=_ignore).find_spec(name, [str(provider)])
    without = PrebuiltFinder(cache=None, imported=_ignore).find_spec(name, [str(provider)])
    assert with_cache is not None
    assert without is not None
    assert type(without.loader) is importlib.machinery.SourceFileLoader
    assert type(with_cache.loader) is not importlib.machinery.SourceFileLoader


def test_hints_of_a_compiled_module_equal_those_of_the_source() -> None:
    stock: dict[str, Any] = {}
    exec(compile(GENERATED, "m.py", "exec"), stock)  # noqa: S102 - a text of this file
    lazy: dict[str, Any] = {"_lazy_type_hints": type_hints, "__name__": "m"}
    exec(compile_generated(GENERATED.encode(), "m.py"), lazy)  # noqa: S102 - a text of this file
    expected = {name: hint for name, hint in stock["hints"]().items() if name != "b"}
    assert {name: hint for name, hint in lazy["hints"]().items() if name != "b"} == expected
    assert lazy["hints"]()["b"] is lazy["Later"]
    assert lazy["hints"]() is lazy["hints"]()


class Checking:
    """A `check_type` that accepts values of the given types and records its calls."""

    def __init__(self, *accepted: type) -> None:
        self.accepted, self.checked = accepted, list[object]()
        self.check_type = cached_check(self._check)

    def _check(self, argname: str, value: object, expected_type: object) -> None:
        self.checked.append(value)
        if not isinstance(value, self.accepted):
            raise TypeError(argname)


def test_a_scalar_s_type_is_checked_once_for_each_hint() -> None:
    checking = Checking(str)
    hints: list[object] = [str | None, str | int]
    for hint in (*hints, *hints):
        for text in ("a", "b"):
            checking.check_type("name", text, hint)
    assert checking.checked == ["a", "a"]


def test_a_refused_value_is_refused_each_time_by_the_stock_check() -> None:
    checking = Checking(str)
    for _ in range(2):
        with pytest.raises(TypeError, match="name"):
            checking.check_type("name", 7, str)
    assert checking.checked == [7, 7]


@pytest.mark.parametrize("values", [(["a"], [1]), ({"a": 1}, {}), ((), (1,)), (True, 1)])
def test_containers_and_values_of_another_type_are_checked_again(values: tuple[object, ...]) -> None:
    checking = Checking(object)
    for value in values:
        checking.check_type("name", value, list)
    assert checking.checked == list(values)


def test_a_type_is_found_by_the_spelling_of_either_language() -> None:
    known = SubmoduleMap({"@cdktf/provider-aws.s3bucket": "bindings.s3_bucket", "exact": "module"})
    assert known.get("@cdktf/provider-aws.s3Bucket") == "bindings.s3_bucket"
    assert known.get("exact") == "module"
    assert known.get("@cdktf/provider-aws.other") is None
