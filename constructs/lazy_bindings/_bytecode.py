"""Bytecode of the generated modules, compiled to do less at import, kept between runs.

A generated module evaluates each annotation of its thousands of methods when it is imported, and each type check
resolves its hints anew. Compiled under PEP 563 the annotations stay text until they are asked for, and the hints are
resolved once, as current jsii-pacmak itself writes it. Source: aws/jsii, python-runtime/src/jsii/_type_checking.py.
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

from lazy_bindings._cache_directory import make_directory, remove_unused, use
from lazy_bindings._type_hints import remembering, type_hints

VERSION = "3"  # of what `compile_generated` does: another one makes older entries void
_RESOLVE = b"= typing.get_type_hints(_typecheckingstub__"
_RESOLVE_ONCE = b"= _lazy_type_hints(_typecheckingstub__"
_ASK = b"= int(_metadata_package_version("  # for the version of typeguard, which each module reads from its metadata
_ASK_ONCE = b"= int(_lazy_version("

_log = logging.getLogger("lazy_bindings")


def compile_generated(source: bytes, path: str) -> CodeType:
    """Compile a generated module with postponed annotations and what it asks for remembered; line numbers stay."""
    flags = __future__.annotations.compiler_flag
    source = source.replace(_RESOLVE, _RESOLVE_ONCE).replace(_ASK, _ASK_ONCE)
    code: CodeType = compile(source, path, "exec", flags=flags, dont_inherit=True)
    return code


class BytecodeCache:
    """A directory of marshalled code, each file with the digest of its content and of what it was made from."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._kept_one = False
        self._refused = False

    def load(self, path: str) -> CodeType:
        """Return the code of the module at `path`, compiling and keeping it where the kept one is not sound.

        Raises OSError if the source cannot be read.
        """
        entry = self._directory / f"{hashlib.sha256(path.encode()).hexdigest()[:32]}.bin"
        origin = _origin(path)
        with suppress(OSError):
            digest, body = _split(entry.read_bytes())
            if digest == _digest(origin, body):
                use(entry)
                code: CodeType = marshal.loads(body)  # noqa: S302 - the digest holds, in a directory only we may write
                return code
        code = compile_generated(Path(path).read_bytes(), path)
        if not self._refused:
            self._keep(entry, _digest(origin, body := marshal.dumps(code)) + body)
        return code

    def _keep(self, entry: Path, content: bytes) -> None:
        beside = entry.with_name(f"{entry.name}.{os.getpid()}.{get_ident()}")
        try:
            beside.write_bytes(content)
            beside.replace(entry)
        except OSError as error:
            self._refused = True  # for this process: the next module would only say the same
            _log.warning("compiled bindings are not kept: %s", error)
            with suppress(OSError):
                beside.unlink(missing_ok=True)
        if not self._kept_one:
            self._kept_one = True
            remove_unused(self._directory.parent)


def open_cache(root: Path | None) -> BytecodeCache | None:
    """Return the cache for this Python under `root`; None, with a log line, where it cannot be made."""
    if root is None:
        return None
    directory = root / f"{sys.implementation.cache_tag}-{sys.flags.optimize}"
    try:
        return BytecodeCache(make_directory(directory))
    except OSError as error:
        _log.warning("compiled bindings are not kept: %s", error)
        return None


@cache
def _version(package: str) -> str:
    return metadata.version(package)


class CachedLoader(SourceFileLoader):
    """Loads a generated module from the cache."""

    def __init__(
        self, fullname: str, path: str, *, cache: BytecodeCache, imported: Callable[[ModuleType], None]
    ) -> None:
        super().__init__(fullname, path)
        self._cache = cache
        self._imported = imported

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the module's code as `compile_generated` makes it."""
        return self._cache.load(self.get_filename(fullname))

    def exec_module(self, module: ModuleType) -> None:
        """Run the module, with what its compiled code calls."""
        module.__dict__.update(_lazy_type_hints=type_hints, _lazy_texts={}, _lazy_version=_version)
        super().exec_module(module)
        if check_type := module.__dict__.get("check_type"):
            module.__dict__["check_type"] = remembering(check_type)
        self._imported(module)


def _origin(path: str) -> bytes:
    status = os.stat(path)  # noqa: PTH116 - a Path per module is measurable here
    return f"{VERSION} {path} {status.st_mtime_ns} {status.st_size} ".encode() + importlib.util.MAGIC_NUMBER


def _digest(origin: bytes, body: bytes) -> bytes:
    return hashlib.sha256(origin + body).digest()


def _split(content: bytes) -> tuple[bytes, bytes]:
    size = hashlib.sha256().digest_size
    return content[:size], content[size:]
