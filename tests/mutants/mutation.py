"""Choose lines of code, and let mutmut make all mutants of each.

A sample consists of lines, not of mutants: a line keeps its place in the order while others change, so that the same
mutants are run after a change somewhere else.
"""

import ast
import difflib
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mutmut.mutation.file_mutation import MutatedFile, mutate_file_contents
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

from tests.mutants.areas import SOURCE_ROOTS

_CHANGED: Final = (
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.BinOp,
    ast.BoolOp,
    ast.Break,
    ast.Call,
    ast.Compare,
    ast.Constant,
    ast.Continue,
    ast.IfExp,
    ast.Lambda,
    ast.Match,
    ast.UnaryOp,
)
"""What mutmut changes. It may change nothing in a line, if all of it is of a kind that it skips."""
_ENCODING: Final = re.compile(r'(, )?encoding=("utf-8(-sig)?"|None)', re.IGNORECASE)
"""A mutant that changes only this is not run: Python reads the name in any case, and the locale is UTF-8, too."""
_PLAIN_DECORATORS: Final = frozenset({"staticmethod", "classmethod"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line within a function. `key` names it by its text, so that it stays the same when it moves."""

    path: Path
    number: int
    key: str


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A changed copy of a function. `name` is mutmut's, and selects the copy; `change` are the lines of the diff."""

    name: str
    function: str
    change: tuple[str, ...]

    @property
    def reached_as(self) -> str:
        """The name under which mutmut records that a test calls the function."""
        return self.name.partition("__mutmut_")[0]


def find_lines(root: Path, paths: Sequence[Path]) -> list[Line]:
    """Return the lines of functions that mutmut can change. Paths are relative to the root."""
    return [line for path in paths for line in _lines_of(path, (root / path).read_text(encoding="utf-8"))]


def choose(lines: Sequence[Line], *, sample: int, seed: int) -> list[Line]:
    """Return so many lines, always the same ones for a seed; all of them if the sample is 0."""
    ranked = sorted(lines, key=lambda line: hashlib.sha256(f"{seed} {line.key}".encode()).digest())
    return ranked[:sample] if sample else ranked


def mutate(root: Path, lines: Sequence[Line]) -> list[Mutant]:
    """Write the modules of these lines with all their mutants in place of the original ones."""
    made: list[Mutant] = []
    for path in sorted({line.path for line in lines}):
        numbers = {line.number for line in lines if line.path == path}
        mutated = mutate_file_contents(str(path), (root / path).read_text(encoding="utf-8"), numbers)
        (root / path).write_text(mutated.code, encoding="utf-8")
        made.extend(one for one in _mutants(module_name(path), mutated) if not _is_equivalent(one))
    return made


def _is_equivalent(mutant: Mutant) -> bool:
    texts = {_ENCODING.sub("", line[1:]).replace(", )", ")") for line in mutant.change}
    return len(texts) == 1 and any(_ENCODING.search(line) for line in mutant.change)


def module_name(path: Path) -> str:
    """Return the name that a module is imported by."""
    parts = path.with_suffix("").parts
    parts = parts[1:] if parts[0] in SOURCE_ROOTS else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _lines_of(path: Path, source: str) -> Iterator[Line]:
    texts = source.splitlines()
    seen: Counter[str] = Counter()
    for name, function in _functions(ast.parse(source)):
        for number in sorted(_changeable(function)):
            key = f"{module_name(path)}.{name} {texts[number - 1].strip()}"
            seen[key] += 1
            yield Line(path=path, number=number, key=f"{key} {seen[key]}")


def _functions(module: ast.Module) -> Iterator[tuple[str, _Function]]:
    """Yield the functions and methods that mutmut changes: those without a decorator that wraps them."""
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            methods = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
            yield from ((f"{node.name}.{method.name}", method) for method in methods if _is_plain(method))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_plain(node):
            yield node.name, node


def _is_plain(function: _Function) -> bool:
    return all(isinstance(one, ast.Name) and one.id in _PLAIN_DECORATORS for one in function.decorator_list)


def _changeable(function: _Function) -> set[int]:
    documentation = function.body[0] if ast.get_docstring(function, clean=False) is not None else None
    statements = [one for one in function.body if one is not documentation]
    defaults = [*function.args.defaults, *filter(None, function.args.kw_defaults)]
    nodes = (node for part in [*statements, *defaults] for node in ast.walk(part))
    return {node.lineno for node in nodes if isinstance(node, _CHANGED)}


def _mutants(module: str, mutated: MutatedFile) -> Iterator[Mutant]:
    texts = mutated.code.splitlines()
    for name in mutated.mutant_names:
        before, after = (
            [re.sub(r"x[_ǁ]\w*__mutmut_\w+", "", line) for line in texts[span.start - 1 : span.end]]
            for span in (
                mutated.line_span_by_function_name[f"{name.partition('__mutmut_')[0]}__mutmut_orig"],
                mutated.line_span_by_function_name[name],
            )
        )
        function, owner = orig_function_and_class_names_from_key(f"{module}.{name}")
        yield Mutant(
            name=f"{module}.{name}",
            function=".".join(filter(None, [module, owner, function])),
            change=tuple(_difference(before, after)),
        )


def _difference(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    for line in difflib.unified_diff(before, after, n=0, lineterm=""):
        if line[:1] in {"+", "-"} and line[:3] not in {"+++", "---"}:
            yield f"{line[0]} {' '.join(line[1:].split())}"
