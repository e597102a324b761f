"""The cache directory. It contains code that will be executed, so no other user may be able to write to it."""

import logging
import os
import stat
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

CACHE_VARIABLE = "LAZY_BINDINGS_CACHE"  # gives the directory to the preload, which caches nothing without it
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_DAY = 24 * 60 * 60
_UNUSED_DAYS = 30  # as in jsii's own package cache

_log = logging.getLogger("lazy_bindings")


@cache
def private_root() -> Path | None:
    """Return this user's cache directory, created if needed, or None, with one log line, if it is not private."""
    try:
        root = make_directory(_user_cache() / "lazy_bindings").resolve()
        unsafe = _writable_by_others(root) if os.name == "posix" else None
    except (OSError, RuntimeError) as error:
        _log.warning("nothing is cached between runs: %s", error)
        return None
    if unsafe:
        _log.warning("nothing is cached between runs: another user owns %s, or may write to it", unsafe)
        return None
    return root


def make_directory(path: Path) -> Path:
    """Create a directory and its missing parents, for this user only. Raises OSError.

    Source: XDG Base Directory Specification, "Referencing this specification" (0700).
    """
    for directory in reversed((path, *path.parents)):
        if not directory.is_dir():
            directory.mkdir(mode=0o700, exist_ok=True)
    return path


def mark_used(entry: Path) -> None:
    """Update the time of an entry that was used, at most once a day."""
    if time.time() - entry.stat().st_mtime > _DAY:
        os.utime(entry)


def remove_unused(root: Path) -> None:
    """Remove entries that were not used for 30 days: other versions, other environments, files of killed processes."""
    limit = time.time() - _UNUSED_DAYS * _DAY
    for entry in root.glob("*/*"):
        with suppress(OSError):  # another process may remove the same entry
            if entry.stat().st_mtime < limit:
                entry.unlink()


def _user_cache() -> Path:
    """Return the user's cache directory. Source: the same, XDG_CACHE_HOME: a relative path must be ignored.

    Raises RuntimeError if the user has no home directory.
    """
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return chosen if chosen.is_absolute() else Path.home() / ".cache"


def _writable_by_others(root: Path) -> Path | None:
    """Return the first directory, from `root` up, in which another user could replace a part of the path."""
    own = os.getuid()
    for directory in (root, *root.parents):
        status = directory.stat()
        sticky = directory != root and status.st_mode & stat.S_ISVTX
        if status.st_uid not in {own, own if directory == root else 0}:
            return directory
        if status.st_mode & _OTHERS_MAY_WRITE and not sticky:
            return directory
    return None
