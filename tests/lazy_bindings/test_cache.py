"""The bytecode cache and its directory: entries are used until they are outdated, in a private directory only."""

import logging
import marshal
import os
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lazy_bindings._bytecode import BytecodeCache, open_cache
from lazy_bindings._cache_directory import private_root

DAY = 24 * 60 * 60

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    directory = tmp_path / "cache"
    directory.mkdir()
    return directory


@pytest.fixture
def entries(root: Path) -> Path:
    """Return the directory with the entries of this Python."""
    return root / f"{sys.implementation.cache_tag}-{sys.flags.optimize}"


@pytest.fixture
def cache(root: Path) -> BytecodeCache:
    cache = open_cache(root)
    assert cache is not None
    return cache


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "module.py"
    path.write_text("VALUE = 1\n")
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The user's cache directory, looked up again for each test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    private_root.cache_clear()
    yield tmp_path / "home"
    private_root.cache_clear()


def _only(directory: Path) -> Path:
    (entry,) = directory.iterdir()
    return entry


def test_a_cached_module_is_used_until_its_source_changes(source: Path, cache: BytecodeCache, entries: Path) -> None:
    assert 1 in cache.load(str(source)).co_consts
    before = _only(entries).stat().st_mtime_ns
    cache.load(str(source))
    assert _only(entries).stat().st_mtime_ns == before
    source.write_text("VALUE = 22\n")
    assert 22 in cache.load(str(source)).co_consts


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 200, marshal.dumps(compile("VALUE = 9", "x", "exec"))])
def test_a_damaged_entry_is_replaced(damage: bytes, source: Path, cache: BytecodeCache, entries: Path) -> None:
    cache.load(str(source))
    entry = _only(entries)
    valid = entry.read_bytes()
    entry.write_bytes(damage)
    assert 1 in cache.load(str(source)).co_consts
    assert entry.read_bytes() == valid


def test_many_writers_leave_one_valid_entry_and_nothing_else(source: Path, cache: BytecodeCache, entries: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: cache.load(str(source)), range(40)))
    assert all(1 in code.co_consts for code in codes)
    assert len(list(entries.iterdir())) == 1


def test_a_directory_that_cannot_be_created_disables_the_cache(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    (root / "file").write_text("")
    assert open_cache(root / "file") is None
    assert len(caplog.records) == 1


def test_a_full_disk_is_logged_once_and_leaves_no_files(
    tmp_path: Path, cache: BytecodeCache, entries: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sources = [tmp_path / f"module{number}.py" for number in range(3)]
    for number, path in enumerate(sources):
        path.write_text(f"VALUE = {number} + {'x' * 5000!r}\n")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))  # writing a longer file fails, as on a full disk
    try:
        codes = [cache.load(str(path)) for path in sources]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [code.co_filename for code in codes] == [str(path) for path in sources]
    assert len(caplog.records) == 1
    assert list(entries.iterdir()) == []


def test_entries_unused_for_a_month_are_removed_when_an_entry_is_added(
    source: Path, cache: BytecodeCache, entries: Path, root: Path
) -> None:
    others = root / "node-v20"
    others.mkdir()
    for directory, age in ((entries, 29), (entries, 31), (others, 31)):
        path = directory / f"{age}.bin"
        path.touch()
        os.utime(path, (time.time() - age * DAY,) * 2)
    cache.load(str(source))
    assert sorted(path.name for path in root.glob("*/*") if path.stem.isdigit()) == ["29.bin"]


def test_using_an_entry_updates_its_time(source: Path, cache: BytecodeCache, entries: Path) -> None:
    cache.load(str(source))
    os.utime(_only(entries), (time.time() - 2 * DAY,) * 2)
    cache.load(str(source))
    assert time.time() - _only(entries).stat().st_mtime < DAY


def test_the_directory_is_private_whatever_the_umask(home: Path) -> None:
    before = os.umask(0)
    try:
        root = private_root()
    finally:
        os.umask(before)
    assert root == home / "lazy_bindings"
    assert {path.stat().st_mode & 0o777 for path in (root, home)} == {0o700}


@pytest.mark.parametrize("loose", ["home", "lazy_bindings"])
def test_nothing_is_cached_where_others_may_write(loose: str, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = private_root()
    assert root
    private_root.cache_clear()
    (home if loose == "home" else root).chmod(0o777)
    assert private_root() is None
    assert [str(home if loose == "home" else root) in record.getMessage() for record in caplog.records] == [True]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_nothing_is_cached_in_another_users_directory(home: Path) -> None:
    home.mkdir(mode=0o755)
    os.chown(home, 12345, 12345)
    assert private_root() is None


def test_a_link_is_resolved_once_so_that_it_cannot_be_changed_afterward(home: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    home.symlink_to(tmp_path / "real")
    assert private_root() == tmp_path / "real" / "lazy_bindings"


def test_a_relative_cache_directory_is_ignored(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(home))
    assert private_root() == home / ".cache" / "lazy_bindings"
    assert not Path("relative").exists()


def test_without_a_home_directory_nothing_is_cached_and_one_line_is_logged(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", _unknown_user)
    with caplog.at_level(logging.WARNING, logger="lazy_bindings"):
        assert private_root() is None
    assert len(caplog.records) == 1


def _unknown_user(uid: int) -> None:
    raise KeyError(uid)
