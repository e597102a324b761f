"""The bytecode of the generated modules, compiled to do less work at import, and cached between runs.

At import, a generated module evaluates each annotation of its thousands of methods, and each type check resolves its
hints again. Compiled under PEP 563, the annotations stay strings until they are needed. The hints are resolved once, as
in the modules of the current jsii-pacmak. Source: aws/jsii, python-runtime/src/jsii/_type_checking.py.
"""

import __future__

import hashlib
import importlib.util
import logging
import marshal
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import metadata
from importlib.machinery import SourceFileLoader
from pathlib import Path
from threading import get_ident
from types import CodeType, ModuleType

from lazy_bindings._cache_directory import make_directory, mark_used, remove_unused
from lazy_bindings._type_hints import cached_check, type_hints

VERSION = "3"  # of `compile_generated`: a change invalidates older entries
_RESOLVE = b"= typing.get_type_hints(_typecheckingstub__"
_RESOLVE_ONCE = b"= _lazy_type_hints(_typecheckingstub__"
_LOOKUP = b"= int(_metadata_package_version("  # each module reads the version of typeguard from its metadata
_LOOKUP_ONCE = b"= int(_lazy_version("

_log = logging.getLogger("lazy_bindings")


def compile_generated(source: bytes, path: str) -> CodeType:
    """Compile a generated module with postponed annotations and cached lookups. The line numbers stay the same."""
    flags = __future__.annotations.compiler_flag
    source = source.replace(_RESOLVE, _RESOLVE_ONCE).replace(_LOOKUP, _LOOKUP_ONCE)
    code: CodeType = compile(source, path, "exec", flags=flags, dont_inherit=True)
    return code


class BytecodeCache:
    """A directory of marshaled code. Each file starts with a digest of its content and its source."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._cleaned_up = False
        self._write_failed = False

    def load(self, path: str) -> CodeType:
        """Return the code of the module at `path` from the cache, or compile and cache it if there is no valid entry.

        Raises OSError if the source cannot be read.
        """
        entry = self._directory / f"{hashlib.sha256(path.encode()).hexdigest()[:32]}.bin"
        origin = _origin(path)
        with suppress(OSError):
            digest, body = _split(entry.read_bytes())
            if digest == _digest(origin, body):
                mark_used(entry)
                code: CodeType = marshal.loads(body)  # noqa: S302 - the digest matches, in a private directory
                return code
        code = compile_generated(Path(path).read_bytes(), path)
        if not self._write_failed:
            self._write(entry, _digest(origin, body := marshal.dumps(code)) + body)
        return code

    def _write(self, entry: Path, content: bytes) -> None:
        temporary = entry.with_name(f"{entry.name}.{os.getpid()}.{get_ident()}")
        try:
            temporary.write_bytes(content)
            temporary.replace(entry)
        except OSError as error:
            self._write_failed = True  # in this process: the next module would fail in the same way
            _log.warning("compiled bindings are not cached: %s", error)
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        if not self._cleaned_up:
            self._cleaned_up = True
            remove_unused(self._directory.parent)


def open_cache(root: Path | None) -> BytecodeCache | None:
    """Return the cache for this Python under `root`, or None, with one log line, if it cannot be created."""
    if root is None:
        return None
    directory = root / f"{sys.implementation.cache_tag}-{sys.flags.optimize}"
    try:
        return BytecodeCache(make_directory(directory))
    except OSError as error:
        _log.warning("compiled bindings are not cached: %s", error)
        return None


@cache
def _version(package: str) -> str:
    return metadata.version(package)


class CachedLoader(SourceFileLoader):
    """Loads a generated module from the bytecode cache."""

    def __init__(
        self, fullname: str, path: str, *, cache: BytecodeCache, imported: Callable[[ModuleType], None]
    ) -> None:
        super().__init__(fullname, path)
        self._cache = cache
        self._imported = imported

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the module's code from the cache."""
        return self._cache.load(self.get_filename(fullname))

    def exec_module(self, module: ModuleType) -> None:
        """Run the module, with the functions that its compiled code calls."""
        module.__dict__.update(_lazy_type_hints=type_hints, _lazy_texts={}, _lazy_version=_version)
        super().exec_module(module)
        if check_type := module.__dict__.get("check_type"):
            module.__dict__["check_type"] = cached_check(check_type)
        self._imported(module)


def _origin(path: str) -> bytes:
    status = os.stat(path)  # noqa: PTH116 - a Path per module is measurable here
    return f"{VERSION} {path} {status.st_mtime_ns} {status.st_size} ".encode() + importlib.util.MAGIC_NUMBER


def _digest(origin: bytes, body: bytes) -> bytes:
    return hashlib.sha256(origin + body).digest()


def _split(content: bytes) -> tuple[bytes, bytes]:
    size = hashlib.sha256().digest_size
    return content[:size], content[size:]
