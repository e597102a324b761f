"""The Python side: import a prebuilt provider's package without its two thousand submodules.

The `__init__.py` of a prebuilt provider, as jsii-pacmak writes it, ends with one `from . import x` per resource, "to
ensure their types are registered with the jsii runtime library". The loader here runs the file up to that point, and
imports each submodule on first use. jsii's registry gets the module of each type instead.
"""

import importlib
import logging
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

from jsii import _reference_map
from jsii._reference_map import _assembly_to_module, _submodule_fqn_map

from lazy_bindings._bytecode import BytecodeCache, CachedLoader

PREBUILT = re.compile(r"(?:cdktf_cdktf|cdktn)_provider_[a-z0-9_]+")
_BASES = {"cdktf", "cdktn", "constructs"}  # generated modules, too: compiled like a provider's, but loaded completely
_MARKER = "\n# Loading modules to ensure their types are registered with the jsii runtime library\n"
# as the current jsii-pacmak writes
_LAZY_ALREADY = "\ndef __getattr__(name: str) -> object:\n    if name in _SUBMODULES:\n"
_MAP_NAME = "_submodule_fqn_map"
_IMPORT = re.compile(r"from \. import ([A-Za-z_][A-Za-z0-9_]*)")

_log = logging.getLogger("lazy_bindings")


def split_init(source: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the text before the submodules' imports, and the submodules, or None for an unknown layout."""
    head, marker, tail = source.partition(_MARKER)
    matches = [_IMPORT.fullmatch(line) for line in tail.splitlines() if line]
    names = tuple(match[1] for match in matches if match)
    return (head + "\n", names) if marker and names and len(names) == len(matches) else None


def _key(fqn: str) -> str:
    """Return a name without case and underscores: `s3Bucket` in the assembly is `s3_bucket` in Python."""
    return fqn.replace("_", "").casefold()


class SubmoduleMap(dict[str, str]):
    """Submodule FQN -> Python module, with a lookup for the spellings of both languages."""

    def get(self, fqn: str, default: str | None = None) -> str | None:  # type: ignore[override]  # jsii's own signature
        """Return the module with the submodule's types."""
        found = super().get(fqn)
        return found if found is not None else super().get(_key(fqn), default)


def _register_submodules(package: str, submodules: Iterable[str]) -> None:
    """Register the module that jsii must import when the kernel returns a type that Python has not imported yet."""
    assembly = next(name for name, module in _assembly_to_module.items() if module == package)
    known = getattr(_reference_map, _MAP_NAME)
    if not isinstance(known, SubmoduleMap):
        known = SubmoduleMap(_submodule_fqn_map)
        setattr(_reference_map, _MAP_NAME, known)
    known.update({_key(f"{assembly}.{name}"): f"{package}.{name}" for name in submodules})


class LazyPackage(ModuleType):
    """A package whose submodules are imported on first use."""

    __lazy_submodules__: frozenset[str] = frozenset()

    def __getattr__(self, name: str) -> ModuleType:
        if name in self.__lazy_submodules__:
            return importlib.import_module(f"{self.__name__}.{name}")
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)

    def __dir__(self) -> Iterable[str]:
        return sorted({*self.__dict__, *self.__lazy_submodules__} - {"__lazy_submodules__"})


class PackageLoader(SourceFileLoader):
    """Loads a prebuilt provider's package without its submodules, or completely if its layout is unknown."""

    _submodules: tuple[str, ...] = ()

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the code of the package up to its submodules' imports."""
        source = self.get_source(fullname) or ""
        parts = split_init(source)
        if parts is None:
            if _LAZY_ALREADY not in source:
                _log.warning("stock bindings are used: %s does not import its submodules in the known way", fullname)
            return super().get_code(fullname)
        head, self._submodules = parts
        code: CodeType = compile(head, self.get_filename(fullname), "exec", dont_inherit=True)
        return code

    def exec_module(self, module: ModuleType) -> None:
        """Run the package, then make it lazy, and also the module that PyPI's `publication` puts in its place."""
        module.__dict__.pop("__lazy_submodules__", None)  # at a reload, `publication` would read all attributes
        super().exec_module(module)
        if self._submodules:
            for part in (module, sys.modules[module.__name__]):
                part.__class__ = LazyPackage
                part.__dict__["__lazy_submodules__"] = frozenset(self._submodules)
            _register_submodules(module.__name__, self._submodules)


class PrebuiltFinder(MetaPathFinder):
    """Finds the packages of prebuilt providers, their submodules, and cdktf itself, and nothing else."""

    def __init__(self, *, cache: BytecodeCache | None, imported: Callable[[ModuleType], None]) -> None:
        self._cache = cache
        self._imported = imported

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the module's spec with one of our loaders, or None for every other module."""
        package, _, submodule = fullname.partition(".")
        prebuilt = PREBUILT.fullmatch(package)
        if not prebuilt and fullname not in _BASES:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and type(spec.loader) is SourceFileLoader:
            if prebuilt and not submodule:
                spec.loader = PackageLoader(fullname, spec.loader.path)
            elif self._cache and submodule != "_jsii":
                spec.loader = CachedLoader(fullname, spec.loader.path, cache=self._cache, imported=self._imported)
        return spec
