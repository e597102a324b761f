"""Whose directory it is. A rehearsal makes and removes files only where it was let in, and a marker says so."""

from typing import Final

from standby.errors import RefusedError
from standby.rehearsal.files.paths import DIRECTORY_NAME, RehearsalPaths

MARKER_TEXT: Final = "`standby rehearse` keeps its files in this directory; `standby rehearse down` removes them.\n"


def take(paths: RehearsalPaths) -> None:
    """Take the directory for the rehearsal: make it, or mark an empty one. Raises `RefusedError` for any other."""
    check(paths)
    paths.directory.mkdir(parents=True, exist_ok=True)
    paths.marker.write_text(MARKER_TEXT, encoding="utf-8")


def check(paths: RehearsalPaths) -> None:
    """See that nothing in the directory is somebody else's. Raises `RefusedError` when it may be."""
    names = {path.name for path in paths.directory.iterdir()} if paths.directory.is_dir() else set()
    if not names or paths.marker.name in names or _is_earlier(paths, names):
        return
    raise RefusedError(
        f"{paths.directory} holds files that no rehearsal made; nothing was touched.",
        hint="Name a new or an empty directory with --directory, or move those files.",
    )


def _is_earlier(paths: RehearsalPaths, names: set[str]) -> bool:
    # Before there was a marker, a rehearsal was known by its records; only in the directory that is its own by name.
    records = {paths.emulator_record.name, paths.initialized_record.name, paths.applied_record.name}
    return paths.directory == paths.project / DIRECTORY_NAME and not names.isdisjoint(records)
