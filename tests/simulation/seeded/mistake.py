"""A seeded mistake: one wrong line in the source of a function, while a test runs.

The function keeps its identity, so every module that imported it has the mistake.
"""

import ast
import importlib
import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One wrong line: `old` becomes `new` in the function `where` of a module. `title` says what is wrong."""

    title: str
    module: str
    where: str
    old: str
    new: str


@contextmanager
def seeded(mistake: Mistake) -> Iterator[None]:
    """Within this block, the product makes the mistake."""
    function = _find(mistake)
    before = function.__code__
    function.__code__ = _changed_code(function, mistake)
    try:
        yield
    finally:
        function.__code__ = before


def _find(mistake: Mistake) -> FunctionType:
    found: object = importlib.import_module(mistake.module)
    for name in mistake.where.split("."):
        found = inspect.getattr_static(found, name)
    found = found.fget if isinstance(found, property) else found
    if not isinstance(found, FunctionType):
        raise TypeError(f"{mistake.where} is no function")
    return found


def _changed_code(function: FunctionType, mistake: Mistake) -> CodeType:
    source = inspect.getsource(function)
    if source.count(mistake.old) != 1:
        raise ValueError(f"{mistake.title}: {mistake.old!r} is {source.count(mistake.old)} times in {mistake.where}")
    tree = ast.parse(textwrap.dedent(source.replace(mistake.old, mistake.new)))
    definition = tree.body[0]
    if isinstance(definition, ast.FunctionDef):
        definition.decorator_list = []
    space = dict(function.__globals__)
    exec(compile(tree, function.__code__.co_filename, "exec"), space)  # noqa: S102 - the product's own source
    made: FunctionType = space[function.__name__]
    return made.__code__
