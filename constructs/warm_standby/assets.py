"""The files that a deployment is made of, read once at the edge: the functions' archive and the site."""

import mimetypes
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# The ZIP format's earliest time. All that differs between two checkouts (times, modes, order, system) is fixed.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE: Final = 0o100644 << 16
_UNIX: Final = 3
# What Python's own table has otherwise, or not at all, in 3.11, 3.12 or 3.13.
_TYPES_ADDED: Final = {
    ".js": "text/javascript",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file of the site: its key in the bucket, where it lies now, and its content type."""

    key: str
    path: Path
    content_type: str


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The functions' archive and the site's directory with its files."""

    code: Path
    site: Path
    site_files: tuple[SourceFile, ...]


def read_sources(*, functions: Path, site: Path, archive: Path) -> Sources:
    """Write the functions' archive and list the site's files.

    Raises:
        OSError: a directory is missing, or the archive cannot be written.

    """
    write_archive(functions, archive)
    files = (_source_file(site, path) for path in sorted(site.rglob("*")) if path.is_file())
    return Sources(code=archive, site=site, site_files=tuple(files))


def write_archive(directory: Path, archive: Path) -> None:
    """Write a directory's Python files to a ZIP archive: the same files are the same bytes on every checkout."""
    paths = sorted(directory.rglob("*.py"), key=lambda path: path.relative_to(directory).as_posix())
    if not paths:
        raise FileNotFoundError(f"{directory}: no Python files: run from the project's directory")
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w") as target:
        for path in paths:
            entry = zipfile.ZipInfo(path.relative_to(directory).as_posix(), date_time=_EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _REGULAR_FILE
            # Stored, not deflated: zlib's output differs between its versions, and this is a few kilobytes.
            target.writestr(entry, path.read_bytes(), compress_type=zipfile.ZIP_STORED)


def _source_file(site: Path, path: Path) -> SourceFile:
    content_type = _content_type(path.name)
    if content_type is None:
        raise ValueError(f"{path}: unknown file type: give it a usual extension")
    text = content_type.startswith("text/") or content_type in {"application/json", "image/svg+xml"}
    return SourceFile(
        key=path.relative_to(site).as_posix(),
        path=path,
        content_type=f"{content_type}; charset=utf-8" if text else content_type,
    )


def _content_type(name: str) -> str | None:
    """Return a file's type by Python's table, never by the machine's, or two machines would plan differently."""
    types = mimetypes.MimeTypes(filenames=())
    for extension, content_type in _TYPES_ADDED.items():
        types.add_type(content_type, extension)
    return types.guess_type(name, strict=False)[0]
