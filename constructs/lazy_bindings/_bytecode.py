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
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from lazy_bindings._hints import remembering, type_hints

VERSION = "3"  # of what `compile_generated` does: another one makes older entries void
_RESOLVE = b"= typing.get_type_hints(_typecheckingstub__"
_RESOLVE_ONCE = b"= _lazy_type_hints(_typecheckingstub__"
_ASK = b"= int(_metadata_package_version("  # for the version of typeguard, which each module reads from its metadata
_ASK_ONCE = b"= int(_lazy_version("
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH

_log = logging.getLogger("lazy_bindings")


def compile_generated(source: bytes, path: str) -> CodeType:
    """Compile a generated module with postponed annotations and what it asks for remembered; line numbers stay."""
    flags = __future__.annotations.compiler_flag
    source = source.replace(_RESOLVE, _RESOLVE_ONCE).replace(_ASK, _ASK_ONCE)
    code: CodeType = compile(source, path, "exec", flags=flags, dont_inherit=True)
    return code


@dataclass(frozen=True, kw_only=True)
class BytecodeCache:
    """A directory of marshalled code, each file with the digest of its content and of what it was made from."""

    directory: Path

    def load(self, path: str) -> CodeType:
        """Return the code of the module at `path`, compiling and keeping it where the kept one is not sound.

        Raises OSError if the source cannot be read.
        """
        entry = self.directory / f"{hashlib.sha256(path.encode()).hexdigest()[:32]}.bin"
        origin = _origin(path)
        with suppress(OSError):
            digest, body = _split(entry.read_bytes())
            if digest == _digest(origin, body):
                code: CodeType = marshal.loads(body)  # noqa: S302 - the digest holds, in a directory only we may write
                return code
        code = compile_generated(Path(path).read_bytes(), path)
        self._keep(entry, origin, marshal.dumps(code))
        return code

    def _keep(self, entry: Path, origin: bytes, body: bytes) -> None:
        try:
            with tempfile.NamedTemporaryFile(dir=self.directory, delete=False) as file:
                file.write(_digest(origin, body) + body)
            Path(file.name).replace(entry)
        except OSError as error:
            _log.warning("the compiled bindings could not be kept: %s", error)


def open_cache(root: Path) -> BytecodeCache | None:
    """Return the cache for this Python under `root`, or None where it cannot be written, or others may write it."""
    directory = root / f"{sys.implementation.cache_tag}-{sys.flags.optimize}"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.stat()
    except OSError as error:
        _log.warning("compiled bindings are not kept: %s", error)
        return None
    foreign = os.name == "posix" and (status.st_uid != os.getuid() or status.st_mode & _OTHERS_MAY_WRITE)
    if foreign or not os.access(directory, os.W_OK):
        _log.warning("compiled bindings are not kept: %s is not writable by this user alone", directory)
        return None
    return BytecodeCache(directory=directory)


def default_root() -> Path:
    """Return the user's cache directory. Source: XDG Base Directory Specification, XDG_CACHE_HOME."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "lazy_bindings"


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
        module.__dict__.update(_lazy_type_hints=type_hints, _lazy_version=_version)
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
