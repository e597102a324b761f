"""Whose directory it is. A rehearsal makes and removes files only where it was let in, and a marker says so."""

from typing import Final

from standby.errors import RefusedError
from standby.rehearsal.files.paths import DIRECTORY_NAME, Layout

MARKER_TEXT: Final = "`standby rehearse` keeps its files in this directory; `standby rehearse down` removes them.\n"


def take(layout: Layout) -> None:
    """Take the directory for the rehearsal: make it, or mark an empty one. Raises `RefusedError` for any other."""
    check(layout)
    layout.directory.mkdir(parents=True, exist_ok=True)
    layout.marker.write_text(MARKER_TEXT, encoding="utf-8")


def check(layout: Layout) -> None:
    """See that nothing in the directory is somebody else's. Raises `RefusedError` when it may be."""
    names = {path.name for path in layout.directory.iterdir()} if layout.directory.is_dir() else set()
    if not names or layout.marker.name in names or _is_earlier(layout, names):
        return
    raise RefusedError(
        f"{layout.directory} holds files that no rehearsal made; nothing was touched.",
        hint="Name a new or an empty directory with --directory, or move those files.",
    )


def _is_earlier(layout: Layout, names: set[str]) -> bool:
    # Before there was a marker, a rehearsal was known by its records; only in the directory that is its own by name.
    records = {layout.emulator_record.name, layout.initialized_record.name, layout.applied_record.name}
    return layout.directory == layout.project / DIRECTORY_NAME and not names.isdisjoint(records)
