"""pyproject.toml names every package of lambda_src, so that no check skips a new function."""

import tomllib

from tests.constructs.plan import ALL_FUNCTIONS, ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
IMPORT_LINTER = PYPROJECT["tool"]["importlinter"]
CONTRACTS = {contract["name"]: contract for contract in IMPORT_LINTER["contracts"]}
HANDLERS = {path.parent.name for path in (ROOT / "lambda_src").glob("*/handler.py")}


def test_every_function_is_known_to_the_tests_of_the_stack() -> None:
    assert set(ALL_FUNCTIONS) == HANDLERS


def test_ruff_and_import_linter_know_every_package_of_the_functions() -> None:
    packages = HANDLERS | {"shared"}
    assert packages <= set(PYPROJECT["tool"]["ruff"]["lint"]["isort"]["known-first-party"])
    assert packages <= set(IMPORT_LINTER["root_packages"])
    alone = CONTRACTS["The functions need boto3 and the standard library alone"]
    assert set(alone["source_modules"]) == packages
    functions, shared = CONTRACTS["The functions share only `shared`"]["layers"]
    assert (set(functions.split(" | ")), shared) == (HANDLERS, "shared")
