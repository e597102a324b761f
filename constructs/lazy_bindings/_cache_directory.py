"""The directory for what is kept between runs. It holds code that will be run: nobody else can put anything into it."""

import logging
import os
import stat
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

VARIABLE = "LAZY_BINDINGS_CACHE"  # tells the preload the directory; without it nothing is kept there
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_DAY = 24 * 60 * 60
_UNUSED_DAYS = 30  # as in jsii's own package cache

_log = logging.getLogger("lazy_bindings")


@cache
def private_root() -> Path | None:
    """Return this user's directory, made where it is missing; None, with one log line, where it is not private."""
    try:
        root = make_directory(_user_cache() / "lazy_bindings").resolve()
        stranger = _open_to_others(root) if os.name == "posix" else None
    except (OSError, RuntimeError) as error:
        _log.warning("nothing is kept between runs: %s", error)
        return None
    if stranger:
        _log.warning("nothing is kept between runs: somebody else owns %s, or may write it", stranger)
        return None
    return root


def make_directory(path: Path) -> Path:
    """Make a directory and its parents where they are missing, for this user alone. Raises OSError.

    Source: XDG Base Directory Specification, "Referencing this specification" (0700).
    """
    for directory in reversed((path, *path.parents)):
        if not directory.is_dir():
            directory.mkdir(mode=0o700, exist_ok=True)
    return path


def use(entry: Path) -> None:
    """Note that an entry was used: once a day is enough."""
    if time.time() - entry.stat().st_mtime > _DAY:
        os.utime(entry)


def remove_unused(root: Path) -> None:
    """Remove what nobody has used for 30 days: other versions, other environments, what a killed process left."""
    limit = time.time() - _UNUSED_DAYS * _DAY
    for entry in root.glob("*/*"):
        with suppress(OSError):  # another process does the same
            if entry.stat().st_mtime < limit:
                entry.unlink()


def _user_cache() -> Path:
    """Return the user's cache directory. Source: the same, XDG_CACHE_HOME: a relative one is to be ignored.

    Raises RuntimeError where the user has no home.
    """
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return chosen if chosen.is_absolute() else Path.home() / ".cache"


def _open_to_others(root: Path) -> Path | None:
    """Return the first directory, from `root` up, in which somebody else could replace what leads to an entry."""
    ours = os.getuid()
    for directory in (root, *root.parents):
        status = directory.stat()
        sticky = directory != root and status.st_mode & stat.S_ISVTX
        if status.st_uid not in {ours, ours if directory == root else 0}:
            return directory
        if status.st_mode & _OTHERS_MAY_WRITE and not sticky:
            return directory
    return None
